// NEW, RFC 3501 6.4.4: (RECENT UNSEEN).
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"NEW"};

void parse(Cursor&, QueryParser&, SearchNode& node) { node.age = SearchNode::Age::recent; }

bool matches(const SearchNode&, const MessageRow& row) { return !(row.flags.bits & Flags::seen); }

}  // namespace

extern constinit const SearchKey new_key{
    .names = kNames, .cost = Cost::row, .parse = &parse, .matches = &matches};

}  // namespace postroom::imap
