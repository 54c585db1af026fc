// What a subject is about, without what replying and forwarding add to it (RFC 5256 2.1).
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

struct BaseSubject {
  BaseSubject() = default;
  std::string text;               ///< UTF-8, case as it was
  bool reply_or_forward = false;  ///< "Re:", "Fwd:", "(fwd)" or "[Fwd: ]" was removed (RFC 5256 3)
};

/// `subject` is a Subject field's body, unfolded or not, its encoded words decoded. Linear in it.
BaseSubject base_subject(std::string_view subject);

}  // namespace postroom::mime
