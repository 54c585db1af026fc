// Values with parameters: Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183), RFC 2231 included.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::mime {

/// Continuations (name*0, name*1 …) are joined. If any of them was in RFC 2231's extended form, so is the
/// whole: the name ends with '*' and the value is charset'language'percent-encoded, as it goes into
/// BODYSTRUCTURE.
struct Parameter {
  std::string name;  ///< lower case
  std::string value;
  bool operator==(const Parameter&) const = default;
};

struct ParameterizedValue {
  std::string value;  ///< "text/plain", "attachment": lower case, without comments and white space
  std::vector<Parameter> parameters;
};

/// At most this many parameters are kept.
inline constexpr std::size_t kMaxParameters = 100;

/// Takes what senders write: missing quotes, stray semicolons, comments, garbage between; the first parameter
/// of a name counts.
ParameterizedValue parse_parameterized(std::string_view body);

/// A parameter's raw value by its lower-case name; nothing when it is missing.
std::optional<std::string_view> find_parameter(const std::vector<Parameter>& parameters,
                                               std::string_view name);

/// A parameter's text as UTF-8: the extended form (RFC 2231 4) is preferred and decoded, and encoded words,
/// which senders put there against RFC 2047 5, are too.
std::optional<std::string> parameter_text(const std::vector<Parameter>& parameters, std::string_view name);

}  // namespace postroom::mime
