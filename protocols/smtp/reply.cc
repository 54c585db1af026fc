#include "protocols/smtp/reply.h"

namespace postroom::smtp {

std::string Reply::bytes() const {
  std::string out;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    out += std::to_string(code_);
    out += i + 1 < lines_.size() ? '-' : ' ';
    // RFC 2034 4: the same status on each line.
    if (!status_.empty()) out.append(status_).append(" ");
    out.append(lines_[i]).append("\r\n");
  }
  return out;
}

std::string shown(const std::string& address) {
  constexpr std::size_t kMost = 200;  // a reply may name two
  return address.size() > kMost ? "such long address" : "<" + address + ">";
}

}  // namespace postroom::smtp
