// NEW, RFC 3501 6.4.4: (RECENT UNSEEN).
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"NEW"};

void resolve(SearchNode& node, SearchContext& context) { node.uids = context.view.recent(); }

bool matches(const SearchNode& node, const MessageRow& row) {
  return !(row.flags.bits & Flags::seen) && node.uids->contains(row.uid);
}

}  // namespace

extern constinit const SearchKey new_key{
    .names = kNames, .cost = Cost::row, .resolve = &resolve, .matches = &matches};

}  // namespace postroom::imap
