// NumberSet: a sequence set as a client writes it (RFC 3501 9), and what it means to that client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/net/imap_picture.h"

namespace postroom::testing::model {

using Entries = std::vector<Picture::Entry>;

struct NumberSet {
  static constexpr std::uint32_t kStar = 0;
  struct Range {
    std::uint32_t first = 0, last = 0;
  };
  std::vector<Range> ranges;
  bool saved = false;  ///< "$" (RFC 5182)

  std::string text() const;
  /// RFC 3501 6.4.8: of the UIDs those in the mailbox; "*" as an end reaches the last message and beyond.
  bool has_uid(Uid uid, const Entries& entries) const;
  /// UIDs of the messages with these numbers; nothing if one does not exist (RFC 3501 9 seq-number).
  std::optional<std::vector<Uid>> by_number(const Entries& entries) const;
  std::vector<Uid> by_uid(const Entries& entries) const;
};

/// "1:3,5", ascending; throws std::logic_error if it is no such set.
std::vector<std::uint32_t> numbers_of(std::string_view set);
std::string set_of(const std::vector<std::uint32_t>& numbers);

}  // namespace postroom::testing::model
