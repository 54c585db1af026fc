#include "protocols/pop3/multiline.h"

namespace postroom::pop3 {

void DotStuffer::append(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (last_ == Last::line_end && bytes.front() == '.') out += '.';
    const std::size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    out += line;
    if (!line.empty()) last_ = line.back() == '\r' ? Last::cr : Last::other;
    if (end == std::string_view::npos) return;
    // Its CR may have come with the call before.
    out += last_ == Last::cr ? "\n" : "\r\n";
    last_ = Last::line_end;
    bytes.remove_prefix(end + 1);
  }
}

void DotStuffer::finish(std::string& out) {
  if (last_ != Last::line_end) out += "\r\n";
  last_ = Last::line_end;
}

std::size_t TopFilter::pass(std::string_view bytes) {
  std::size_t passed = 0;
  while (!done_ && passed < bytes.size()) {
    const std::string_view left = bytes.substr(passed);
    const std::size_t end = left.find('\n');
    const std::string_view line = left.substr(0, end);
    if (!line.empty() && (line != "\r" || line_length_ > 0)) line_is_empty_ = false;
    line_length_ += line.size();
    if (end == std::string_view::npos) return bytes.size();
    passed += end + 1;
    if (!in_header_) --lines_left_;
    if (line_is_empty_) in_header_ = false;
    line_is_empty_ = true;
    line_length_ = 0;
    done_ = !in_header_ && lines_left_ == 0;
  }
  return passed;
}

}  // namespace postroom::pop3
