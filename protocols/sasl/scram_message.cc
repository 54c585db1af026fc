#include "protocols/sasl/scram_message.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::sasl {

namespace {

constexpr ScramError kFine;
constexpr ScramError kEncoding = "invalid-encoding";
constexpr ScramError kExtensions = "extensions-not-supported";

/// The text up to the next comma, which is taken too.
std::string_view take_part(std::string_view& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view part = text.substr(0, comma);
  text.remove_prefix(std::min(comma + 1, text.size()));
  return part;
}

/// The value of `part` if it is that of `attribute`.
std::optional<std::string_view> value(std::string_view part, char attribute) {
  if (part.size() < 3 || part[0] != attribute || part[1] != '=') return std::nullopt;
  return part.substr(2);
}

/// saslname: "=2C" and "=3D" are all that may follow an equals sign.
std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const bool comma = text.starts_with("=2C");
    const bool equals = text.starts_with("=3D");
    if (text[0] == '\0' || (text[0] == '=' && !comma && !equals)) return std::nullopt;
    name += comma ? ',' : text[0];
    text.remove_prefix(comma || equals ? 3 : 1);
  }
  return name;
}

bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

bool is_nonce(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~' && c != ','; });
}

/// cb-name (RFC 5802 7, RFC 5056 7).
bool is_binding_type(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '-'; });
}

bool parse_binding(std::string_view flag, ClientFirst& message) {
  using Binding = ClientFirst::Binding;
  if (flag == "n" || flag == "y") {
    message.binding = flag == "n" ? Binding::none : Binding::unoffered;
    return true;
  }
  const auto type = value(flag, 'p');
  if (!type || !is_binding_type(*type)) return false;
  message.binding = Binding::required;
  message.binding_type = *type;
  return true;
}

/// attr-val: a letter, "=", something.
bool are_extensions(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = take_part(text);
    if (part.size() < 3 || !is_letter(part[0]) || part[1] != '=') return false;
  }
  return true;
}

}  // namespace

ScramError parse(std::string_view text, ClientFirst& message) {
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) return kEncoding;
  std::string_view rest = text;
  if (!parse_binding(take_part(rest), message)) return kEncoding;
  const std::string_view for_whom = take_part(rest);
  if (!for_whom.empty()) {
    const auto authzid = value(for_whom, 'a');
    const auto decoded = authzid ? decode_name(*authzid) : std::nullopt;
    if (!decoded) return kEncoding;
    message.authzid = *decoded;
  }
  message.header = text.substr(0, text.size() - rest.size());
  message.bare = rest;
  if (rest.starts_with("m=")) return kExtensions;
  const auto name = value(take_part(rest), 'n');
  const auto nonce = value(take_part(rest), 'r');
  if (!name || !nonce || !is_nonce(*nonce) || !are_extensions(rest)) return kEncoding;
  const auto decoded = decode_name(*name);
  if (!decoded) return "invalid-username-encoding";
  message.name = *decoded;
  message.nonce = *nonce;
  return kFine;
}

ScramError parse(std::string_view text, ClientFinal& message) {
  // The proof is the last part.
  const std::size_t end = text.rfind(',');
  if (end == std::string_view::npos || !is_utf8(text)) return kEncoding;
  const auto proof = value(text.substr(end + 1), 'p');
  std::string_view rest = text.substr(0, end);
  message.without_proof = rest;
  const auto binding = value(take_part(rest), 'c');
  const auto nonce = value(take_part(rest), 'r');
  if (!proof || !binding || !nonce || !is_nonce(*nonce) || !are_extensions(rest)) return kEncoding;
  auto decoded_binding = base64_decode(*binding);
  auto decoded_proof = base64_decode(*proof);
  if (!decoded_binding || !decoded_proof) return kEncoding;
  message.binding = std::move(*decoded_binding);
  message.proof = std::move(*decoded_proof);
  message.nonce = *nonce;
  return kFine;
}

}  // namespace postroom::sasl
