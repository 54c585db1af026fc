// SENTBEFORE, SENTON, SENTSINCE: RFC 3501 6.4.4. A message without a Date field was sent on no day.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"SENTBEFORE", "SENTON", "SENTSINCE"};

bool matches(const SearchNode& node, const MessageRow& row) {
  return row.sent_date != 0 && matches_day(node, WallTime(std::chrono::seconds(row.sent_date)));
}

}  // namespace

extern constinit const SearchKey sent_date_key{
    .names = kNames, .cost = Cost::row, .parse = &parse_day, .matches = &matches};

}  // namespace postroom::imap
