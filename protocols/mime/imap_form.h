// IMAP's strings as bytes (RFC 3501 4.3): used for what is stored ready to send and by protocols/imap/wire.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// Quoted, whatever it holds: for text without CR, LF and NUL that is sent to one who takes UTF-8 there.
void append_quoted(std::string& out, std::string_view text);

/// Quoted if it may be; a literal if it holds CR, LF or a byte above 127, or is longer than 1,000 bytes. A
/// NUL, which no IMAP4rev1 string may hold (RFC 3501 9: CHAR8), is sent as 0x80: no length changes, and a
/// reader sees that it is no text.
void append_string(std::string& out, std::string_view text);

/// NIL for nothing.
void append_nstring(std::string& out, const std::optional<std::string_view>& text);

}  // namespace postroom::mime
