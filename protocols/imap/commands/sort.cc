// SORT, UID SORT: RFC 5256 3; DISPLAYFROM, DISPLAYTO: RFC 5957 4; RETURN: RFC 5267 3; MODSEQ: RFC 7162 3.1.9,
// 3.1.10.
#include <algorithm>
#include <span>
#include <utility>

#include "protocols/imap/searching.h"
#include "protocols/imap/sorting.h"

namespace postroom::imap {

namespace {

struct Sort {
  Sort() = default;
  SearchReturn returns;
  std::vector<SortCriterion> criteria;
  SearchCriteria search;
};

Sort parse(Cursor& in) {
  Sort sort;
  sort.search.numbers = in.numbers();
  in.sp();
  if (in.take_word("RETURN")) {
    in.sp();
    sort.returns = parse_search_return(in);
    in.sp();
  }
  sort.criteria = parse_sort_criteria(in);
  in.sp();
  std::string charset = in.astring();
  in.sp();
  parse_search_keys(in, std::move(charset), sort.search);
  return sort;
}

// The messages found, in order. Nothing: they are too many, or the server is stopping.
Task<std::optional<std::vector<Uid>>> sorted(Session& session, std::vector<SortCriterion> criteria,
                                             Searching& searching) {
  std::optional<std::vector<Uid>> result;
  Sorter sorter(std::move(criteria));
  const std::uint32_t want = sorter.want();
  const bool whole = co_await gather(session, searching, want, sorter);
  if (!whole) co_return result;
  auto step = [&] { return sorter.step(); };
  bool more = true;
  while (more) {
    if (!goes_on(session, searching)) co_return result;
    more = co_await perform(session.runtime(), Lane::compute, step);
  }
  result = sorter.sorted();
  co_return result;
}

// Those that the answer tells of, if it does not tell of all: what SAVE saves and whose mod-sequence it
// tells.
UidSet meant(const SearchReturn& returns, const std::vector<Uid>& order) {
  std::vector<Uid> uids;
  const bool some = (returns.min || returns.max || returns.partial) && !returns.all && !returns.count;
  const auto add = [&](const UidSet& places) {
    for (const UidSet::Run& run : places.runs())
      uids.insert(uids.end(), order.begin() + (run.first - 1), order.begin() + run.last);
  };
  if (order.empty()) return UidSet();
  const auto count = static_cast<Uid>(order.size());
  if (!some) add(UidSet(1, count));
  if (some && returns.partial) add(returns.partial->of(UidSet(1, count)));
  if (some && returns.min) add(UidSet(1, 1));
  if (some && returns.max) add(UidSet(count, count));
  // A set takes them quickly only as they ascend.
  std::sort(uids.begin(), uids.end());
  UidSet told;
  for (const Uid uid : uids) told.add(uid);
  return told;
}

// In order; of a sequence-set, ranges ascend (RFC 5267 3.2).
std::vector<UidSet::Run> runs_of(std::span<const std::uint32_t> numbers) {
  std::vector<UidSet::Run> runs;
  for (const std::uint32_t number : numbers) {
    if (!runs.empty() && number == runs.back().last + 1) {
      runs.back().last = number;
    } else {
      runs.push_back({number, number});
    }
  }
  return runs;
}

// "* ESEARCH (TAG "E01") UID ALL 23765,23764,23763,23761" (RFC 5267 3.3).
Task<> answer_extended(Session& session, const Sort& sort, std::span<const std::uint32_t> numbers,
                       ModSeq modseq) {
  const SearchReturn& returns = sort.returns;
  std::vector<UidSet::Run> all;
  std::vector<UidSet::Run> some;
  auto find = [&] {
    if (returns.all) all = runs_of(numbers);
    if (!returns.partial) return;
    const UidSet places = returns.partial->of(UidSet(1, static_cast<Uid>(numbers.size())));
    if (!places.empty()) some = runs_of(numbers.subspan(places.first() - 1, places.size()));
  };
  co_await perform(session.runtime(), Lane::compute, find);
  Told told;
  told.count = numbers.size();
  told.all = all;
  told.partial = some;
  told.modseq = modseq;
  if (!numbers.empty()) {
    told.first = numbers.front();
    told.last = numbers.back();
  }
  co_await send_esearch(session, returns, sort.search.numbers, told);
}

// "* SORT 2 84 882 (MODSEQ 917162500)"
Task<> answer(Session& session, std::span<const std::uint32_t> numbers, ModSeq modseq) {
  session.wire.raw("* SORT");
  for (const std::uint32_t number : numbers) {
    session.wire.raw(" ").number(number);
    if (session.wire.full()) {
      co_await session.give_way();
    }
  }
  if (modseq > 0) session.wire.raw(" (MODSEQ ").number(modseq).raw(")");
  session.wire.crlf();
}

Task<Tagged> sort_and_answer(Session& session, Sort sort) {
  const SearchReturn everything;
  Searching searching(everything, session.runtime().now());
  const std::optional<Tagged> refused = co_await find_messages(session, sort.search, searching);
  if (refused) co_return *refused;
  std::optional<std::vector<Uid>> order = co_await sorted(session, std::move(sort.criteria), searching);
  if (searching.stopped) co_return stopping();
  if (!order) co_return no(Code::limit, "too much to be sorted");
  UidSet told;
  ModSeq modseq = 0;
  if (sort.search.condstore || sort.returns.save) {
    auto find = [&] { return meant(sort.returns, *order); };
    told = co_await perform(session.runtime(), Lane::compute, find);
  }
  if (sort.search.condstore) {
    modseq = co_await highest_modseq(session, searching, told);
  }
  if (sort.returns.save && !save_found(session, std::move(told)))
    co_return no(Code::not_saved, "too much to be kept");
  if (sort.returns.silent()) co_return ok("SORT completed, result saved");
  std::vector<std::uint32_t> numbers = std::move(*order);
  if (sort.search.numbers == Numbers::sequence)
    for (std::uint32_t& number : numbers) number = session.view->sequence_of(number).value_or(0);
  if (sort.returns.extended) {
    co_await answer_extended(session, sort, numbers, modseq);
  } else {
    co_await answer(session, numbers, modseq);
  }
  co_return ok("SORT completed");
}

Task<Tagged> run(Session& session, Sort sort) {
  const bool save = sort.returns.save;
  co_return co_await or_save_nothing(session, save, sort_and_answer(session, std::move(sort)));
}

}  // namespace

extern constinit const Command sort_command =
    command<&parse, &run>("SORT", State::selected,
                          {.uses_sequence_numbers = true,
                           .has_uid_form = true,
                           .capability = "SORT SORT=DISPLAY ESORT I18NLEVEL=1"});

}  // namespace postroom::imap
