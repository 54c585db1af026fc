// THREAD, UID THREAD: RFC 5256 3.
#include <utility>

#include "protocols/imap/searching.h"
#include "protocols/imap/threads.h"

namespace postroom::imap {

namespace {

struct Thread {
  Thread() = default;
  ThreadList (*algorithm)(const Threadable& all) = nullptr;
  SearchCriteria search;
};

Thread parse(Cursor& in) {
  Thread thread;
  thread.search.numbers = in.numbers();
  in.sp();
  if (in.take_word("ORDEREDSUBJECT")) {
    thread.algorithm = &thread_by_subject;
  } else if (in.take_word("REFERENCES")) {
    thread.algorithm = &thread_by_references;
  } else {
    in.fail("thread-alg");
  }
  in.sp();
  std::string charset = in.astring();
  in.sp();
  parse_search_keys(in, std::move(charset), thread.search);
  return thread;
}

// "* THREAD (2)(3 6 (4 23)(44 7 96))"
Task<> answer(Session& session, const ThreadList& threads, const std::vector<Uid>& uids, Numbers numbers) {
  Wire& wire = session.wire;
  wire.raw(threads.empty() ? "* THREAD" : "* THREAD ");
  bool after_number = false;
  for (const std::uint32_t part : threads) {
    if (after_number && part != kClose) wire.raw(" ");
    after_number = part != kOpen && part != kClose;
    if (part == kOpen) {
      wire.raw("(");
    } else if (part == kClose) {
      wire.raw(")");
    } else {
      const Uid uid = uids[part];
      wire.number(numbers == Numbers::uid ? uid : session.view->sequence_of(uid).value_or(0));
    }
    if (wire.full()) {
      co_await session.give_way();
    }
  }
  wire.crlf();
}

Task<Tagged> run(Session& session, Thread thread) {
  const SearchReturn everything;
  Searching searching(everything, session.runtime().now());
  const std::optional<Tagged> refused = co_await find_messages(session, thread.search, searching);
  if (refused) co_return *refused;
  Threadable all;
  const bool whole = co_await gather(session, searching, Want::sort_keys, all);
  if (searching.stopped) co_return stopping();
  if (!whole) co_return no(Code::limit, "too much to be threaded");
  auto job = [&] { return thread.algorithm(all); };
  const ThreadList threads = co_await perform(session.runtime(), Lane::compute, job);
  co_await answer(session, threads, all.uids, thread.search.numbers);
  co_return ok("THREAD completed");
}

}  // namespace

extern constinit const Command thread_command =
    command<&parse, &run>("THREAD", State::selected,
                          {.uses_sequence_numbers = true,
                           .has_uid_form = true,
                           .capability = "THREAD=ORDEREDSUBJECT THREAD=REFERENCES"});

}  // namespace postroom::imap
