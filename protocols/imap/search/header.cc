// HEADER, RFC 3501 6.4.4. An empty string finds the field whatever it says.
#include "base/text.h"
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"HEADER"};

void parse(Cursor& in, QueryParser& parser, SearchNode& node) {
  in.sp();
  node.field = lower(in.astring());
  in.sp();
  node.text = parser.text(in);
}

bool looks_at(const SearchNode& node, TextPlace place, std::string_view field) {
  return place == TextPlace::header && field == node.field && !field.empty();
}

}  // namespace

extern constinit const SearchKey header_key{
    .names = kNames, .cost = Cost::header, .parse = &parse, .looks_at = &looks_at};

}  // namespace postroom::imap
