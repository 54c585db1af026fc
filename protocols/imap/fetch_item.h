// FetchItem: one thing FETCH can ask of a message (RFC 3501 6.4.5). A file in fetch/ defines one; the folder
// is the table (CMakeLists.txt).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "protocols/imap/cursor.h"
#include "protocols/imap/section.h"
#include "protocols/imap/wire.h"
#include "storage/types.h"

namespace postroom::imap {

struct Session;
class Content;
struct FetchItem;

/// One item as the client asked for it.
struct FetchRequest {
  FetchRequest() = default;
  const FetchItem* item = nullptr;
  std::uint32_t want = 0;  ///< Want bits: the item's, and what its section needs
  bool lazy = false;       ///< only what is there already (RFC 8970 4.1)
  Section section;
  std::optional<Partial> partial;
};

struct FetchItem {
  /// In upper case; ends in "[" when a section follows it.
  std::string_view name;
  /// Want bits, whatever follows the name: the store is asked for the union of all items', once a batch.
  std::uint32_t want = 0;
  /// Sets \Seen unless the mailbox is read-only.
  bool sets_seen = false;
  /// It sends the section decoded: partial counts those bytes, and may need any of the section's.
  bool decodes = false;
  /// Asking for it enables CONDSTORE (RFC 7162 3.1).
  bool condstore = false;
  /// What it adds to the capability list once logged in.
  std::string_view capability = {};
  /// Reads what follows the name. Null: nothing does.
  void (*parse)(Cursor& in, FetchRequest& request) = nullptr;

  /// False: this message cannot be answered, and `content` knows why. Null: it always can.
  bool (*can)(const FetchRequest& request, Content& content) = nullptr;

  // How it is answered, its name first; one of the two.

  /// From the row alone.
  void (*print)(const Session& session, const FetchRequest& request, const MessageRow& row,
                Wire& wire) = nullptr;
  /// With bytes of the message.
  Task<> (*send)(const FetchRequest& request, Content& content) = nullptr;
};

/// All of fetch/; written by CMake.
std::span<const FetchItem* const> fetch_items();
/// A request for the item of this name, in upper case, that nothing follows; it exists.
FetchRequest fetch_request(std::string_view name);

/// What FETCH asks for: a fetch-att, a list of them, or a macro (RFC 3501 9 fetch).
std::vector<FetchRequest> parse_fetch_items(Cursor& in);
/// What follows "BODY[" and "BODY.PEEK[".
void parse_body_section(Cursor& in, FetchRequest& request);
/// What follows "BINARY[" and "BINARY.PEEK[" (RFC 3516 7), and "BINARY.SIZE[".
void parse_binary(Cursor& in, FetchRequest& request);
void parse_binary_size(Cursor& in, FetchRequest& request);

}  // namespace postroom::imap
