// RECENT, OLD: RFC 3501 6.4.4. The session knows which messages are recent.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"RECENT", "OLD"};

void parse(Cursor&, QueryParser&, SearchNode& node) {
  node.age = node.form == 0 ? SearchNode::Age::recent : SearchNode::Age::old;
}

}  // namespace

extern constinit const SearchKey recent_key{.names = kNames, .cost = Cost::uid, .parse = &parse};

}  // namespace postroom::imap
