// OR, RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"OR"};

void parse(Cursor& in, QueryParser& parser, SearchNode& node) {
  node.kind = SearchNode::Kind::any_of;
  node.children.resize(2);
  for (SearchNode& child : node.children) {
    in.sp();
    parser.key(in, child);
  }
}

}  // namespace

extern constinit const SearchKey or_key{.names = kNames, .parse = &parse};

}  // namespace postroom::imap
