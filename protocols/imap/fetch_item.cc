// What FETCH asks for: its grammar (RFC 3501 9, fetch and fetch-att).
#include "protocols/imap/fetch_item.h"

#include <cassert>

namespace postroom::imap {

namespace {

// All of it is answered, for each message. Nobody needs more, so that it is an error like a line too long.
constexpr std::size_t kMaxItems = 100;
constexpr std::size_t kMaxFields = 1000;

// "RFC822" must not be taken for the beginning of "RFC822.SIZE", nor "BODY" for that of "BODY[".
bool take_name(Cursor& in, std::string_view name) {
  return name.back() == '[' ? in.take(name) : in.take_word(name);
}

FetchRequest parse_fetch_att(Cursor& in) {
  FetchRequest request;
  for (const FetchItem* item : fetch_items()) {
    if (!take_name(in, item->name)) continue;
    request.item = item;
    request.want = item->want;
    if (item->parse) item->parse(in, request);
    return request;
  }
  in.fail("fetch-att");
  return request;
}

std::vector<FetchRequest> parse_macro(Cursor& in) {
  std::vector<FetchRequest> items;
  const bool all = in.take_word("ALL");
  const bool full = !all && in.take_word("FULL");
  if (!all && !full && !in.take_word("FAST")) return items;
  for (const auto name : {"FLAGS", "INTERNALDATE", "RFC822.SIZE"}) items.push_back(fetch_request(name));
  if (all || full) items.push_back(fetch_request("ENVELOPE"));
  if (full) items.push_back(fetch_request("BODY"));
  return items;
}

}  // namespace

FetchRequest fetch_request(std::string_view name) {
  FetchRequest request;
  for (const FetchItem* item : fetch_items())
    if (item->name == name) request.item = item;
  assert(request.item);
  request.want = request.item->want;
  return request;
}

std::vector<FetchRequest> parse_fetch_items(Cursor& in) {
  std::vector<FetchRequest> items = parse_macro(in);
  if (!items.empty()) return items;
  if (!in.take("(")) {
    items.push_back(parse_fetch_att(in));
    if (items.back().section.fields.size() > kMaxFields) in.fail("at most 1000 header fields");
    return items;
  }
  std::size_t fields = 0;
  do {
    items.push_back(parse_fetch_att(in));
    fields += items.back().section.fields.size();
    if (items.size() > kMaxItems) in.fail("at most 100 items");
    if (fields > kMaxFields) in.fail("at most 1000 header fields");
  } while (in.take(" "));
  in.need(")");
  return items;
}

void parse_body_section(Cursor& in, FetchRequest& request) {
  request.section = parse_section(in);
  request.partial = parse_partial(in);
  if (!request.section.whole_message()) request.want |= Want::parts;
}

void parse_binary_size(Cursor& in, FetchRequest& request) {
  request.section = parse_section_binary(in);
  if (!request.section.whole_message()) request.want |= Want::parts;
}

void parse_binary(Cursor& in, FetchRequest& request) {
  parse_binary_size(in, request);
  request.partial = parse_partial(in);
}

}  // namespace postroom::imap
