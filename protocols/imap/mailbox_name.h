// Mailbox names: what may be made, how children are found, and the patterns of LIST (RFC 3501 5.1, 6.3.8).
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::imap {

inline constexpr char kDelimiter = '/';

/// MailboxName::name for what a client wrote, in UTF-8.
std::string canonical_name(std::string_view utf8);

/// May a mailbox of this name be made? No empty level, no control character or line or paragraph separator
/// (RFC 6855 3), at most 50 levels of 255 bytes, 1,000 bytes in all, nothing that begins with '#' (which
/// other namespaces do, RFC 3501 5.1.2).
bool is_valid_name(std::string_view name);

/// "a/b" for "a/b/c"; empty for a name of one level.
std::string_view parent_of(std::string_view name);

/// A pattern of LIST or LSUB: '*' stands for anything, '%' for anything without a delimiter.
///
/// What has been read of a name decides which places between the pattern's characters can be reached: a set
/// of bits, moved on by one name character at a time, whatever the wildcards.
class Pattern {
 public:
  /// `reference` and `pattern`, in UTF-8, are joined as they are.
  Pattern(std::string_view reference, std::string_view pattern);
  /// No pattern is longer than any name, wildcards excepted, so that matching stays cheap.
  bool too_long() const { return text_.size() > kLongest; }
  /// False if it is too long.
  bool matches(std::string_view name) const;
  /// '%' is the last character: LSUB then names the parents of what it would find (RFC 3501 6.3.9).
  bool ends_with_percent() const { return text_.ends_with('%'); }

 private:
  static constexpr std::size_t kLongest = 2000;
  static constexpr std::size_t kWord = 64;
  using Places = std::array<std::uint64_t, kLongest / kWord + 1>;

  bool step(Places& here, char c, bool any_case) const;
  bool reached(const Places& here) const;

  std::string text_;
  std::size_t last_ = 0;                // place: how many characters but wildcards come before it
  std::size_t words_ = 1;               // of Places, as many as are used
  std::vector<std::uint64_t> entered_;  // by byte: the places that it leads to
  std::array<Places, 2> wildcards_{};   // places that hold '*', and places that hold '*' or '%'
};

}  // namespace postroom::imap
