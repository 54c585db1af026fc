// SENTBEFORE, SENTON, SENTSINCE: RFC 3501 6.4.4. A message without a Date field was sent on no day.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"SENTBEFORE", "SENTON", "SENTSINCE"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.day = in.date();
}

bool matches(const SearchNode& node, const MessageRow& row) {
  if (row.sent_date == 0) return false;
  const WallTime day = std::chrono::floor<std::chrono::days>(WallTime(std::chrono::seconds(row.sent_date)));
  if (node.form == 0) return day < node.day;
  return node.form == 1 ? day == node.day : day >= node.day;
}

}  // namespace

extern constinit const SearchKey sent_date_key{
    .names = kNames, .cost = Cost::row, .parse = &parse, .matches = &matches};

}  // namespace postroom::imap
