// SAVEDBEFORE, SAVEDON, SAVEDSINCE: RFC 8514 4.3. By the day that SAVEDATE shows, which is UTC's.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"SAVEDBEFORE", "SAVEDON", "SAVEDSINCE"};

bool matches(const SearchNode& node, const MessageRow& row) { return matches_day(node, row.saved); }

}  // namespace

extern constinit const SearchKey save_date_key{.names = kNames,
                                               .cost = Cost::row,
                                               .want = Want::saved,
                                               .capability = "SAVEDATE",
                                               .parse = &parse_day,
                                               .matches = &matches};

}  // namespace postroom::imap
