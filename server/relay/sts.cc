#include "server/relay/sts.h"

#include <algorithm>

#include "base/text.h"
#include "server/relay/dns_records.h"

namespace postroom::relay {

namespace {

constexpr std::string_view kVersion = "STSv1";
constexpr std::size_t kMaxId = 32;
constexpr std::size_t kMaxName = 32;
constexpr std::size_t kMaxDigits = 10;
/// A year: what is more counts as that (RFC 8461 3.2).
constexpr std::uint64_t kMaxAge = 31557600;

bool is_alphanumeric(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

/// sts-ext-name and sts-policy-ext-name, which all other names are, too.
bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; };
  return !text.empty() && text.size() <= kMaxName && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, fits);
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// sts-ext-value
bool is_record_value(std::string_view text) {
  const auto fits = [](char c) { return c > ' ' && c <= '~' && c != ';' && c != '='; };
  return !text.empty() && std::ranges::all_of(text, fits);
}

/// sts-policy-ext-value
bool is_policy_value(std::string_view text) {
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; };
  return !text.empty() && is_utf8(text) && std::ranges::none_of(text, is_control);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxId && std::ranges::all_of(text, is_alphanumeric);
}

/// One record's id.
std::optional<std::string> parse_record(std::string_view record) {
  std::optional<std::string> id;
  std::vector<std::string_view> fields = split(record, ';');
  if (without_blanks(fields.back()).empty()) fields.pop_back();
  for (const std::string_view each : fields) {
    const std::string_view field = without_blanks(each);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view name = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (!is_name(name) || !is_record_value(value)) return {};
    if (name != "id" || id) continue;
    if (!is_id(value)) return {};
    id = value;
  }
  return id;
}

std::optional<StsPolicy::Mode> parse_mode(std::string_view text) {
  if (text == "enforce") return StsPolicy::Mode::enforce;
  if (text == "testing") return StsPolicy::Mode::testing;
  if (text == "none") return StsPolicy::Mode::none;
  return {};
}

std::optional<std::chrono::seconds> parse_max_age(std::string_view text) {
  const std::optional<std::uint64_t> number = parse_number(text);
  if (!number || text.size() > kMaxDigits) return {};
  return std::chrono::seconds(std::min(*number, kMaxAge));
}

bool is_mx(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return is_dns_name(text);
}

/// The fields of a policy as they come; of those that may stand there once, the first counts.
class PolicyReader {
 public:
  /// False: it is none.
  bool take(std::string_view name, std::string_view value) {
    if (!is_name(name) || !is_policy_value(value)) return false;
    if (name == "version") return set(version_, std::optional(value));
    if (name == "mode") return set(mode_, parse_mode(value));
    if (name == "max_age") return set(max_age_, parse_max_age(value));
    if (name != "mx") return true;
    mx_.push_back(lower(value));
    return is_mx(value);
  }

  std::optional<StsPolicy> policy() && {
    if (version_ != kVersion || !mode_ || !max_age_) return {};
    if (mx_.empty() && *mode_ != StsPolicy::Mode::none) return {};
    StsPolicy policy;
    policy.mode = *mode_;
    policy.max_age = *max_age_;
    policy.mx = std::move(mx_);
    return policy;
  }

 private:
  template <class T>
  static bool set(std::optional<T>& field, std::optional<T> value) {
    if (field) return true;
    field = value;
    return value.has_value();
  }

  std::optional<std::string_view> version_;
  std::optional<StsPolicy::Mode> mode_;
  std::optional<std::chrono::seconds> max_age_;
  std::vector<std::string> mx_;
};

}  // namespace

bool StsPolicy::allows(std::string_view host) const {
  return std::ranges::any_of(mx, [host](std::string_view pattern) {
    if (!pattern.starts_with("*.")) return pattern == host;
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1);
  });
}

std::optional<std::string> parse_sts_records(const std::vector<std::string>& records) {
  const auto is_one = [](const std::string& record) { return record.starts_with("v=STSv1;"); };
  if (std::ranges::count_if(records, is_one) != 1) return {};
  return parse_record(*std::ranges::find_if(records, is_one));
}

std::optional<StsPolicy> parse_sts_policy(std::string_view text) {
  PolicyReader reader;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    if (!reader.take(line.substr(0, colon), without_blanks(line.substr(colon + 1)))) return {};
  }
  return std::move(reader).policy();
}

}  // namespace postroom::relay
