// What SEARCH, SORT and THREAD have in common: the messages that match.
#pragma once

#include <algorithm>
#include <span>

#include "protocols/imap/late_facts.h"
#include "protocols/imap/row_reader.h"
#include "protocols/imap/search_key.h"

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

/// What an ESEARCH response tells, in the order in which it is told.
struct Told {
  std::uint64_t count = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::span<const UidSet::Run> all;      ///< if `all` is asked for
  std::span<const UidSet::Run> partial;  ///< if `partial` is
  ModSeq modseq = 0;                     ///< 0: not told
};
/// "* ESEARCH (TAG "a4") UID MIN 2 MAX 23 COUNT 10 ALL 2,5:12,23 MODSEQ 917162500" (RFC 4466 2.6.2, RFC
/// 9394 4). What was not found has no MIN, MAX or ALL (RFC 4731 3.1).
Task<> send_esearch(Session& session, const SearchReturn& returns, Numbers numbers, Told told);

/// What "$" means from now on (RFC 5182 2.1). False: it would be too much.
bool save_found(Session& session, UidSet found);
/// The command's answer. If it was to save, and fails, nothing is saved (RFC 5182 2.1); one that is BAD
/// changes nothing.
Task<Tagged> or_save_nothing(Session& session, bool save, Task<Tagged> command);

/// Gives the rows of all that was found to `gatherer`, whose add(row) runs on a worker thread. False: it
/// holds more than sorting_memory, or the server is stopping.
template <class Gatherer>
Task<bool> gather(Session& session, Searching& searching, std::uint32_t want, Gatherer& gatherer) {
  RowReader reader(session, searching.found, want);
  while (goes_on(session, searching)) {
    std::vector<MessageRow> rows = co_await reader.next();
    if (rows.empty()) co_return true;
    co_await complete_facts(session, rows, want);
    auto add = [&] {
      for (const MessageRow& row : rows) gatherer.add(row);
    };
    co_await perform(session.runtime(), Lane::compute, add);
    if (gatherer.bytes() > session.options.sorting_memory) co_return false;
  }
  co_return false;
}

/// The highest mod-sequence of some of those found (RFC 4731 3.2); 0: of none.
Task<ModSeq> highest_modseq(Session& session, const Searching& searching, UidSet some);

}  // namespace postroom::imap
