// Quoted-printable (RFC 2045 6.7) for text that we write; reading it is TransferDecoder's. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

/// Text with lines that end with CRLF or LF; what comes out has CRLF, and lines of 76 characters at most.
std::string encode_quoted_printable(std::string_view text);

}  // namespace postroom::mime
