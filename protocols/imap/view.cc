// RFC 3501 2.3.1.2: sequence numbers are places in the view, UIDs its members.
#include "protocols/imap/view.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace postroom::imap {

std::optional<std::uint32_t> SequenceWalk::sequence_of(Uid uid) {
  while (run_ != end_ && run_->last < uid) {
    before_ += run_->last - run_->first + 1;
    ++run_;
  }
  if (run_ == end_ || uid < run_->first) return std::nullopt;
  return before_ + (uid - run_->first) + 1;
}

View::View(ChangeHub& hub, const MailboxSnapshot& snapshot, Signal& signal, bool read_only)
    : mailbox_(snapshot.status.id),
      uid_validity_(snapshot.status.uid_validity),
      read_only_(read_only),
      told_(snapshot.status.highest_modseq),
      settled_(told_),
      uids_(snapshot.uids),
      recent_(snapshot.uids.after(snapshot.status.first_recent - 1)),
      subscription_(hub, snapshot.status.id, signal) {}

std::optional<std::uint32_t> View::sequence_of(Uid uid) const {
  const auto index = uids_.index_of(uid);
  if (!index) return std::nullopt;
  return static_cast<std::uint32_t>(*index + 1);
}

UidSet View::sequences_of(const UidSet& uids) const {
  UidSet sequences;
  SequenceWalk walk(uids_);
  const UidSet known = uids.intersect(uids_);
  for (const UidSet::Run& run : known.runs()) {
    const std::uint32_t first = *walk.sequence_of(run.first);
    sequences.add(first, first + (run.last - run.first));
  }
  return sequences;
}

namespace {

/// Adding is cheap at the end only, and a client may list thousands backwards.
UidSet union_of(std::vector<UidSet::Run> runs) {
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  UidSet all;
  for (const UidSet::Run& run : runs) all.add(run.first, run.last);
  return all;
}

}  // namespace

std::optional<UidSet> View::span(const SequenceSet& set, Numbers numbers) const {
  if (set.saved) return saved_;
  if (numbers == Numbers::uid) return named(set);
  // "*" in an empty mailbox is no sequence number at all.
  const auto largest = static_cast<std::uint32_t>(uids_.size());
  std::vector<UidSet::Run> runs;
  runs.reserve(set.ranges.size());
  for (const SequenceSet::Range& range : set.ranges) {
    const std::uint32_t a = range.first == SequenceSet::kLargest ? largest : range.first;
    const std::uint32_t b = range.last == SequenceSet::kLargest ? largest : range.last;
    if (std::min(a, b) == 0 || std::max(a, b) > largest) return std::nullopt;
    runs.push_back({std::min(a, b), std::max(a, b)});
  }
  const UidSet meant = union_of(std::move(runs));
  UidSet uids;
  for (const UidSet::Run& run : meant.runs()) uids.add(uids_.at(run.first - 1), uids_.at(run.last - 1));
  return uids;
}

UidSet View::named(const SequenceSet& set) const {
  if (set.saved) return saved_;
  constexpr Uid kEnd = std::numeric_limits<Uid>::max();
  const Uid largest = uids_.empty() ? kEnd : uids_.last();
  std::vector<UidSet::Run> runs;
  runs.reserve(set.ranges.size());
  for (const SequenceSet::Range& range : set.ranges) {
    const bool open = range.first == SequenceSet::kLargest || range.last == SequenceSet::kLargest;
    const Uid a = range.first == SequenceSet::kLargest ? largest : range.first;
    const Uid b = range.last == SequenceSet::kLargest ? largest : range.last;
    runs.push_back({std::min(a, b), open ? kEnd : std::max(a, b)});
  }
  return union_of(std::move(runs));
}

Uid View::known_up_to(const SequenceSet& numbers, const SequenceSet& uids) const {
  Uid known = 0;
  auto run = uids_.runs().begin();
  std::uint64_t before = 0;  // how many messages the runs before `run` hold
  auto range = numbers.ranges.begin();
  std::uint64_t used = 0;  // of `range`
  for (const SequenceSet::Range& theirs : uids.ranges) {
    std::uint64_t uid = theirs.first;
    while (uid <= theirs.last && range != numbers.ranges.end()) {
      // Pairs where both go on by one, as far as both ranges reach; in one run all are right, or none.
      const std::uint64_t number = range->first + used;
      const std::uint64_t last = std::min<std::uint64_t>(theirs.last, uid + (range->last - number));
      while (run != uids_.runs().end() && run->first <= last) {
        const std::uint64_t from = std::max<std::uint64_t>(uid, run->first);
        const std::uint64_t to = std::min<std::uint64_t>(last, run->last);
        const std::uint64_t place = before + (from - run->first) + 1;
        if (from <= to && place == number + (from - uid)) known = static_cast<Uid>(to);
        if (run->last > last) break;
        before += run->last - run->first + 1;
        ++run;
      }
      used += last - uid + 1;
      uid = last + 1;
      if (range->first + used <= range->last) continue;
      ++range;
      used = 0;
    }
  }
  return known;
}

std::optional<UidSet> View::resolve(const SequenceSet& set, Numbers numbers) const {
  std::optional<UidSet> uids = span(set, numbers);
  if (uids) uids = uids->intersect(uids_);
  return uids;
}

void View::take(const MailboxChanges& changes, Uid first_recent) {
  unsure_ = changes.more;
  told_ = std::max(told_, changes.highest_modseq);
  uids_.add(changes.added);
  if (first_recent > 0) recent_.add(changes.added.after(first_recent - 1));
  expunged_.add(changes.expunged.intersect(uids_));
  if (expunged_.empty()) settled_ = told_;
}

UidSet View::take_out_expunged() {
  UidSet sequences = sequences_of(expunged_);
  take_out_vanished();
  return sequences;
}

UidSet View::take_out_vanished() {
  UidSet gone = std::exchange(expunged_, UidSet());
  uids_.remove(gone);
  recent_.remove(gone);
  saved_.remove(gone);
  settled_ = told_;
  return gone;
}

}  // namespace postroom::imap
