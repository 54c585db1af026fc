// BODY, TEXT: RFC 3501 6.4.4; TEXT looks into MIME header fields too, RFC 9051 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"BODY", "TEXT"};

void parse(Cursor& in, QueryParser& parser, SearchNode& node) {
  in.sp();
  node.text = parser.text(in);
}

bool looks_at(const SearchNode& node, TextPlace place, std::string_view) {
  const bool headers_too = node.form == 1;
  return place == TextPlace::body || headers_too;
}

}  // namespace

extern constinit const SearchKey body_key{
    .names = kNames, .cost = Cost::body, .parse = &parse, .looks_at = &looks_at};

}  // namespace postroom::imap
