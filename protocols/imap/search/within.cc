// OLDER, YOUNGER: RFC 5032 2. To the second, by INTERNALDATE.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"OLDER", "YOUNGER"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.number = in.nz_number();
}

void resolve(SearchNode& node, SearchContext& context) {
  node.moment = context.now - std::chrono::seconds(node.number);
}

// What is exactly as old is both.
bool matches(const SearchNode& node, const MessageRow& row) {
  return node.form == 0 ? row.internal_date <= node.moment : row.internal_date >= node.moment;
}

}  // namespace

extern constinit const SearchKey within_key{.names = kNames,
                                            .cost = Cost::row,
                                            .capability = "WITHIN",
                                            .parse = &parse,
                                            .resolve = &resolve,
                                            .matches = &matches};

}  // namespace postroom::imap
