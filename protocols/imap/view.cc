// RFC 3501 2.3.1.2: sequence numbers are places in the view, UIDs its members.
#include "protocols/imap/view.h"

#include <algorithm>

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

std::optional<UidSet> View::span(const SequenceSet& set, Numbers numbers) const {
  if (set.saved) return saved_;
  const bool by_uid = numbers == Numbers::uid;
  // "*" in an empty mailbox is a UID that no message has, and no sequence number at all.
  const auto largest = static_cast<std::uint32_t>(by_uid ? (uids_.empty() ? 0 : uids_.last()) : uids_.size());
  std::vector<UidSet::Run> runs;
  runs.reserve(set.ranges.size());
  for (const SequenceSet::Range& range : set.ranges) {
    const std::uint32_t a = range.first == SequenceSet::kLargest ? largest : range.first;
    const std::uint32_t b = range.last == SequenceSet::kLargest ? largest : range.last;
    if (!by_uid && (std::min(a, b) == 0 || std::max(a, b) > largest)) return std::nullopt;
    runs.push_back({std::max(std::min(a, b), 1U), std::max({a, b, 1U})});
  }
  // Adding is cheap at the end only, and a client may list thousands backwards.
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  UidSet meant;
  for (const UidSet::Run& run : runs) meant.add(run.first, run.last);
  if (by_uid) return meant;
  UidSet uids;
  for (const UidSet::Run& run : meant.runs()) uids.add(uids_.at(run.first - 1), uids_.at(run.last - 1));
  return uids;
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
}

UidSet View::take_out_expunged() {
  UidSet sequences = sequences_of(expunged_);
  uids_.remove(expunged_);
  recent_.remove(expunged_);
  saved_.remove(expunged_);
  expunged_ = UidSet();
  return sequences;
}

}  // namespace postroom::imap
