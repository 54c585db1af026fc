// LIST's choice of names against the words of RFC 5258, for many small hierarchies.
#include "protocols/imap/listing.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

namespace postroom::imap {
namespace {

// "a", "a/b" and so on: few names, so that all their relations come about.
std::string any_name(std::mt19937& dice) {
  std::string name;
  const auto levels = 1 + dice() % 3;
  for (unsigned i = 0; i < levels; ++i) name += std::string(i > 0 ? "/" : "") + "ab"[dice() % 2];
  return name;
}

struct World {
  std::vector<MailboxInfo> mailboxes;
  std::vector<std::string> subscriptions;
  std::set<std::string> names;  // all of both, and those above them
  Choice choice;
  std::vector<Pattern> patterns;

  explicit World(std::mt19937& dice) {
    std::set<std::string> existing, subscribed;
    for (auto n = dice() % 5; n > 0; --n) existing.insert(any_name(dice));
    for (auto n = dice() % 5; n > 0; --n) subscribed.insert(any_name(dice));
    for (const std::string& name : existing) {
      MailboxInfo& info = mailboxes.emplace_back();
      info.name = name;
      if (dice() % 2 == 0) info.special_use = SpecialUse::junk;
    }
    subscriptions.assign(subscribed.begin(), subscribed.end());
    existing.merge(subscribed);
    for (std::string_view name : existing)
      for (; !name.empty(); name = parent_of(name)) names.insert(std::string(name));
    choice.subscribed = dice() % 2 == 0;
    choice.special_use = dice() % 3 == 0;
    choice.recursive = choice.subscribed && dice() % 2 == 0;
    static constexpr std::string_view kPatterns[] = {"*", "%", "a/*", "*b", "%/%", "a", "b/%", "a/b/a"};
    for (auto n = 1 + dice() % 2; n > 0; --n) patterns.emplace_back("", kPatterns[dice() % 8]);
  }

  const MailboxInfo* find(std::string_view name) const {
    for (const MailboxInfo& info : mailboxes)
      if (info.name == name) return &info;
    return nullptr;
  }
  bool subscribed(std::string_view name) const {
    return std::find(subscriptions.begin(), subscriptions.end(), name) != subscriptions.end();
  }
  bool meets(std::string_view name) const {
    const MailboxInfo* mailbox = find(name);
    if (choice.special_use && (!mailbox || mailbox->special_use == SpecialUse::none)) return false;
    return choice.subscribed ? subscribed(name) : mailbox != nullptr;
  }
  bool matches(std::string_view name) const {
    return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& p) { return p.matches(name); });
  }
  template <class Condition>
  bool below(const std::string& name, Condition is) const {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& each) { return each.starts_with(name + "/") && is(each); });
  }
};

TEST(Listing, FindsWhatTheRfcSays) {
  std::mt19937 dice(5258);
  for (int round = 0; round < 3000; ++round) {
    const World world(dice);
    std::map<std::string, Listed, std::less<>> found;
    for (const Listed& each : find_listed(world.mailboxes, world.subscriptions, world.patterns, world.choice))
      EXPECT_TRUE(found.emplace(each.name, each).second) << "once each (RFC 5258 3.3)";
    for (const std::string& name : world.names) {
      const auto meets = [&](const std::string& each) { return world.meets(each); };
      const auto hidden = [&](const std::string& each) { return world.meets(each) && !world.matches(each); };
      const bool as_parent = world.choice.recursive && world.below(name, hidden);
      const auto at = found.find(name);
      ASSERT_EQ(world.matches(name) && (world.meets(name) || as_parent), at != found.end()) << name;
      if (at == found.end()) continue;
      const Listed& listed = at->second;
      EXPECT_EQ(world.meets(name), listed.chosen);
      EXPECT_EQ(world.choice.recursive && world.below(name, meets), listed.child_info) << "RFC 5258 3.5";
      EXPECT_EQ(world.find(name), listed.mailbox);
      EXPECT_EQ(world.subscribed(name), listed.subscribed);
    }
    EXPECT_LE(found.size(), world.names.size());
  }
}

TEST(Listing, KnowsWhoHasChildren) {
  std::vector<MailboxInfo> mailboxes(3);
  mailboxes[0].name = "a";
  mailboxes[1].name = "a/b";
  mailboxes[2].name = "a0";
  const auto found = find_listed(mailboxes, {"a/b/c"}, {Pattern("", "*")}, Choice());
  ASSERT_EQ(3u, found.size());
  EXPECT_TRUE(found[0].has_children);
  EXPECT_FALSE(found[1].has_children) << "a subscribed name is no mailbox";
  EXPECT_FALSE(found[2].has_children);
}

}  // namespace
}  // namespace postroom::imap
