// What SEARCH, SORT and THREAD have in common: the messages that match.
#pragma once

#include <algorithm>

#include "protocols/imap/search_key.h"
#include "protocols/imap/session.h"

namespace postroom::imap {

/// One command on its way through the mailbox.
struct Searching {
  Searching(const SearchReturn& asked, TimePoint now) : returns(asked), begun(now) {}
  const SearchReturn& returns;  ///< when it is about the first or last message only, not all are found
  UidSet found;
  ModSeq highest_modseq = 0;  ///< of those found, when it was necessary to look
  const TimePoint begun;
  bool stopped = false;  ///< before its end

  void add(const MessageRow& row) {
    found.add(row.uid);
    highest_modseq = std::max(highest_modseq, row.modseq);
  }
};

/// To be asked between two pieces of work: a client that has left waits for no answer, and a server that
/// stops not for this one. What the client has sent meanwhile is kept for later. Throws ConnectionEnded.
bool goes_on(Session& session, Searching& searching);
/// The answer then.
Tagged stopping();

/// Finds the messages that match; or why not. Takes the criteria's root.
Task<std::optional<Tagged>> find_messages(Session& session, SearchCriteria& criteria, Searching& searching);

/// What "$" means from now on (RFC 5182 2.1). False: it would be too much.
bool save_found(Session& session, UidSet found);
/// The command's answer. If it was to save, and fails, nothing is saved (RFC 5182 2.1); one that is BAD
/// changes nothing.
Task<Tagged> or_save_nothing(Session& session, bool save, Task<Tagged> command);

/// The highest mod-sequence of some of those found (RFC 4731 3.2); 0: of none.
Task<ModSeq> highest_modseq(Session& session, const Searching& searching, UidSet some);

}  // namespace postroom::imap
