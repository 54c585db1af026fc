// RFC 2047: the words by which header fields carry text that is not ASCII.
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

/// The text of an unfolded field body as UTF-8: encoded words decoded, also where senders put them against
/// the rules (inside words and quoted strings); white space between two of them dropped; adjacent words of
/// one charset are joined before they are converted, since senders split characters. Raw UTF-8 (RFC 6532)
/// stays; raw bytes that are not UTF-8 are read as windows-1252. A word of an unknown charset stays as it is
/// written.
std::string decode_words(std::string_view text);

}  // namespace postroom::mime
