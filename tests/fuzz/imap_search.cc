// SEARCH: the arguments up to the first empty line, a message behind it. The verdict must be there in the end
// and must not depend on how the message was cut. What is answered is among what was found.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "protocols/imap/query.h"
#include "protocols/mime/facts.h"
#include "tests/support/sim_runtime.h"

namespace {

using namespace postroom;
using namespace postroom::imap;

struct Selected {
  postroom::testing::SimRuntime runtime;
  ChangeHub hub;
  Signal signal{runtime};
  MailboxSnapshot snapshot;
  Selected() { snapshot.uids.add(1, 9); }
};

Truth verdict(Query& query, const MessageRow& row, const mime::PartIndex& parts, std::string_view message,
              std::size_t piece) {
  query.begin(row);
  MessageScan scan(query, parts);
  while (const auto wanted = scan.wanted())
    scan.feed(message.substr(wanted->offset, std::min<std::size_t>(piece, wanted->size)));
  return query.verdict();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find("\n\n"), input.size());
  const std::string_view message = input.substr(std::min(line + 2, input.size()));
  Cursor in(input.substr(0, line));
  SearchCriteria criteria = parse_search(in);
  in.end();
  if (in.error()) return 0;

  Selected selected;
  View view(selected.hub, selected.snapshot, selected.signal, false);
  view.save(UidSet(4, 6));
  const std::vector<std::string> keywords = {"Work", "$Junk"};
  SearchContext context{view, keywords};
  Query query(std::move(criteria.root), context);
  if (context.bad_number) return 0;
  const Query::Selection selection = query.select(view.uids());

  const UidSet meant = criteria.returns.meant(selection.uids);
  if (!(meant.intersect(selection.uids) == meant)) std::abort();

  const MessageFacts facts = mime::facts_of(message);
  const auto parts = mime::PartIndex::parse(facts.parts);
  if (!parts) std::abort();
  MessageRow row;
  row.uid = 5;
  row.size = message.size();
  row.flags.bits = message.size();
  row.modseq = 7;
  const Truth whole = verdict(query, row, *parts, message, message.size() + 1);
  if (whole == Truth::unknown) std::abort();
  if (whole != verdict(query, row, *parts, message, 3)) std::abort();
  if (whole == Truth::yes && !selection.uids.contains(5)) std::abort();
  if (selection.exact && selection.uids.contains(5) != (whole == Truth::yes)) std::abort();
  return 0;
}
