// SEARCH's grammar (RFC 3501 9 search-key, RFC 4466 3 search).
#include "protocols/imap/search_key.h"

#include <cassert>

#include "base/text.h"
#include "protocols/mime/charset.h"

namespace postroom::imap {

namespace {

const SearchKey* key_named(std::string_view name) {
  for (const SearchKey* key : search_keys())
    for (const std::string_view one : key->names)
      if (one == name) return key;
  assert(false && "no such key");
  return nullptr;
}

bool any_key(const SearchNode& node, bool SearchKey::* trait) {
  if (node.key && node.key->*trait) return true;
  for (const SearchNode& child : node.children)
    if (any_key(child, trait)) return true;
  return false;
}

std::size_t count_texts(const SearchNode& node) {
  std::size_t count = node.key && node.key->looks_at ? 1 : 0;
  for (const SearchNode& child : node.children) count += count_texts(child);
  return count;
}

}  // namespace

void parse_day(Cursor& in, QueryParser&, SearchNode& node) {
  in.sp();
  node.day = in.date();
}

bool matches_day(const SearchNode& node, WallTime moment) {
  const WallTime day = std::chrono::floor<std::chrono::days>(moment);
  if (node.form == 0) return day < node.day;
  return node.form == 1 ? day == node.day : day >= node.day;
}

QueryParser::QueryParser(std::string charset) : charset_(std::move(charset)) {}

SequenceSet QueryParser::set(Cursor& in) {
  SequenceSet set = in.sequence_set();
  if (set.saved && ++saved_ > kMaxSaved) in.fail("\"$\" less often");
  return set;
}

std::string QueryParser::text(Cursor& in) {
  const std::string raw = in.astring();
  if (raw.size() > kMaxText) in.fail("shorter string");
  if (in.error()) return {};
  return mime::to_utf8(charset_, raw).value_or(std::string());
}

void QueryParser::named_key(Cursor& in, SearchNode& node) {
  node.kind = SearchNode::Kind::key;
  for (const SearchKey* key : search_keys()) {
    for (std::size_t form = 0; form < key->names.size(); ++form) {
      if (!in.take_word(key->names[form])) continue;
      node.key = key;
      node.form = form;
      if (key->parse) key->parse(in, *this, node);
      return;
    }
  }
  in.fail("search-key");
}

void QueryParser::key(Cursor& in, SearchNode& node) {
  if (++keys_ > kMaxKeys) in.fail("fewer search keys");
  if (depth_ >= kMaxDepth) in.fail("less nesting");
  if (in.error()) return;
  ++depth_;
  if (in.take("(")) {
    do {
      key(in, node.children.emplace_back());
    } while (in.take(" "));
    in.need(")");
  } else if (is_digit(in.peek()) || in.peek() == '*' || in.peek() == '$') {
    node.kind = SearchNode::Kind::key;
    node.key = key_named("UID");  // whose sequence set has the numbers of the command
    node.set = set(in);
  } else {
    named_key(in, node);
  }
  --depth_;
}

void parse_search_keys(Cursor& in, std::string charset, SearchCriteria& criteria) {
  criteria.known_charset = mime::known_charset(charset);
  QueryParser parser(std::move(charset));
  do {
    parser.key(in, criteria.root.children.emplace_back());
  } while (in.take(" "));
  criteria.condstore = any_key(criteria.root, &SearchKey::condstore);
  criteria.keywords = any_key(criteria.root, &SearchKey::keywords);
  criteria.texts = count_texts(criteria.root);
}

SearchCriteria parse_search(Cursor& in) {
  SearchCriteria criteria;
  criteria.numbers = in.numbers();
  std::string charset;
  in.sp();
  if (in.take_word("RETURN")) {
    in.sp();
    criteria.returns = parse_search_return(in);
    in.sp();
  }
  if (in.take_word("CHARSET")) {
    in.sp();
    criteria.charset_given = true;
    charset = in.astring();
    in.sp();
  }
  parse_search_keys(in, std::move(charset), criteria);
  return criteria;
}

}  // namespace postroom::imap
