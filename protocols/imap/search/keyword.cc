// KEYWORD, UNKEYWORD: RFC 3501 6.4.4.
#include "base/text.h"
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"KEYWORD", "UNKEYWORD"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.text = in.flag_keyword();
}

// A keyword that the account has never seen is on no message.
void resolve(SearchNode& node, SearchContext& context) {
  node.number = 0;
  for (unsigned number = 0; number < context.keywords.size(); ++number)
    if (iequals(context.keywords[number], node.text)) node.number = Flags::keyword(number);
}

bool matches(const SearchNode& node, const MessageRow& row) {
  const bool wanted = node.form == 0;
  return ((row.flags.bits & node.number) != 0) == wanted;
}

}  // namespace

extern constinit const SearchKey keyword_key{.names = kNames,
                                             .cost = Cost::row,
                                             .keywords = true,
                                             .parse = &parse,
                                             .resolve = &resolve,
                                             .matches = &matches};

}  // namespace postroom::imap
