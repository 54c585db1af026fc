// What SORT and THREAD compare of a message (RFC 5256, RFC 5957): computed once, stored beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::mime {

/// Texts are as casemap() leaves them, each of at most kMaxPackedText bytes: to be compared bytewise. What
/// the header lacks is empty.
struct SortKeys {
  SortKeys() = default;

  /// More references than these are not kept: the first and the last ones.
  static constexpr std::size_t kMaxReferences = 32;

  std::string subject;                    ///< the base subject (RFC 5256 2.1)
  std::uint64_t subject_hash = 0;         ///< of the whole base subject; 0: it is empty
  bool reply_or_forward = false;          ///< RFC 5256 3
  std::optional<std::int64_t> sent;       ///< RFC 5256 2.2, Unix seconds; nothing: use the internal date
  std::string from, to, cc;               ///< addr-mailbox of the first address
  std::string display_from, display_to;   ///< RFC 5957 3
  std::uint64_t id = 0;                   ///< message_id_hash() of the Message-ID; 0: there is none
  std::vector<std::uint64_t> references;  ///< the ancestors, the parent last (RFC 5256 3)

  bool operator==(const SortKeys&) const = default;

  std::string serialise() const;
  /// Nothing when the bytes are not what serialise() wrote; safe whatever they are.
  static std::optional<SortKeys> parse(std::string_view bytes);
};

SortKeys read_sort_keys(std::string_view header_block);

}  // namespace postroom::mime
