// Resync: a client comes back that knows a mailbox as it was at some modseq (RFC 7162 3.2.5). SELECT and
// EXAMINE tell it what it missed; UID FETCH (RFC 7162 3.2.6) does about the same.
#pragma once

#include "protocols/imap/tell.h"

namespace postroom::imap {

/// The QRESYNC parameter of SELECT and EXAMINE.
struct Resync {
  Resync() = default;
  std::uint32_t uid_validity = 0;
  ModSeq since = 0;
  std::optional<SequenceSet> known;  ///< UIDs; nothing: all
  SequenceSet match_numbers;         ///< seq-match-data: messages' numbers as the client has them ...
  SequenceSet match_uids;            ///< ... and their UIDs, one by one; both ascend
};

/// What follows "QRESYNC ".
Resync parse_resync(Cursor& in);
/// Tells what the client missed in the mailbox that has just been selected.
Task<> resync(Session& session, const Resync& resync);

/// What happened in the selected mailbox after a modseq, by UID.
struct Missed {
  Missed() = default;
  UidSet expunged;  ///< as in MailboxChanges
  UidSet touched;   ///< messages that are new, or have new flags
};
Task<Missed> missed_since(Session& session, ModSeq since);
/// Those of `known` that are gone. What is in the view is not: that will be told as a change.
UidSet vanished_among(const View& view, const Missed& missed, const UidSet& known);

}  // namespace postroom::imap
