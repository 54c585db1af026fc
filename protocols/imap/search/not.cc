// NOT, RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"NOT"};

void parse(Cursor& in, QueryParser& parser, SearchNode& node) {
  node.kind = SearchNode::Kind::none_of;
  in.sp();
  parser.key(in, node.children.emplace_back());
}

}  // namespace

extern constinit const SearchKey not_key{.names = kNames, .parse = &parse};

}  // namespace postroom::imap
