// LARGER, SMALLER: RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"LARGER", "SMALLER"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.number = in.number64();
}

bool matches(const SearchNode& node, const MessageRow& row) {
  return node.form == 0 ? row.size > node.number : row.size < node.number;
}

}  // namespace

extern constinit const SearchKey size_key{
    .names = kNames, .cost = Cost::row, .parse = &parse, .matches = &matches};

}  // namespace postroom::imap
