// SEARCH, UID SEARCH: RFC 3501 6.4.4, 6.4.8; MODSEQ, RFC 7162 3.1.5; RETURN, RFC 4731 3, RFC 5182 2,
// RFC 9394 3.1.
#include <utility>

#include "protocols/imap/searching.h"

namespace postroom::imap {

namespace {

// "* SEARCH 2 84 882 (MODSEQ 917162500)"
Task<> answer(Session& session, bool modseq, const Searching& searching, const UidSet& numbers) {
  Wire& wire = session.wire;
  wire.raw("* SEARCH");
  for (const UidSet::Run& run : numbers.runs()) {
    for (std::uint64_t number = run.first; number <= run.last; ++number) {
      wire.raw(" ").number(number);
      if (wire.full()) {
        co_await session.give_way();
      }
    }
  }
  if (modseq && !searching.found.empty()) wire.raw(" (MODSEQ ").number(searching.highest_modseq).raw(")");
  wire.raw("\r\n");
}

// MODSEQ is that of those the answer tells of (RFC 7162 3.1.10).
Task<> answer_extended(Session& session, const SearchCriteria& criteria, const Searching& searching,
                       const UidSet& numbers) {
  const SearchReturn& returns = criteria.returns;
  const UidSet some = returns.partial ? returns.partial->of(numbers) : UidSet();
  Told told;
  told.count = numbers.size();
  told.all = numbers.runs();
  told.partial = some.runs();
  if (!numbers.empty()) {
    told.first = numbers.first();
    told.last = numbers.last();
  }
  if (!numbers.empty() && criteria.condstore) {
    UidSet meant = returns.meant(searching.found);
    told.modseq = co_await highest_modseq(session, searching, std::move(meant));
  }
  co_await send_esearch(session, returns, criteria.numbers, told);
}

Task<Tagged> find_and_answer(Session& session, SearchCriteria criteria) {
  // RFC 6855 3: its strings are in UTF-8.
  if (criteria.charset_given && session.utf8_accept) co_return bad("no CHARSET after ENABLE UTF8=ACCEPT");
  // RFC 9051 6.4.4: there is no SEARCH response.
  if (session.rev2) criteria.returns.extend();
  Searching searching(criteria.returns, session.runtime().now());
  const std::optional<Tagged> refused = co_await find_messages(session, criteria, searching);
  if (refused) co_return *refused;
  if (criteria.returns.save && !save_found(session, criteria.returns.meant(searching.found)))
    co_return no(Code::not_saved, "too much to be kept");
  if (criteria.returns.silent()) co_return ok("SEARCH completed, result saved");
  const bool by_uid = criteria.numbers == Numbers::uid;
  const UidSet numbers = by_uid ? searching.found : session.view->sequences_of(searching.found);
  if (criteria.returns.extended) {
    co_await answer_extended(session, criteria, searching, numbers);
  } else {
    co_await answer(session, criteria.condstore, searching, numbers);
  }
  co_return ok("SEARCH completed");
}

Task<Tagged> run(Session& session, SearchCriteria criteria) {
  const bool save = criteria.returns.save;
  co_return co_await or_save_nothing(session, save, find_and_answer(session, std::move(criteria)));
}

}  // namespace

extern constinit const Command search_command = command<&parse_search, &run>(
    "SEARCH", State::selected,
    {.uses_sequence_numbers = true, .has_uid_form = true, .capability = "ESEARCH SEARCHRES PARTIAL"});

}  // namespace postroom::imap
