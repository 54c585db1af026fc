// BCC, CC, FROM, SUBJECT, TO: RFC 3501 6.4.4.
#include "base/text.h"
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"BCC", "CC", "FROM", "SUBJECT", "TO"};

void parse(Cursor& in, QueryParser& parser, SearchNode& node) {
  in.sp();
  node.field = lower(kNames[node.form]);
  node.text = parser.text(in);
}

bool looks_at(const SearchNode& node, TextPlace place, std::string_view field) {
  return place == TextPlace::header && field == node.field;
}

}  // namespace

extern constinit const SearchKey envelope_key{
    .names = kNames, .cost = Cost::header, .parse = &parse, .looks_at = &looks_at};

}  // namespace postroom::imap
