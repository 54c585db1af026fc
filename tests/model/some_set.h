// Sets of message numbers and UIDs as clients happen to write them.
#pragma once

#include "tests/model/dice.h"
#include "tests/model/number_set.h"

namespace postroom::testing::model {

/// Now and then with numbers that do not exist, backwards, or with "*".
inline NumberSet some_numbers(Dice& dice, const Entries& entries) {
  NumberSet set;
  if (entries.empty() || dice.one_in(8)) {
    set.ranges.push_back({1, NumberSet::kStar});
    return set;
  }
  const std::size_t most = entries.size() + (dice.one_in(40) ? 1 : 0);
  for (std::size_t i = 0; i < 1 + dice.below(3); ++i) {
    const auto first = static_cast<std::uint32_t>(1 + dice.below(most));
    const auto last = static_cast<std::uint32_t>(1 + dice.below(most));
    set.ranges.push_back({first, dice.one_in(3) ? last : first});
    if (dice.one_in(20)) set.ranges.back().last = NumberSet::kStar;
  }
  return set;
}

/// Some of them may be gone, or never have been. Without `open`: single UIDs, of which none can be of a
/// message that the client has not been told of.
inline NumberSet some_uids(Dice& dice, const Entries& entries, bool open) {
  NumberSet set;
  if (open && (entries.empty() || dice.one_in(6))) {
    set.ranges.push_back({1, NumberSet::kStar});
    return set;
  }
  for (const Picture::Entry& entry : entries)
    if (entry.uid != 0 && dice.one_in(4)) set.ranges.push_back({entry.uid, entry.uid});
  if (open && dice.one_in(4)) {
    const Uid last = entries.empty() ? 1 : entries.back().uid;
    const auto from = static_cast<Uid>(1 + dice.below(last));
    set.ranges.push_back({from, from + static_cast<Uid>(dice.below(8))});
  }
  if (set.ranges.empty()) {
    constexpr Uid kNobody = 4'000'000'000;
    set.ranges.push_back({kNobody, kNobody});
  }
  return set;
}

}  // namespace postroom::testing::model
