// UidSet: binary search over the runs; only adding or removing in the middle moves them.
#include "storage/uid_set.h"

#include <algorithm>

namespace postroom {

namespace {

using Run = UidSet::Run;
using Runs = std::vector<Run>;

std::uint64_t length(const Run& run) { return std::uint64_t{run.last} - run.first + 1; }

/// The first run that does not end before `uid`.
Runs::const_iterator reaching(const Runs& runs, std::uint64_t uid) {
  return std::partition_point(runs.begin(), runs.end(), [uid](const Run& run) { return run.last < uid; });
}

/// Adds behind everything that is there, or touches or overlaps its last run.
void add_at_end(Runs& runs, Run run) {
  if (!runs.empty() && run.first <= std::uint64_t{runs.back().last} + 1)
    runs.back().last = std::max(runs.back().last, run.last);
  else
    runs.push_back(run);
}

constexpr std::size_t kFewRuns = 8;

}  // namespace

UidSet::UidSet(Uid first, Uid last) {
  if (first <= last) runs_.push_back({first, last});
}

std::uint64_t UidSet::below(std::size_t run) const {
  if (run < below_.size()) return below_[run];
  std::size_t from = below_.size();
  std::uint64_t count = 0;
  if (from > 0) count = below_[--from];
  for (; from < run; ++from) count += length(runs_[from]);
  return count;
}

void UidSet::recount(std::size_t from) {
  if (runs_.size() <= kFewRuns) {
    below_.clear();
    return;
  }
  from = std::min(from, below_.size());
  below_.resize(runs_.size());
  for (std::size_t run = from; run < runs_.size(); ++run)
    below_[run] = run == 0 ? 0 : below_[run - 1] + length(runs_[run - 1]);
}

void UidSet::add(Uid first, Uid last) {
  if (last < first) return;
  if (runs_.empty() || first >= runs_.back().first) {
    const std::size_t before = runs_.size();
    add_at_end(runs_, {first, last});
    if (runs_.size() > before) recount(before);
    return;
  }
  // All runs that overlap or touch become one.
  const auto begin = reaching(runs_, first == 0 ? 0 : std::uint64_t{first} - 1);
  const auto from = static_cast<std::size_t>(begin - runs_.cbegin());
  auto end = begin;
  while (end != runs_.end() && end->first <= std::uint64_t{last} + 1) ++end;
  if (begin == end) {
    runs_.insert(begin, {first, last});
  } else {
    runs_[from] = {std::min(first, begin->first), std::max(last, std::prev(end)->last)};
    runs_.erase(begin + 1, end);
  }
  recount(from);
}

void UidSet::add(const UidSet& other) {
  if (other.empty()) return;
  if (empty() || other.first() >= runs_.back().first) {
    const std::size_t before = runs_.size();
    for (const Run& run : other.runs_) add_at_end(runs_, run);
    return recount(before);
  }
  Runs all;
  all.reserve(runs_.size() + other.runs_.size());
  auto mine = runs_.begin();
  auto theirs = other.runs_.begin();
  while (mine != runs_.end() || theirs != other.runs_.end()) {
    const bool take_mine =
        theirs == other.runs_.end() || (mine != runs_.end() && mine->first <= theirs->first);
    add_at_end(all, take_mine ? *mine++ : *theirs++);
  }
  runs_ = std::move(all);
  recount(0);
}

void UidSet::remove(Uid first, Uid last) {
  if (last < first) return;
  const auto from = static_cast<std::size_t>(reaching(runs_, first) - runs_.cbegin());
  auto begin = runs_.begin() + static_cast<std::ptrdiff_t>(from);
  if (begin == runs_.end() || begin->first > last) return;
  if (begin->first < first && begin->last > last) {
    const Run before{begin->first, first - 1};
    begin->first = last + 1;
    runs_.insert(begin, before);
    return recount(from);
  }
  if (begin->first < first) {
    begin->last = first - 1;
    ++begin;
  }
  auto end = begin;
  while (end != runs_.end() && end->last <= last) ++end;
  if (end != runs_.end() && end->first <= last) end->first = last + 1;
  runs_.erase(begin, end);
  recount(from);
}

void UidSet::remove(const UidSet& other) {
  if (other.runs_.size() <= 4) {
    for (const Run& run : other.runs_) remove(run.first, run.last);
    return;
  }
  Runs left;
  auto hole = other.runs_.begin();
  for (Run run : runs_) {
    while (hole != other.runs_.end() && hole->last < run.first) ++hole;
    bool whole = false;
    for (auto each = hole; each != other.runs_.end() && each->first <= run.last; ++each) {
      if (each->first > run.first) left.push_back({run.first, each->first - 1});
      whole = each->last >= run.last;
      if (whole) break;
      run.first = each->last + 1;
    }
    if (!whole) left.push_back(run);
  }
  runs_ = std::move(left);
  recount(0);
}

bool UidSet::contains(Uid uid) const {
  const auto at = reaching(runs_, uid);
  return at != runs_.end() && at->first <= uid;
}

std::uint64_t UidSet::size() const { return below(runs_.size()); }

Uid UidSet::at(std::uint64_t index) const {
  if (below_.empty()) {
    auto run = runs_.begin();
    while (index >= length(*run)) index -= length(*run++);
    return run->first + static_cast<Uid>(index);
  }
  const auto after = std::upper_bound(below_.begin(), below_.end(), index);
  const auto run = static_cast<std::size_t>(after - below_.begin()) - 1;
  return runs_[run].first + static_cast<Uid>(index - below_[run]);
}

std::optional<std::uint64_t> UidSet::index_of(Uid uid) const {
  const auto at = reaching(runs_, uid);
  if (at == runs_.end() || at->first > uid) return std::nullopt;
  return below(static_cast<std::size_t>(at - runs_.begin())) + (uid - at->first);
}

std::uint64_t UidSet::count_below(Uid uid) const {
  const auto at = reaching(runs_, uid);
  const std::uint64_t before = below(static_cast<std::size_t>(at - runs_.begin()));
  return at == runs_.end() || at->first >= uid ? before : before + (uid - at->first);
}

UidSet UidSet::intersect(const UidSet& other) const {
  UidSet both;
  auto mine = runs_.begin();
  auto theirs = other.runs_.begin();
  while (mine != runs_.end() && theirs != other.runs_.end()) {
    const Uid first = std::max(mine->first, theirs->first);
    const Uid last = std::min(mine->last, theirs->last);
    if (first <= last) both.runs_.push_back({first, last});
    if (mine->last < theirs->last)
      ++mine;
    else
      ++theirs;
  }
  both.recount(0);
  return both;
}

UidSet UidSet::head(std::uint64_t count) const {
  UidSet some;
  for (const Run& run : runs_) {
    if (count == 0) break;
    const std::uint64_t taken = std::min(count, length(run));
    some.runs_.push_back({run.first, run.first + static_cast<Uid>(taken - 1)});
    count -= taken;
  }
  some.recount(0);
  return some;
}

UidSet UidSet::after(Uid uid) const {
  UidSet rest;
  auto at =
      std::partition_point(runs_.begin(), runs_.end(), [uid](const Run& run) { return run.last <= uid; });
  if (at == runs_.end()) return rest;
  rest.runs_.assign(at, runs_.end());
  if (rest.runs_.front().first <= uid) rest.runs_.front().first = uid + 1;
  rest.recount(0);
  return rest;
}

}  // namespace postroom
