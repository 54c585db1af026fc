// BEFORE, ON, SINCE: RFC 3501 6.4.4. By the day that INTERNALDATE shows, which is UTC's.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"BEFORE", "ON", "SINCE"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.day = in.date();
}

bool matches(const SearchNode& node, const MessageRow& row) {
  const WallTime day = std::chrono::floor<std::chrono::days>(row.internal_date);
  if (node.form == 0) return day < node.day;
  return node.form == 1 ? day == node.day : day >= node.day;
}

}  // namespace

extern constinit const SearchKey internal_date_key{
    .names = kNames, .cost = Cost::row, .parse = &parse, .matches = &matches};

}  // namespace postroom::imap
