// View: the selected mailbox as this session's client knows it (RFC 3501 2.3.1.2, 5.5).
//
// The store goes on changing; the view changes only when the client is told (tell.h). It is run-length sets,
// so that a mailbox of a million messages costs kilobytes.
#pragma once

#include <optional>
#include <vector>

#include "protocols/imap/types.h"
#include "storage/changes.h"

namespace postroom::imap {

/// Sequence numbers of UIDs asked for in ascending order: a walk along the runs.
class SequenceWalk {
 public:
  explicit SequenceWalk(const UidSet& uids) : run_(uids.runs().begin()), end_(uids.runs().end()) {}
  /// Nothing if `uid` is not in the set.
  std::optional<std::uint32_t> sequence_of(Uid uid);

 private:
  std::vector<UidSet::Run>::const_iterator run_;
  std::vector<UidSet::Run>::const_iterator end_;
  std::uint32_t before_ = 0;  // how many messages the runs before run_ hold
};

class View {
 public:
  /// As the mailbox was when the snapshot was taken; what happened since is told by the first tell_changes().
  View(ChangeHub& hub, const MailboxSnapshot& snapshot, Signal& signal, bool read_only);

  MailboxId mailbox() const { return mailbox_; }
  bool read_only() const { return read_only_; }
  std::uint32_t uid_validity() const { return uid_validity_; }
  std::uint64_t messages() const { return uids_.size(); }
  const UidSet& uids() const { return uids_; }
  const UidSet& recent() const { return recent_; }
  bool is_recent(Uid uid) const { return recent_.contains(uid); }

  /// The message's sequence number; nothing if it is not in the view. For many: SequenceWalk.
  std::optional<std::uint32_t> sequence_of(Uid uid) const;
  /// The sequence numbers of those of `uids` that are in the view.
  UidSet sequences_of(const UidSet& uids) const;
  /// What the client means by `set`: UIDs of messages in the view. Nothing when it uses a sequence number
  /// that there is not (RFC 3501 9 seq-number: BAD). UIDs that are not there are passed over (6.4.8).
  std::optional<UidSet> resolve(const SequenceSet& set, Numbers numbers) const;
  /// As resolve(), but may hold UIDs that are not in the view, and has no more runs than `set` has ranges: it
  /// takes no more memory than what the client sent.
  std::optional<UidSet> span(const SequenceSet& set, Numbers numbers) const;
  /// What "$" means from now on (RFC 5182 2.1); some of resolve()'s or uids().
  void save(UidSet uids) { saved_ = std::move(uids); }
  /// The UIDs of `set`, whether there or not: "*" as an end reaches over all that have been (RFC 7162 3.2.6).
  UidSet named(const SequenceSet& set) const;
  /// A client says which UIDs it knows its messages of these numbers by; both ascend, and are equally many.
  /// The highest that are right: of what is gone up to there the client knows (RFC 7162 3.2.5.2). 0: none.
  Uid known_up_to(const SequenceSet& numbers, const SequenceSet& uids) const;

  /// Everything up to this modseq has been told, expunges perhaps excepted.
  ModSeq told() const { return told_; }
  /// Everything up to this modseq has been told, expunges too.
  ModSeq settled() const { return settled_; }
  /// The client is told of a message's modseq.
  void reveal(ModSeq modseq) { unsure_ |= modseq > told_; }
  /// The store may have something newer.
  bool behind() const { return unsure_ || subscription_.latest() > told_; }
  /// Messages are gone of which the client has not been told.
  bool expunges_wait() const { return !expunged_.empty(); }
  /// The mailbox was deleted.
  bool gone() const { return subscription_.gone(); }

  /// Takes in what happened after told(); its expunges wait. New messages from `first_recent` on are recent.
  void take(const MailboxChanges& changes, Uid first_recent);
  /// Takes the messages that are gone out; what the client must be told, in order: runs of sequence numbers
  /// as they were before, each to be told as many times as it is long (tell.cc).
  UidSet take_out_expunged();
  /// The same; answers their UIDs.
  UidSet take_out_vanished();

 private:
  MailboxId mailbox_;
  std::uint32_t uid_validity_;
  bool read_only_;
  // Changes between the snapshot and the subscription were published to nobody; one that was read may be
  // published yet; or not all have been taken in.
  bool unsure_ = true;
  ModSeq told_;
  ModSeq settled_;
  UidSet uids_;
  UidSet recent_;
  UidSet saved_;
  UidSet expunged_;  // gone from the store, still numbered for the client
  ChangeHub::Subscription subscription_;
};

}  // namespace postroom::imap
