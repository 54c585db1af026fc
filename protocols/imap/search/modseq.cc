// MODSEQ, RFC 7162 3.1.5. There is one mod-sequence for all of a message's metadata, so the entry's name and
// type change nothing.
#include "base/text.h"
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"MODSEQ"};

void parse(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  if (in.peek() == '"') {
    if (!istarts_with(in.string(), "/flags/")) in.fail("entry-name");
    in.sp();
    if (!in.take_word("priv") && !in.take_word("shared") && !in.take_word("all")) in.fail("entry-type-req");
    in.sp();
  }
  node.number = in.mod_sequence_valzer();
}

bool matches(const SearchNode& node, const MessageRow& row) { return row.modseq >= node.number; }

}  // namespace

extern constinit const SearchKey modseq_key{
    .names = kNames, .cost = Cost::row, .condstore = true, .parse = &parse, .matches = &matches};

}  // namespace postroom::imap
