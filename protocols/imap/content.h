// Content: a message's bytes on their way from the store to the client, in pieces, so that a message of any
// size costs the memory of one piece.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "protocols/imap/fetch_item.h"
#include "protocols/imap/session.h"
#include "protocols/mime/part_decoder.h"

namespace postroom::imap {

/// What is read of a message at once, ending at a multiple of it, because stores keep messages in chunks.
/// Larger strings would be given back to the system each time.
inline constexpr std::uint64_t kPiece = 128 * 1024;

/// The first piece of `bytes`.
inline mime::Range first_piece(mime::Range bytes) {
  return {bytes.offset, std::min(bytes.size, kPiece - bytes.offset % kPiece)};
}

/// What is left of `range` after its first `count` bytes.
inline mime::Range behind(mime::Range range, std::uint64_t count) {
  return {range.offset + count, range.size - count};
}

/// A place within the decoded content of a part, from which decoding can go on.
struct DecodePlace {
  DecodePlace(ContentId of, const mime::PartIndex::Entry& part)
      : content(of), part_begin(part.body.offset), left(part.body), decoder(part) {}
  ContentId content;
  std::uint64_t part_begin;   ///< tells the parts of a message from each other
  mime::Range left;           ///< of the message's bytes: what is still to be decoded
  std::uint64_t decoded = 0;  ///< bytes that have come out
  mime::PartDecoder decoder;
};

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

  /// As send(), of the section without its transfer encoding: `partial` counts decoded bytes. A literal8 if
  /// they hold NUL (RFC 3516 4.3). What has no transfer encoding of its own, the message itself and parts
  /// that hold others, is sent as it is.
  Task<> send_decoded(const Section& section, const std::optional<Partial>& partial);
  /// How many bytes send_decoded() sends; 0 where it sends NIL.
  Task<std::uint64_t> decoded_size(const Section& section);
  /// False: the section has a transfer encoding that nobody knows.
  bool can_decode(const Section& section);

  /// The message was expunged before its bytes could be read.
  bool gone() const { return gone_; }
  /// can_decode() has said no.
  bool unknown_encoding() const { return unknown_encoding_; }

 private:
  /// What is to be sent of a decoded part.
  struct Decoded {
    Decoded() = default;
    std::uint64_t size = 0;
    bool has_nul = false;
    std::optional<std::string> text = std::string();  ///< all of it, while that is little
    std::optional<DecodePlace> begin;                 ///< at or before its first byte
  };

  const mime::PartIndex::Entry* decodes(const Section& section);
  DecodePlace place_for(const mime::PartIndex::Entry& part, std::uint64_t offset) const;
  Task<bool> decode_next(DecodePlace& place, std::string& out);
  Task<bool> measure(DecodePlace& place, mime::Range wanted, Decoded& found);
  Task<> send_range(mime::Range range);
  Task<> send_fields(const Section& section, mime::Range header, const std::optional<Partial>& partial);
  Task<> send_large_fields(const Section& section, mime::Range header, const std::optional<Partial>& partial);
  Task<> write(std::string_view bytes);
  Task<std::string_view> load(mime::Range range);
  std::optional<mime::Range> find(const Section& section);
  void announce(std::uint64_t size, bool has_nul = false);
  void send_nil();

  // Bytes up to here are copied to wait with the rest of the response; more are written from where they are.
  static constexpr std::size_t kCopied = 16 * 1024;
  // Decoded content up to here is kept when it is measured; more is decoded once more to be sent.
  static constexpr std::size_t kKept = 256 * 1024;
  // More is decoded beside the loop.
  static constexpr std::size_t kDecodedOnLoop = 16 * 1024;

  Session& session_;
  const MessageRow& row_;
  bool gone_ = false;
  bool unknown_encoding_ = false;
  std::optional<mime::PartIndex> parts_;
  std::uint64_t loaded_at_ = 0;
  std::string loaded_;
};

/// BODY[section]<origin> and its literal.
Task<> send_body_section(const FetchRequest& request, Content& content);
/// BINARY[section]<origin> and what it holds.
Task<> send_binary(const FetchRequest& request, Content& content);
/// For FetchItem::can.
bool can_decode(const FetchRequest& request, Content& content);

}  // namespace postroom::imap
