// The two encodings by which DSN parameters carry text (RFC 3461 4, RFC 6533 3). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::smtp {

/// "a=b" as "a+3Db" (RFC 3461 4). Whatever bytes it is given, the result is printable ASCII without SP and
/// '='.
std::string xtext_encode(std::string_view text);

/// The bytes an xtext stands for; nothing when it is none. Hex digits in lower case are taken, against the
/// grammar.
std::optional<std::string> xtext_decode(std::string_view xtext);

/// How an address of the type "utf-8" travels.
enum class Unitext {
  ascii,  ///< utf-8-addr-xtext: 'ü' as "\x{FC}", too
  utf8,   ///< utf-8-addr-unitext: letters beyond ASCII stay
};

/// "ü=@x" as "\x{FC}\x{3D}@x" (RFC 6533 3). What is no UTF-8 becomes '?'.
std::string unitext_encode(std::string_view address, Unitext form);

/// An address of the type "utf-8" in any of its forms, as UTF-8; an xtext is taken as well. Nothing when it
/// is none.
std::optional<std::string> unitext_decode(std::string_view text);

}  // namespace postroom::smtp
