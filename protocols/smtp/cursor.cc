// RFC 5321 4.1.2 and 4.1.3.
#include "protocols/smtp/cursor.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/canonical.h"

namespace postroom::smtp {

namespace {

constexpr std::size_t kMaxDomain = 255;  // RFC 5321 4.5.3.1.2
// RFC 5321 4.5.3.1.1 has 64; senders that put a recipient's address into theirs need more.
constexpr std::size_t kMaxLocal = 255;

bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_alnum(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }
bool is_graphic(char c) { return c > ' ' && c < 0x7f; }

/// atext of RFC 5322 3.2.3 with RFC 6531 3.3's additions.
bool is_atext(char c) {
  return is_alnum(c) || is_beyond_ascii(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
  const auto parts = split(text, '.');
  return std::ranges::all_of(
      parts, [](std::string_view atom) { return !atom.empty() && std::ranges::all_of(atom, is_atext); });
}

/// sub-domain = Let-dig [Ldh-str], or with letters beyond ASCII (RFC 6531 3.3).
bool is_label(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.back() == '-') return false;
  return std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-' || is_beyond_ascii(c); });
}

bool is_domain(std::string_view text) {
  return text.size() <= kMaxDomain && std::ranges::all_of(split(text, '.'), is_label);
}

bool is_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
           const auto number = parse_number(part);
           return part.size() <= 3 && number && *number <= 255;
         });
}

bool is_ipv6_group(std::string_view text) {
  return !text.empty() && text.size() <= 4 && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
  });
}

/// How many 16-bit groups one side of "::" has, an IPv4 address at the very end counting for two; nothing
/// when it is malformed.
std::optional<std::size_t> ipv6_groups(std::string_view text, bool may_end_in_ipv4) {
  if (text.empty()) return 0;
  const auto parts = split(text, ':');
  std::size_t groups = parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_ipv6_group(parts[i])) continue;
    if (!may_end_in_ipv4 || i + 1 < parts.size() || !is_ipv4(parts[i])) return std::nullopt;
    ++groups;
  }
  return groups;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return ipv6_groups(text, true) == 8;
  const auto before = ipv6_groups(text.substr(0, gap), false);
  const auto after = ipv6_groups(text.substr(gap + 2), true);
  return before && after && *before + *after <= 6;
}

/// What stands between the brackets of an address literal.
bool is_address_literal(std::string_view text) {
  if (istarts_with(text, "IPv6:")) return is_ipv6(text.substr(5));
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_ipv4(text);
  return is_label(text.substr(0, colon)) && colon + 1 < text.size();
}

/// A name beyond ASCII as DNS has it, or with '?' where it is no domain.
std::string in_ascii(std::string_view name) {
  std::string ascii(name);
  if (is_ascii(name)) return ascii;
  std::ranges::replace_if(ascii, is_beyond_ascii, '?');
  return mime::canonical_domain(name).value_or(ascii);
}

}  // namespace

std::string Path::address() const {
  if (null()) return {};
  std::string out;
  if (is_dot_string(local)) {
    out = local;
  } else {
    out += '"';
    for (const char c : local) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  if (!domain.empty()) out.append("@").append(domain);
  return out;
}

void Cursor::fail(Reply reply) {
  if (!error_) error_ = std::move(reply);
  rest_ = {};
}

void Cursor::bad_parameter(const std::string& expected) {
  fail(Reply(501, "5.5.4", "Syntax error: expected " + expected));
}

void Cursor::syntax(std::string expected) {
  fail(Reply(501, status_, "Syntax error: expected " + std::move(expected)));
}

bool Cursor::take(std::string_view text) {
  if (error_ || !istarts_with(rest_, text)) return false;
  rest_.remove_prefix(text.size());
  return true;
}

void Cursor::need(std::string_view text) {
  if (!take(text)) syntax("\"" + std::string(text) + "\"");
}

template <class Predicate>
std::string_view Cursor::run(Predicate passes) {
  const auto end = std::ranges::find_if_not(rest_, passes);
  const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(taken.size());
  return taken;
}

void Cursor::space() {
  if (run([](char c) { return c == ' '; }).empty()) syntax("a space and an argument");
}

void Cursor::end() {
  if (!rest_.empty()) syntax("the end of the command");
}

std::string_view Cursor::rest() { return std::exchange(rest_, {}); }

std::string_view Cursor::word() {
  return run([](char c) { return c != ' '; });
}

Path Cursor::reverse_path() {
  space();
  need("FROM:");
  take(" ");  // against the grammar, and common
  if (take("<>")) return Path();
  return path("5.1.7");
}

Path Cursor::forward_path() {
  space();
  need("TO:");
  take(" ");
  if (take("<postmaster>")) {  // RFC 5321 4.5.1
    Path postmaster;
    postmaster.local = "postmaster";
    return postmaster;
  }
  return path("5.1.3");
}

Path Cursor::path(std::string_view status) {
  status_ = status;
  Path path;
  if (!take("<")) {
    syntax("an address in angle brackets, like <alice@example.org>");
    return path;
  }
  source_route();
  path.local = local_part();
  need("@");
  path.domain = next_is('[') ? address_literal() : domain();
  need(">");
  status_ = "5.5.4";
  return error_ ? Path() : path;
}

// RFC 5321 4.1.2: A-d-l ":" is accepted and ignored.
void Cursor::source_route() {
  if (!next_is('@')) return;
  do {
    need("@");
    if (domain().empty()) return;
  } while (take(","));
  need(":");
}

std::string Cursor::local_part() {
  std::string local = next_is('"') ? quoted_string() : dot_string();
  if (local.size() > kMaxLocal) syntax("a local part of at most 255 bytes");
  return local;
}

std::string Cursor::dot_string() {
  const std::string_view text = run([](char c) { return is_atext(c) || c == '.'; });
  if (!is_dot_string(text) || !is_utf8(text)) syntax("a local part before the @");
  return std::string(text);
}

std::string Cursor::quoted_string() {
  std::string text;
  take("\"");
  while (!next_is('"')) {
    const bool quoted_pair = take("\\");
    const bool allowed = !rest_.empty() && (is_graphic(rest_.front()) || rest_.front() == ' ' ||
                                            (!quoted_pair && is_beyond_ascii(rest_.front())));
    if (!allowed) {
      syntax("a closing quote");
      return {};
    }
    text += rest_.front();
    rest_.remove_prefix(1);
  }
  take("\"");
  if (text.empty() || !is_utf8(text)) syntax("a local part between the quotes");
  return text;
}

std::string Cursor::domain() {
  const std::string_view text =
      run([](char c) { return is_alnum(c) || c == '-' || c == '.' || is_beyond_ascii(c); });
  if (!is_domain(text) || !is_utf8(text)) {
    syntax("a domain name");
    return {};
  }
  return std::string(text);
}

std::string Cursor::address_literal() {
  const std::string_view all = rest_;
  take("[");
  const std::string_view text =
      run([](char c) { return is_graphic(c) && c != '[' && c != '\\' && c != ']'; });
  const bool fits = text.size() + 2 <= kMaxDomain;
  if (!fits || !is_address_literal(text) || !take("]")) {
    syntax("an address literal, like [192.0.2.1] or [IPv6:2001:db8::1]");
    return {};
  }
  return std::string(all.substr(0, text.size() + 2));
}

std::vector<Parameter> Cursor::parameters() {
  constexpr std::size_t kMost = 32;
  std::vector<Parameter> all;
  while (!error_ && !rest_.empty()) {
    space();
    if (rest_.empty()) break;
    Parameter parameter;
    parameter.keyword = run([](char c) { return is_alnum(c) || c == '-'; });
    if (take("="))
      parameter.value = run([](char c) { return (is_graphic(c) && c != '=') || is_beyond_ascii(c); });
    const bool empty_value = parameter.value && parameter.value->empty();
    if (parameter.keyword.empty() || empty_value || (!rest_.empty() && !next_is(' ')) || all.size() == kMost)
      syntax("parameters like SIZE=1000");
    all.push_back(parameter);
  }
  return error_ ? std::vector<Parameter>() : all;
}

std::string Cursor::client_name() {
  space();
  std::string name;
  if (next_is('[')) {
    name = address_literal();
  } else {
    // Wider than the grammar: names with '_' (and worse) are what many a desktop calls itself, and refusing
    // them would lose mail. Nothing in it can break a Received field.
    const std::string_view text = run([](char c) {
      return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == ':' || is_beyond_ascii(c);
    });
    if (text.empty() || text.size() > kMaxDomain || !is_utf8(text)) syntax("the name of your host");
    name = in_ascii(text);
  }
  end();
  return error_ ? std::string() : name;
}

}  // namespace postroom::smtp
