// UidSet: a set of numbers as runs, so that a mailbox of a million messages costs a few bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace postroom {

/// A message's unique identifier in its mailbox (RFC 9051 2.3.1.1): not 0, ascending, never used twice.
using Uid = std::uint32_t;

/// Sorted, disjoint, not touching runs. Also used for sets of message sequence numbers.
class UidSet {
 public:
  struct Run {
    Uid first;
    Uid last;
    bool operator==(const Run&) const = default;
  };

  UidSet() = default;
  /// All of first..last; empty when last < first.
  UidSet(Uid first, Uid last);

  /// Adds at any place; cheap at the end.
  void add(Uid uid) { add(uid, uid); }
  void add(Uid first, Uid last);
  void add(const UidSet& other);
  void remove(Uid uid) { remove(uid, uid); }
  void remove(Uid first, Uid last);
  void remove(const UidSet& other);

  bool contains(Uid uid) const;
  bool empty() const { return runs_.empty(); }
  /// How many numbers it holds.
  std::uint64_t size() const;
  Uid first() const { return runs_.front().first; }
  Uid last() const { return runs_.back().last; }

  /// The number at a place, counted from 0; `index` < size().
  Uid at(std::uint64_t index) const;
  /// The place of a number, counted from 0, or nothing.
  std::optional<std::uint64_t> index_of(Uid uid) const;
  /// How many numbers are smaller.
  std::uint64_t count_below(Uid uid) const;

  UidSet intersect(const UidSet& other) const;
  /// The first `count` numbers.
  UidSet head(std::uint64_t count) const;
  /// Those greater than `uid`.
  UidSet after(Uid uid) const;

  const std::vector<Run>& runs() const { return runs_; }
  bool operator==(const UidSet& other) const { return runs_ == other.runs_; }

 private:
  /// How many numbers are in the runs before `run`.
  std::uint64_t below(std::size_t run) const;
  /// To be called after runs_[from] and what follows has changed.
  void recount(std::size_t from);

  std::vector<Run> runs_;
  std::vector<std::uint64_t> below_;  // by run; empty while the runs are few and counted as quickly
};

}  // namespace postroom
