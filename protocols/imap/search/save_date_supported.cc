// SAVEDATESUPPORTED, RFC 8514 4.3: in each of our mailboxes.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"SAVEDATESUPPORTED"};

// As ALL.
void parse(Cursor&, QueryParser&, SearchNode& node) { node.kind = SearchNode::Kind::all_of; }

}  // namespace

extern constinit const SearchKey save_date_supported_key{.names = kNames, .parse = &parse};

}  // namespace postroom::imap
