// THREAD=REFERENCES (RFC 5256 3), step by step.
//
// A node is a message, by its place, or a dummy, behind the messages. Until step 4 the tree is known by the
// parents alone.
#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "protocols/imap/threads.h"

namespace postroom::imap {

namespace {

using Node = std::uint32_t;
constexpr Node kNone = 0xFFFFFFFF, kRoot = 0xFFFFFFFE;

/// Trees that grow by links from a parent to a child, none of which may close a loop.
class Forest {
 public:
  explicit Forest(std::size_t nodes, std::size_t links)
      : parents_(nodes, kNone), children_(nodes, 0), sets_(nodes), walks_(kWalks + kWalksPerLink * links) {
    std::iota(sets_.begin(), sets_.end(), 0U);
  }

  Node parent(Node node) const { return parents_[node]; }

  void unlink(Node child) {
    --children_[parents_[child]];
    parents_[child] = kNone;
  }

  /// Unless `child` is `parent` or above it.
  void link(Node parent, Node child) {
    if (is_above(child, parent)) return;
    parents_[child] = parent;
    ++children_[parent];
    sets_[set_of(child)] = set_of(parent);
  }

 private:
  // Walks up to a root are needed only within a tree whose parts have been moved. However such trees are
  // made, no more steps than these are taken in all; beyond, a link is taken to close a loop.
  static constexpr std::size_t kWalks = 1'000'000;
  static constexpr std::size_t kWalksPerLink = 64;

  bool is_above(Node node, Node below) {
    if (node == below) return true;
    if (children_[node] == 0 || set_of(node) != set_of(below)) return false;
    for (Node at = below; at != kNone; at = parents_[at]) {
      if (at == node || walks_ == 0) return true;
      --walks_;
    }
    return false;
  }

  /// Nodes of one tree are in one set; an unlinked one stays in it.
  Node set_of(Node node) {
    while (sets_[node] != node) node = sets_[node] = sets_[sets_[node]];
    return node;
  }

  std::vector<Node> parents_;
  std::vector<std::uint32_t> children_;  // how many
  std::vector<Node> sets_;
  std::size_t walks_;
};

/// Which node a message ID means: the first message that has it, else a dummy.
class Ids {
 public:
  explicit Ids(const Threadable& all) : nodes_(static_cast<Node>(all.messages.size())) {
    std::vector<std::pair<std::uint64_t, Node>> known;
    for (Node i = 0; i < all.messages.size(); ++i)
      if (all.messages[i].id != 0) known.emplace_back(all.messages[i].id, i);
    for (const std::uint64_t id : all.references) known.emplace_back(id, kNone);
    std::sort(known.begin(), known.end());
    for (const auto& [id, node] : known)
      if (ids_.empty() || ids_.back().first != id) ids_.emplace_back(id, node == kNone ? nodes_++ : node);
  }

  /// Messages and dummies.
  Node nodes() const { return nodes_; }
  Node find(std::uint64_t id) const {
    return std::lower_bound(ids_.begin(), ids_.end(), std::pair(id, Node{0}))->second;
  }

 private:
  Node nodes_;
  std::vector<std::pair<std::uint64_t, Node>> ids_;
};

/// Step 1.
Forest link_all(const Threadable& all, const Ids& ids) {
  Forest forest(ids.nodes(), all.references.size());
  std::size_t begin = 0;
  for (Node message = 0; message < all.messages.size(); ++message) {
    Node last = kNone;
    const std::size_t end = all.messages[message].references_end;
    for (; begin < end; ++begin) {
      const Node next = ids.find(all.references[begin]);
      if (last != kNone && forest.parent(next) == kNone) forest.link(last, next);
      last = next;
    }
    if (forest.parent(message) == last) continue;
    if (forest.parent(message) != kNone) forest.unlink(message);
    if (last != kNone) forest.link(last, message);
  }
  return forest;
}

/// The children of each node.
class Children {
 public:
  explicit Children(const std::vector<Node>& parents) : begins_(parents.size() + 1) {
    for (const Node parent : parents)
      if (parent < parents.size()) ++begins_[parent + 1];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    nodes_.resize(begins_.back());
    std::vector<std::uint32_t> next = begins_;
    for (Node node = 0; node < parents.size(); ++node)
      if (parents[node] < parents.size()) nodes_[next[parents[node]]++] = node;
  }

  std::span<const Node> of(Node parent) const {
    return std::span(nodes_).subspan(begins_[parent], begins_[parent + 1] - begins_[parent]);
  }

  template <class Before>
  void sort(Node parent, Before before) {
    std::sort(nodes_.begin() + begins_[parent], nodes_.begin() + begins_[parent + 1], before);
  }

 private:
  std::vector<std::uint32_t> begins_;
  std::vector<Node> nodes_;  // siblings together
};

/// The threads from step 2 on. Above each message is another one, a dummy under the root, or the root.
class Threads {
 public:
  Threads(const Threadable& all, const Forest& forest, Node nodes) : all_(all) {
    prune(forest, nodes);
    merge_subjects();
  }

  /// Step 6, and how it is written.
  ThreadList write() const;

 private:
  bool is_dummy(Node node) const { return node >= all_.messages.size(); }
  bool is_reply(Node node) const { return all_.messages[node].reply_or_forward; }
  std::uint64_t subject_of(Node node) const { return all_.messages[firsts_[node]].subject; }

  void prune(const Forest& forest, Node nodes);
  void find_firsts();
  std::vector<Node> top_level() const;
  void merge_subjects();
  void merge_group(const std::vector<Node>& group);
  Node table_entry(const std::vector<Node>& group) const;
  bool before(Node a, Node b) const;

  const Threadable& all_;
  std::vector<Node> parents_;  // of messages and dummies; kNone: a dummy that is not needed
  std::vector<Node> firsts_;   // of a message: itself; of a dummy: its first child
};

/// Steps 2 and 3, from the roots down, so that what is above each is known.
void Threads::prune(const Forest& forest, Node nodes) {
  std::vector<Node> up(nodes);
  for (Node node = 0; node < nodes; ++node) up[node] = forest.parent(node);
  const Children children(up);
  std::vector<Node> order;
  order.reserve(nodes);
  for (Node node = 0; node < nodes; ++node)
    if (up[node] == kNone) order.push_back(node);
  std::vector<std::uint32_t> kept(nodes, 0);  // children of a dummy under the root
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Node node = order[i];
    for (const Node child : children.of(node)) order.push_back(child);
    const Node parent = up[node];
    if (parent == kNone) continue;
    if (is_dummy(parent) && up[parent] != kNone) up[node] = up[parent];
    if (!is_dummy(node) && is_dummy(up[node])) ++kept[up[node]];
  }
  parents_.assign(nodes, kNone);
  for (Node node = 0; node < nodes; ++node) {
    const bool under_dummy = up[node] != kNone && is_dummy(up[node]);
    if (is_dummy(node))
      parents_[node] = up[node] == kNone && kept[node] > 1 ? kRoot : kNone;
    else
      parents_[node] = up[node] == kNone || (under_dummy && kept[up[node]] == 1) ? kRoot : up[node];
  }
}

bool Threads::before(Node a, Node b) const {
  const Node first = firsts_[a];
  const Node second = firsts_[b];
  return std::tie(all_.messages[first].sent, first) < std::tie(all_.messages[second].sent, second);
}

void Threads::find_firsts() {
  const auto messages = static_cast<Node>(all_.messages.size());
  firsts_.assign(parents_.size(), kNone);
  for (Node node = 0; node < messages; ++node) firsts_[node] = node;
  for (Node node = 0; node < messages; ++node) {
    const Node parent = parents_[node];
    if (parent == kRoot || !is_dummy(parent)) continue;
    if (firsts_[parent] == kNone || before(node, parent)) firsts_[parent] = node;
  }
}

/// Step 4.
std::vector<Node> Threads::top_level() const {
  std::vector<Node> top;
  for (Node node = 0; node < parents_.size(); ++node)
    if (parents_[node] == kRoot) top.push_back(node);
  std::sort(top.begin(), top.end(), [&](Node a, Node b) { return before(a, b); });
  return top;
}

/// Step 5. Each subject has an entry of its own in the table: they are merged one after another.
void Threads::merge_subjects() {
  find_firsts();
  std::vector<Node> top = top_level();
  std::sort(top.begin(), top.end(), [&](Node a, Node b) {
    return subject_of(a) == subject_of(b) ? before(a, b) : subject_of(a) < subject_of(b);
  });
  for (std::size_t begin = 0; begin < top.size();) {
    std::size_t end = begin + 1;
    while (end < top.size() && subject_of(top[end]) == subject_of(top[begin])) ++end;
    const std::vector<Node> group(top.begin() + static_cast<std::ptrdiff_t>(begin),
                                  top.begin() + static_cast<std::ptrdiff_t>(end));
    if (group.size() > 1 && subject_of(group[0]) != 0) merge_group(group);
    begin = end;
  }
  // A dummy that was merged into another one has given it its children.
  for (Node node = 0; node < all_.messages.size(); ++node) {
    Node& parent = parents_[node];
    if (parent != kRoot && is_dummy(parent) && parents_[parent] != kRoot) parent = parents_[parent];
  }
  for (Node node = static_cast<Node>(all_.messages.size()); node < parents_.size(); ++node)
    if (parents_[node] != kRoot) parents_[node] = kNone;
  find_firsts();
}

/// Step 5 (B).
Node Threads::table_entry(const std::vector<Node>& group) const {
  Node entry = group[0];
  for (const Node node : group) {
    if (is_dummy(entry)) break;
    if (is_dummy(node) || (is_reply(entry) && !is_reply(node))) entry = node;
  }
  return entry;
}

/// Step 5 (C).
void Threads::merge_group(const std::vector<Node>& group) {
  const Node first_entry = table_entry(group);
  Node entry = first_entry;
  for (const Node node : group) {
    if (node == first_entry) continue;
    const bool becomes_child = is_dummy(entry) || (is_reply(node) && !is_reply(entry));
    if (!becomes_child) {
      const auto dummy = static_cast<Node>(parents_.size());
      parents_.push_back(kRoot);
      parents_[entry] = dummy;
      entry = dummy;
    }
    parents_[node] = entry;
  }
}

ThreadList Threads::write() const {
  Children children(parents_);
  for (Node node = 0; node < parents_.size(); ++node)
    children.sort(node, [&](Node a, Node b) { return before(a, b); });
  const std::vector<Node> top = top_level();
  ThreadList out;
  std::vector<std::span<const Node>> open = {top};  // siblings that are still to be written, level by level
  while (!open.empty()) {
    if (open.back().empty()) {
      open.pop_back();
      if (!open.empty()) out.push_back(kClose);
      continue;
    }
    Node node = open.back().front();
    open.back() = open.back().subspan(1);
    out.push_back(kOpen);
    if (!is_dummy(node)) out.push_back(node);
    std::span<const Node> below = children.of(node);
    while (below.size() == 1) {
      out.push_back(below.front());
      below = children.of(below.front());
    }
    open.push_back(below);
  }
  return out;
}

}  // namespace

ThreadList thread_by_references(const Threadable& all) {
  const Ids ids(all);
  const Forest forest = link_all(all, ids);
  return Threads(all, forest, ids.nodes()).write();
}

}  // namespace postroom::imap
