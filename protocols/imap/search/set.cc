// A sequence set, and UID with one: RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"UID"};

void parse(Cursor& in, QueryParser& parser, SearchNode& node) {
  in.sp();
  node.numbers = Numbers::uid;
  node.set = parser.set(in);
}

void resolve(SearchNode& node, SearchContext& context) {
  context.uses_numbers |= node.numbers == Numbers::sequence && !node.set.saved;
  node.uids = context.view.span(node.set, node.numbers);
  node.set = SequenceSet();
  if (!node.uids) context.bad_number = true;
}

}  // namespace

extern constinit const SearchKey set_key{
    .names = kNames, .cost = Cost::uid, .parse = &parse, .resolve = &resolve};

}  // namespace postroom::imap
