// EMAILID, THREADID: RFC 8474 6.
#include "protocols/imap/object_id.h"

#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"EMAILID", "THREADID"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.text = parse_object_id(in);
}

bool matches(const SearchNode& node, const MessageRow& row) {
  return node.text == (node.form == 0 ? object_id(row.content) : thread_id(row));
}

}  // namespace

extern constinit const SearchKey object_id_key{.names = kNames,
                                               .cost = Cost::row,
                                               .want = Want::saved | Want::sort_keys,
                                               .capability = "OBJECTID",
                                               .parse = &parse,
                                               .matches = &matches};

}  // namespace postroom::imap
