// TlsRequiredField: whether a message's header says "TLS-Required: No" (RFC 8689 3). Pure, works on any
// slicing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postroom::smtp {

class TlsRequiredField {
 public:
  void feed(std::string_view bytes);

  /// As far as it has been fed: one such field, and no other of that name.
  bool is_no() const;

  /// A field is looked at as far as this.
  static constexpr std::size_t kMost = 200;

 private:
  void line_end();
  void field_end();

  std::string field_;  // as it came, without line ends; no more than kMost of it
  std::string line_;
  bool header_ended_ = false;
  int fields_ = 0;
  bool no_ = false;
};

}  // namespace postroom::smtp
