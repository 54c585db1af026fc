// IMAP's ENVELOPE of a header block (RFC 3501 7.4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postroom::mime {

/// What one pass over a message's header tells.
struct Envelope {
  std::string wire;  ///< the ENVELOPE, ready to send
  std::int64_t sent_date =
      0;  ///< the Date field as written, its zone ignored (RFC 3501 6.4.4 SENTSINCE); 0 without
  std::string message_id;  ///< as MessageIds reads it; empty without
  int received_count = 0;  ///< Received fields, for loop detection (RFC 5321 6.3)
};

/// The most bytes of an ENVELOPE. Longer fields and lists are clipped: strings and the from, sender and
/// reply-to lists at 4 KiB each; to, cc and bcc share the rest.
inline constexpr std::size_t kMaxEnvelope = 64 * 1024;
inline constexpr std::size_t kMaxEnvelopeField = 4 * 1024;

Envelope read_envelope(std::string_view header_block);

/// An ENVELOPE that says nothing.
inline constexpr std::string_view kEmptyEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

}  // namespace postroom::mime
