// ALL, RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"ALL"};

// As parentheses with nothing in them: there is nothing to remember.
void parse(Cursor&, QueryParser&, SearchNode& node) { node.kind = SearchNode::Kind::all_of; }

}  // namespace

extern constinit const SearchKey all_key{.names = kNames, .parse = &parse};

}  // namespace postroom::imap
