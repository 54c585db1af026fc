// The texts of the values in types.h.
#include "protocols/imap/types.h"

#include <limits>

#include "base/text.h"

namespace postroom::imap {

std::optional<Announced> announced_literal(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  Announced announced;
  if (line.ends_with('+')) {
    announced.synchronising = false;
    line.remove_suffix(1);
  }
  constexpr std::size_t kMaxDigits = 20;  // of 2^64
  std::size_t digits = 0;
  while (digits < line.size() && is_digit(line[line.size() - 1 - digits])) ++digits;
  if (digits == 0 || digits > kMaxDigits || digits == line.size() || line[line.size() - 1 - digits] != '{')
    return std::nullopt;
  // Too large to count is too large for anything.
  const auto size = parse_number(line.substr(line.size() - digits));
  line.remove_suffix(digits + 1);
  announced.binary = line.ends_with('~');
  announced.size = size.value_or(std::numeric_limits<std::uint64_t>::max());
  return announced;
}

void FlagNames::add_keyword(std::string keyword) {
  if (keywords.size() > Flags::max_keywords) return;
  for (const std::string& known : keywords)
    if (iequals(known, keyword)) return;
  keywords.push_back(std::move(keyword));
}

std::string_view name_of(Code code) {
  switch (code) {
    case Code::none: return {};
    case Code::already_exists: return "ALREADYEXISTS";
    case Code::authentication_failed: return "AUTHENTICATIONFAILED";
    case Code::authorization_failed: return "AUTHORIZATIONFAILED";
    case Code::cannot: return "CANNOT";
    case Code::closed: return "CLOSED";
    case Code::compression_active: return "COMPRESSIONACTIVE";
    case Code::corruption: return "CORRUPTION";
    case Code::expunge_issued: return "EXPUNGEISSUED";
    case Code::has_children: return "HASCHILDREN";
    case Code::limit: return "LIMIT";
    case Code::nonexistent: return "NONEXISTENT";
    case Code::no_perm: return "NOPERM";
    case Code::not_saved: return "NOTSAVED";
    case Code::over_quota: return "OVERQUOTA";
    case Code::privacy_required: return "PRIVACYREQUIRED";
    case Code::read_only: return "READ-ONLY";
    case Code::read_write: return "READ-WRITE";
    case Code::too_big: return "TOOBIG";
    case Code::try_create: return "TRYCREATE";
    case Code::unavailable: return "UNAVAILABLE";
    case Code::unknown_cte: return "UNKNOWN-CTE";
    case Code::use_attr: return "USEATTR";
  }
  return {};
}

namespace {

Tagged tagged(Tagged::Kind kind, std::string code, std::string_view text) {
  Tagged reply;
  reply.kind = kind;
  reply.code = std::move(code);
  reply.text = text;
  return reply;
}

}  // namespace

Tagged ok(std::string_view text) { return tagged(Tagged::Kind::ok, {}, text); }
Tagged ok(Code code, std::string_view text) {
  return tagged(Tagged::Kind::ok, std::string(name_of(code)), text);
}
Tagged ok_with(std::string code, std::string_view text) {
  return tagged(Tagged::Kind::ok, std::move(code), text);
}
Tagged no(std::string_view text) { return tagged(Tagged::Kind::no, {}, text); }
Tagged no(Code code, std::string_view text) {
  return tagged(Tagged::Kind::no, std::string(name_of(code)), text);
}
Tagged no_with(std::string code, std::string_view text) {
  return tagged(Tagged::Kind::no, std::move(code), text);
}
Tagged bad(std::string_view text) { return tagged(Tagged::Kind::bad, {}, text); }
Tagged bad(Code code, std::string_view text) {
  return tagged(Tagged::Kind::bad, std::string(name_of(code)), text);
}
Tagged unanswered() { return tagged(Tagged::Kind::none, {}, {}); }

}  // namespace postroom::imap
