// Holds SEARCH's criteria against messages.
#include "protocols/imap/query.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "protocols/mime/charset.h"

namespace postroom::imap {

using Kind = SearchNode::Kind;

namespace {

// Beyond so many texts it takes as long to ask the index as to read messages.
constexpr std::size_t kMaxAsked = 8;

}  // namespace

Query::Query(SearchNode root, SearchContext& context)
    : root_(std::move(root)), recent_(context.view.recent()) {
  resolve(root_, context);
  gather(root_);
}

void Query::resolve(SearchNode& node, SearchContext& context) {
  for (SearchNode& child : node.children) resolve(child, context);
  if (node.kind == Kind::key && node.key->resolve) node.key->resolve(node, context);
}

void Query::gather(SearchNode& node) {
  for (SearchNode& child : node.children) gather(child);
  if (node.kind != Kind::key) return;
  node.leaf = leaves_.size();
  std::string text = node.key->cost == Cost::header ? fold_field(node.text) : mime::fold_case(node.text);
  leaves_.push_back({&node, Needle(std::move(text)), Truth::unknown});
  cost_ = std::max(cost_, node.key->cost);
  want_ |= node.key->want;
  if (node.key->cost >= Cost::header) want_ |= Want::parts;
  if (node.key->looks_at) ++texts_;
  decided_by_headers_ |= node.key->cost == Cost::header;
  reads_header_ |= node.key->looks_at && node.key->looks_at(node, TextPlace::header, node.field);
}

Query::Selection Query::select(const UidSet& all) const {
  const Bound found = bound(root_);
  Selection selection;
  selection.uids = found.uids ? all.intersect(*found.uids) : all;
  if (found.recent) selection.uids = selection.uids.intersect(recent_);
  if (found.old) selection.uids.remove(recent_);
  selection.exact = found.exact;
  return selection;
}

// Only the sets that the client wrote are joined here: what comes of them has no more runs than they have
// together.
Query::Bound Query::bound(const SearchNode& node) {
  if (node.kind == Kind::all_of) return bound_of_all(node);
  if (node.kind == Kind::any_of) return bound_of_any(node);
  Bound found;
  if (node.kind == Kind::key) {
    found.uids = node.uids;
    found.recent = node.age == SearchNode::Age::recent;
    found.old = node.age == SearchNode::Age::old;
    found.exact = node.key->cost == Cost::uid;
    return found;
  }
  const Bound child = bound(node.children.front());
  if (!child.exact || child.aged()) return found;
  found.uids.emplace();
  if (child.uids) {
    found.uids->add(1, std::numeric_limits<Uid>::max());
    found.uids->remove(*child.uids);
  }
  found.exact = true;
  return found;
}

Query::Bound Query::bound_of_all(const SearchNode& node) {
  Bound all;
  all.exact = true;
  for (const SearchNode& child : node.children) {
    Bound next = bound(child);
    all.exact = all.exact && next.exact;
    all.recent = all.recent || next.recent;
    all.old = all.old || next.old;
    if (!next.uids) continue;
    all.uids = all.uids ? all.uids->intersect(*next.uids) : std::move(next.uids);
  }
  return all;
}

Query::Bound Query::bound_of_any(const SearchNode& node) {
  Bound any;
  any.exact = true;
  any.uids.emplace();
  for (const SearchNode& child : node.children) {
    const Bound next = bound(child);
    any.exact = any.exact && next.exact && !next.aged();
    if (!next.uids) any.uids.reset();
    if (any.uids) any.uids->add(*next.uids);
  }
  return any;
}

TermQuery Query::terms() const {
  std::size_t left = kMaxAsked;
  return terms(root_, left);
}

/// `left`: of how many texts.
TermQuery Query::terms(const SearchNode& node, std::size_t& left) const {
  TermQuery query;
  if (node.kind == Kind::key && node.key->looks_at && left > 0) {
    --left;
    return terms_of(node, leaves_[node.leaf].needle.text());
  }
  if (node.kind == Kind::key || node.kind == Kind::none_of) return query;
  query.kind = node.kind == Kind::any_of ? TermQuery::Kind::any_of : TermQuery::Kind::all_of;
  for (const SearchNode& child : node.children) {
    TermQuery part = terms(child, left);
    if (part.kind != TermQuery::Kind::anything)
      query.parts.push_back(std::move(part));
    else if (node.kind == Kind::any_of)
      return part;
  }
  if (query.parts.empty()) query.kind = TermQuery::Kind::anything;
  // However deep it is nested.
  if (query.parts.size() == 1) return TermQuery(std::move(query.parts.front()));
  return query;
}

Truth Query::by_row(const SearchNode& node, const MessageRow& row) const {
  bool truth = !node.uids || node.uids->contains(row.uid);
  if (node.age != SearchNode::Age::any)
    truth = truth && recent_.contains(row.uid) == (node.age == SearchNode::Age::recent);
  if (node.key->matches) truth = truth && node.key->matches(node, row);
  return truth ? Truth::yes : Truth::no;
}

void Query::begin(const MessageRow& row) {
  for (Leaf& leaf : leaves_) {
    const SearchKey& key = *leaf.node->key;
    leaf.needle.reset();
    leaf.truth = Truth::unknown;
    if (key.cost <= Cost::row) leaf.truth = by_row(*leaf.node, row);
    if (key.cost == Cost::body && leaf.needle.found()) leaf.truth = Truth::yes;  // the empty string
  }
}

void Query::field(TextPlace place, std::string_view name, std::string_view body) {
  const std::string lower_name = lower(name);
  std::optional<std::string> text;
  for (Leaf& leaf : leaves_) {
    const SearchKey& key = *leaf.node->key;
    if (leaf.truth != Truth::unknown || !key.looks_at || !key.looks_at(*leaf.node, place, lower_name))
      continue;
    if (!text) text = field_text(body);
    // A key that names no field reads the line as it stands in the header.
    if (leaf.node->field.empty() && !name.empty()) leaf.needle.feed(field_label(name));
    if (leaf.needle.feed(*text)) leaf.truth = Truth::yes;
    leaf.needle.cut();
  }
}

void Query::end(Cost cost) {
  for (Leaf& leaf : leaves_)
    if (leaf.truth == Truth::unknown && leaf.node->key->cost <= cost) leaf.truth = Truth::no;
}

void Query::body_text(std::string_view folded) {
  for (Leaf& leaf : leaves_) {
    if (leaf.truth != Truth::unknown || leaf.node->key->cost != Cost::body) continue;
    if (leaf.needle.feed(folded)) leaf.truth = Truth::yes;
  }
}

void Query::end_text() {
  for (Leaf& leaf : leaves_) leaf.needle.cut();
}

Truth Query::judge(const SearchNode& node) const {
  if (node.kind == Kind::key) return leaves_[node.leaf].truth;
  if (node.kind == Kind::none_of) {
    const Truth child = judge(node.children.front());
    if (child == Truth::unknown) return child;
    return child == Truth::yes ? Truth::no : Truth::yes;
  }
  const Truth decisive = node.kind == Kind::any_of ? Truth::yes : Truth::no;
  Truth sum = decisive == Truth::yes ? Truth::no : Truth::yes;
  for (const SearchNode& child : node.children) {
    const Truth truth = judge(child);
    if (truth == decisive) return decisive;
    if (truth == Truth::unknown) sum = Truth::unknown;
  }
  return sum;
}

}  // namespace postroom::imap
