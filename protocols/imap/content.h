// Content: a message's bytes on their way from the store to the client, in pieces, so that a message of any size
// costs the memory of one piece.
#pragma once

#include <string>
#include <string_view>

#include "protocols/imap/fetch_item.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

class Content {
 public:
  /// `row` has its parts if a section other than BODY[] will be sent. With `whole`, a small message is read at
  /// once, because several of its sections are wanted.
  Content(Session& session, const MessageRow& row, bool whole) : session_(session), row_(row), whole_(whole) {}

  Wire& wire() { return session_.wire; }

  /// Writes the section's bytes, or what `partial` leaves of them, as a literal; NIL when the message has no such
  /// part or was expunged. A message that is expunged while its literal is being sent ends the connection: the
  /// announced length cannot be kept, and no client shall take padding for mail.
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

  // What is read and written at once.
  static constexpr std::uint64_t kPiece = 256 * 1024;
  // A message up to here is read whole where several sections are wanted.
  static constexpr std::uint64_t kSmall = 64 * 1024;
  // Bytes up to here are copied to wait with the rest of the response; more are written from where they are.
  static constexpr std::size_t kCopied = 16 * 1024;

  Session& session_;
  const MessageRow& row_;
  bool whole_;
  bool gone_ = false;
  std::optional<mime::PartIndex> parts_;
  std::uint64_t loaded_at_ = 0;
  std::string loaded_;
};

/// BODY[section]<origin> and its literal.
Task<> send_body_section(const FetchRequest& request, Content& content);

}  // namespace postroom::imap
