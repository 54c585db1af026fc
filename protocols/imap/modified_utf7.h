// Modified UTF-7, the encoding of mailbox names in IMAP4rev1 (RFC 3501 5.1.3). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::imap {

/// Into UTF-8. Strict: nothing for what is not the one right encoding of a text: 8-bit or control characters,
/// a shift that is not closed, base64 of what has a printable form of its own, two shifts in a row, bits left
/// over, half a surrogate pair.
std::optional<std::string> decode_modified_utf7(std::string_view encoded);

/// From well-formed UTF-8.
std::string encode_modified_utf7(std::string_view utf8);

}  // namespace postroom::imap
