#include "protocols/smtp/tls_required_field.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postroom::smtp {

namespace {

constexpr std::string_view kName = "TLS-Required";

void append(std::string& out, std::string_view bytes) {
  out += bytes.substr(0, TlsRequiredField::kMost - std::min(out.size(), TlsRequiredField::kMost));
}

bool is_folded(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

}  // namespace

void TlsRequiredField::feed(std::string_view bytes) {
  while (!bytes.empty() && !header_ended_) {
    const std::size_t end = bytes.find('\n');
    append(line_, bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    line_end();
  }
}

bool TlsRequiredField::is_no() const {
  TlsRequiredField whole = *this;
  whole.feed("\n\n");
  return whole.fields_ == 1 && whole.no_;
}

void TlsRequiredField::line_end() {
  std::string line = std::exchange(line_, {});
  if (line.ends_with('\r')) line.pop_back();
  if (is_folded(line)) return append(field_, line);
  field_end();
  header_ended_ = line.find(':') == std::string::npos;
  field_ = std::move(line);
}

void TlsRequiredField::field_end() {
  const std::size_t colon = field_.find(':');
  const std::string_view field = field_;
  if (colon == std::string::npos || !iequals(trim(field.substr(0, colon)), kName)) return;
  ++fields_;
  no_ = iequals(trim(field.substr(colon + 1)), "No");
}

}  // namespace postroom::smtp
