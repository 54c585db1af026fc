// What IMAP's grammar and its commands call things. Plain values, no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/types.h"

namespace postroom::imap {

/// RFC 3501 3. A command lists the states it is valid in, joined by |.
enum class State : std::uint8_t { not_authenticated = 1, authenticated = 2, selected = 4 };
constexpr State operator|(State a, State b) {
  return static_cast<State>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool includes(State states, State one) {
  return (static_cast<std::uint8_t>(states) & static_cast<std::uint8_t>(one)) != 0;
}
inline constexpr State kAnyState = State::not_authenticated | State::authenticated | State::selected;
inline constexpr State kLoggedIn = State::authenticated | State::selected;

/// Are a command's numbers message sequence numbers, or UIDs because UID stood before its name (RFC
/// 3501 6.4.8)?
enum class Numbers : std::uint8_t { sequence, uid };

/// A mailbox's name as the store has it: UTF-8 in normalization form C, a first level that spells "INBOX" in
/// any case in upper case.
struct MailboxName {
  MailboxName() = default;
  std::string name;
  std::string given;  ///< in UTF-8 as the client wrote it, which may be otherwise (RFC 9051 6.3.9.7)
};

/// RFC 3501 sequence-set as written: it means something only together with a View.
struct SequenceSet {
  SequenceSet() = default;
  static constexpr std::uint32_t kLargest = 0;  ///< "*"
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
    bool operator==(const Range&) const = default;
  };
  std::vector<Range> ranges;
  /// "$", what the last SEARCH saved (RFC 5182 3). Those of them that are gone are passed over like UIDs
  /// that are not there, whatever the command's numbers are.
  bool saved = false;
};

/// RFC 3501 flag-list: the system flags as their bits, the rest by name, each once; of too many only one more
/// than there can be.
struct FlagNames {
  FlagNames() = default;
  std::uint64_t system = 0;
  std::vector<std::string> keywords;
  void add_keyword(std::string keyword);
};

/// What announces a literal (RFC 3501 9 literal, RFC 7888 5, RFC 4466 6 literal8).
struct Announced {
  std::uint64_t size = 0;     ///< in bytes
  bool synchronising = true;  ///< the client waits for a continuation request
  bool binary = false;        ///< literal8: it may hold NUL
};
/// The announcement that ends `line`, if one does: "{310}", "{310+}" or "~{310}", of at most 20 digits.
std::optional<Announced> announced_literal(std::string_view line);

/// Response codes without arguments (RFC 3501 7.1, RFC 3516 4.3, RFC 4469 4.2, RFC 4978 3, RFC 5182 2.5, RFC
/// 5530 3, RFC 6154 6, RFC 7162 3.2.11, RFC 9051 7.1, RFC 9208 4.3.1).
enum class Code : std::uint8_t {
  none,
  already_exists,
  authentication_failed,
  authorization_failed,
  cannot,
  closed,
  compression_active,
  corruption,
  expunge_issued,
  has_children,
  limit,
  nonexistent,
  no_perm,
  not_saved,
  over_quota,
  privacy_required,
  read_only,
  read_write,
  too_big,
  try_create,
  unavailable,
  unknown_cte,
  use_attr,
};
/// "ALREADYEXISTS"
std::string_view name_of(Code code);

/// How a command ended: the tagged response, without its tag (RFC 3501 7.1).
struct Tagged {
  Tagged() = default;
  enum class Kind : std::uint8_t { ok, no, bad, none /* the client was told BYE instead */ };
  Kind kind = Kind::ok;
  std::string code;  ///< what stands between [ and ]; empty: nothing
  std::string text;
};

Tagged ok(std::string_view text);
Tagged ok(Code code, std::string_view text);
/// `code` with its arguments: "APPENDUID 38505 3955".
Tagged ok_with(std::string code, std::string_view text);
Tagged no(std::string_view text);
Tagged no(Code code, std::string_view text);
Tagged no_with(std::string code, std::string_view text);
Tagged bad(std::string_view text);
Tagged bad(Code code, std::string_view text);
/// For a command that did not come to its end: nothing follows the BYE.
Tagged unanswered();

}  // namespace postroom::imap
