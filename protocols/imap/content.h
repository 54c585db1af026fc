// Content: a message's bytes on their way from the store to the client, in pieces, so that a message of any
// size costs the memory of one piece.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "protocols/imap/fetch_item.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

/// What is read of a message at once, ending at a multiple of it, because stores keep messages in chunks.
/// Larger strings would be given back to the system each time.
inline constexpr std::uint64_t kPiece = 128 * 1024;

/// The first piece of `bytes`.
inline mime::Range first_piece(mime::Range bytes) {
  return {bytes.offset, std::min(bytes.size, kPiece - bytes.offset % kPiece)};
}

class Content {
 public:
  /// `row` has its parts if a section other than BODY[] will be sent.
  Content(Session& session, const MessageRow& row) : session_(session), row_(row) {}

  Wire& wire() { return session_.wire; }
  const MessageRow& row() const { return row_; }

  /// All that `requests` send of the message, as one range.
  mime::Range range_of(const std::vector<FetchRequest>& requests);
  /// Some of its bytes, from `offset` on, that were read together with those of other messages.
  void give(std::uint64_t offset, std::string bytes);

  /// Writes the section's bytes, or what `partial` leaves of them, as a literal; NIL when the message has no
  /// such part or was expunged. A message that is expunged while its literal is being sent ends the
  /// connection: the announced length cannot be kept, and no client shall take padding for mail.
  Task<> send(const Section& section, const std::optional<Partial>& partial);

  /// The message was expunged before its bytes could be read.
  bool gone() const { return gone_; }

 private:
  Task<> send_range(mime::Range range);
  Task<> send_fields(const Section& section, mime::Range header, const std::optional<Partial>& partial);
  Task<> send_large_fields(const Section& section, mime::Range header, const std::optional<Partial>& partial);
  Task<> write(std::string_view bytes);
  Task<std::string_view> load(mime::Range range);
  std::optional<mime::Range> find(const Section& section);
  void announce(std::uint64_t size);
  void send_nil();

  // Bytes up to here are copied to wait with the rest of the response; more are written from where they are.
  static constexpr std::size_t kCopied = 16 * 1024;

  Session& session_;
  const MessageRow& row_;
  bool gone_ = false;
  std::optional<mime::PartIndex> parts_;
  std::uint64_t loaded_at_ = 0;
  std::string loaded_;
};

/// BODY[section]<origin> and its literal.
Task<> send_body_section(const FetchRequest& request, Content& content);

}  // namespace postroom::imap
