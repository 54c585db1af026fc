// FormScan: what kind of bytes a content has, so that it can be known what has to carry it. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/content_form.h"

namespace postroom::mime {

/// Without its line end (RFC 5321 4.5.3.1.6).
inline constexpr std::uint64_t kLongestLine = 998;

/// Constant memory; what it finds does not depend on how the content is cut.
class FormScan {
 public:
  void feed(std::string_view bytes);
  /// At the end of the content.
  ContentForm finish();

  /// Bytes so far, and those above 127 among them.
  std::uint64_t size() const { return size_; }
  std::uint64_t beyond_ascii() const { return beyond_ascii_; }

 private:
  void take(std::string_view piece);

  ContentForm form_;
  std::uint64_t size_ = 0;
  std::uint64_t beyond_ascii_ = 0;
  std::uint64_t line_ = 0;  // bytes of the line under way
  bool after_cr_ = false;
};

/// A whole content at once.
ContentForm form_of(std::string_view bytes);

}  // namespace postroom::mime
