// A part's content: see part_decoder.h.
#include "protocols/mime/part_decoder.h"

#include "base/text.h"

namespace postroom::mime {

namespace {

/// Of text in which a line end has one byte. In UTF-16 a byte that looks like LF may be half of a letter.
bool has_lines(const PartIndex::Entry& part) {
  if (!istarts_with(part.type, "text/")) return false;
  for (const std::string_view wide : {"utf-16", "utf16", "utf-32", "utf32", "ucs-", "iso-10646-ucs"})
    if (istarts_with(part.charset, wide)) return false;
  return true;
}

}  // namespace

PartDecoder::PartDecoder(const PartIndex::Entry& part) : decoder_(part.encoding), lines_(has_lines(part)) {}

void PartDecoder::feed(std::string_view bytes, std::string& out) {
  if (!lines_) return decoder_.feed(bytes, out);
  std::string decoded;
  decoder_.feed(bytes, decoded);
  add(decoded, out);
}

void PartDecoder::finish(std::string& out) {
  std::string decoded;
  decoder_.finish(decoded);
  add(decoded, out);
}

void PartDecoder::add(std::string_view decoded, std::string& out) {
  while (lines_ && !decoded.empty()) {
    const std::size_t lf = decoded.find('\n');
    const std::string_view line = decoded.substr(0, lf);
    out += line;
    if (!line.empty()) after_cr_ = line.back() == '\r';
    if (lf == std::string_view::npos) return;
    out += after_cr_ ? "\n" : "\r\n";
    after_cr_ = false;
    decoded.remove_prefix(lf + 1);
  }
  out += decoded;
}

}  // namespace postroom::mime
