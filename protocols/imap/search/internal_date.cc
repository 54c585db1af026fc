// BEFORE, ON, SINCE: RFC 3501 6.4.4. By the day that INTERNALDATE shows, which is UTC's.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"BEFORE", "ON", "SINCE"};

bool matches(const SearchNode& node, const MessageRow& row) { return matches_day(node, row.internal_date); }

}  // namespace

extern constinit const SearchKey internal_date_key{
    .names = kNames, .cost = Cost::row, .parse = &parse_day, .matches = &matches};

}  // namespace postroom::imap
