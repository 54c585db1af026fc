#include "protocols/mime/form_scan.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::mime {

void FormScan::feed(std::string_view bytes) {
  size_ += bytes.size();
  if (!is_ascii(bytes)) {
    form_.beyond_ascii = true;
    beyond_ascii_ += static_cast<std::uint64_t>(
        std::ranges::count_if(bytes, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }));
  }
  if (bytes.find('\0') != std::string_view::npos) form_.nul = true;
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    take(bytes.substr(0, lf));
    if (lf == std::string_view::npos) return;
    if (!after_cr_) form_.bare_line_ends = true;
    after_cr_ = false;
    line_ = 0;
    bytes.remove_prefix(lf + 1);
  }
}

/// Of a line, without its LF.
void FormScan::take(std::string_view piece) {
  if (piece.empty()) return;
  if (after_cr_ || piece.find('\r') < piece.size() - 1) form_.bare_line_ends = true;
  after_cr_ = piece.back() == '\r';
  line_ += piece.size();
  if (line_ - (after_cr_ ? 1 : 0) > kLongestLine) form_.long_lines = true;
}

ContentForm FormScan::finish() {
  if (after_cr_) form_.bare_line_ends = true;
  after_cr_ = false;
  return form_;
}

ContentForm form_of(std::string_view bytes) {
  FormScan scan;
  scan.feed(bytes);
  return scan.finish();
}

}  // namespace postroom::mime
