// SAVEDBEFORE, SAVEDON, SAVEDSINCE: RFC 8514 4.3. By the day that SAVEDATE shows, which is UTC's.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"SAVEDBEFORE", "SAVEDON", "SAVEDSINCE"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.day = in.date();
}

bool matches(const SearchNode& node, const MessageRow& row) {
  const WallTime day = std::chrono::floor<std::chrono::days>(row.saved);
  if (node.form == 0) return day < node.day;
  return node.form == 1 ? day == node.day : day >= node.day;
}

}  // namespace

extern constinit const SearchKey save_date_key{.names = kNames,
                                               .cost = Cost::row,
                                               .want = Want::saved,
                                               .capability = "SAVEDATE",
                                               .parse = &parse,
                                               .matches = &matches};

}  // namespace postroom::imap
