// Base64 for a part: see base64_part.h.
#include "protocols/mime/base64_part.h"

#include "base/text.h"
#include "protocols/mime/header.h"

namespace postroom::mime {

namespace {
constexpr std::size_t kLine = 57;  // bytes in 76 characters
}  // namespace

std::string header_with_encoding(std::string_view header, std::string_view encoding, std::string_view more) {
  std::string changed;
  HeaderFields fields(header);
  while (const auto field = fields.next())
    if (!iequals(field->name, "Content-Transfer-Encoding")) changed += field->raw;
  if (!changed.empty() && !changed.ends_with('\n')) changed += "\r\n";
  changed.append("Content-Transfer-Encoding: ").append(encoding).append("\r\n").append(more);
  return changed += fields.rest().empty() ? "\r\n" : fields.rest();
}

void Base64Lines::feed(std::string_view bytes, std::string& out) {
  while (held_.size() + bytes.size() >= kLine) {
    const std::string_view rest = bytes.substr(0, kLine - held_.size());
    bytes.remove_prefix(rest.size());
    out.append(base64_encode(held_.append(rest))).append("\r\n");
    held_.clear();
  }
  held_ += bytes;
}

void Base64Lines::finish(std::string& out) {
  if (!held_.empty()) out.append(base64_encode(held_)).append("\r\n");
  held_.clear();
}

}  // namespace postroom::mime
