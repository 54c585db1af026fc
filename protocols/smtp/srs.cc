#include "protocols/smtp/srs.h"

#include <cstdint>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/smtp/cursor.h"

namespace postroom::smtp {

namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // RFC 4648 6
// 40 bits: who guesses one sends a single message through us. The others have four characters, too few for
// that; more would make addresses that servers with the limit of RFC 5321 4.5.3.1.1 refuse.
constexpr std::size_t kHashLength = 8;
constexpr std::size_t kStampLength = 2;
constexpr std::int64_t kStamps = 1024;  // days, after which they begin anew
constexpr std::int64_t kValidDays = 21;
constexpr std::size_t kMaxLocal = 255;  // as Cursor takes them

/// Nothing when it is no address.
std::optional<Path> parse(std::string_view address) {
  const std::string argument = " FROM:<" + std::string(address) + ">";
  Cursor in(argument);
  Path path = in.reverse_path();
  in.end();
  if (in.error() || path.null()) return std::nullopt;
  return path;
}

/// Over what the address says, so that none of it can be changed; in lower case, because some servers write
/// local parts so.
std::string hash(std::string_view signed_text, std::string_view secret) {
  const std::string digest = hmac_sha256(secret, lower(signed_text));
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 5; ++i) bits = (bits << 8) | static_cast<unsigned char>(digest.at(i));
  std::string out;
  for (std::size_t i = kHashLength; i-- > 0;) out += kBase32[(bits >> (5 * i)) & 31];
  return out;
}

std::int64_t day_of(WallTime now) {
  const auto days = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  return (static_cast<std::int64_t>(days) % kStamps + kStamps) % kStamps;
}

std::string stamp(WallTime now) {
  const auto day = static_cast<std::size_t>(day_of(now));
  return {kBase32[day / 32], kBase32[day % 32]};
}

bool is_recent(std::string_view stamp, WallTime now) {
  if (stamp.size() != kStampLength) return false;
  const std::size_t high = kBase32.find(to_upper(stamp[0]));
  const std::size_t low = kBase32.find(to_upper(stamp[1]));
  if (high == std::string_view::npos || low == std::string_view::npos) return false;
  const auto day = static_cast<std::int64_t>(high * 32 + low);
  return (day_of(now) - day + kStamps) % kStamps <= kValidDays;
}

/// Up to the next '=', which is taken too; nothing when there is none.
std::optional<std::string_view> take_up_to_equals(std::string_view& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  return taken;
}

/// What others put between "SRS0" and the hash.
bool is_separator(char c) { return c == '=' || c == '+' || c == '-'; }

bool is_tagged(std::string_view local, std::string_view tag) {
  return istarts_with(local, tag) && local.size() > tag.size() && is_separator(local[tag.size()]);
}

/// What of a local part is to be signed and given back: "SRS0=day=domain=local" without its hash.
struct Rewritten {
  std::string_view tag;
  std::string rest;
};

/// An SRS1 keeps the first forwarder, who answers for the day, and skips those between (libsrs2's "guarded").
Rewritten rewrite(const Path& sender, WallTime now) {
  if (is_tagged(sender.local, "SRS0")) return {"SRS1", sender.domain + "=" + sender.local.substr(4)};
  if (is_tagged(sender.local, "SRS1")) {
    std::string_view rest = std::string_view(sender.local).substr(5);
    const auto their_hash = take_up_to_equals(rest);
    const std::size_t equals = rest.find('=');
    const bool guarded = their_hash && equals != std::string_view::npos && equals > 0 &&
                         equals + 1 < rest.size() && is_separator(rest[equals + 1]);
    if (guarded) return {"SRS1", std::string(rest)};
  }
  return {"SRS0", stamp(now) + "=" + sender.domain + "=" + sender.local};
}

std::string signed_text(std::string_view tag, std::string_view rest) {
  return std::string(tag).append("=").append(rest);
}

}  // namespace

std::string srs_forward(std::string_view reverse_path, std::string_view our_domain, std::string_view secret,
                        WallTime now) {
  const auto sender = parse(reverse_path);
  const bool stays = !sender || iequals(sender->domain, our_domain) ||
                     sender->domain.find('=') != std::string::npos;  // in an address literal of no known kind
  if (stays) return std::string(reverse_path);
  const Rewritten rewritten = rewrite(*sender, now);
  Path ours;
  ours.domain = our_domain;
  ours.local = rewritten.tag;
  ours.local.append("=").append(hash(signed_text(rewritten.tag, rewritten.rest), secret));
  ours.local.append("=").append(rewritten.rest);
  return ours.local.size() > kMaxLocal ? std::string(reverse_path) : ours.address();
}

std::optional<std::string> srs_reverse(std::string_view address, std::string_view secret, WallTime now) {
  const auto ours = parse(address);
  if (!ours) return std::nullopt;
  std::string_view rest = ours->local;
  const std::string tag = upper(take_up_to_equals(rest).value_or(""));
  const std::string_view given = take_up_to_equals(rest).value_or("");
  if (tag != "SRS0" && tag != "SRS1") return std::nullopt;
  if (!equal_in_constant_time(upper(given), hash(signed_text(tag, rest), secret))) return std::nullopt;

  Path sender;
  if (tag == "SRS0" && !is_recent(take_up_to_equals(rest).value_or(""), now)) return std::nullopt;
  sender.domain = take_up_to_equals(rest).value_or("");
  sender.local = tag == "SRS0" ? std::string(rest) : "SRS0" + std::string(rest);
  // Another forwarder's SRS1 may have said anything.
  return parse(sender.address()) ? std::optional(sender.address()) : std::nullopt;
}

}  // namespace postroom::smtp
