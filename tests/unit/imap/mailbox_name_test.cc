// RFC 3501 5.1, 6.3.8.
#include "protocols/imap/mailbox_name.h"

#include <gtest/gtest.h>
#include <random>

#include "base/text.h"

namespace postroom::imap {
namespace {

TEST(MailboxName, KnowsInboxInAnyCase) {
  EXPECT_EQ(canonical_name("iNbOx"), "INBOX");
  EXPECT_EQ(canonical_name("inbox/lists"), "INBOX/lists");
  EXPECT_EQ(canonical_name("inboxes"), "inboxes");
  EXPECT_EQ(canonical_name("a/inbox"), "a/inbox");
  EXPECT_EQ(canonical_name(""), "");
}

TEST(MailboxName, IsBounded) {
  EXPECT_TRUE(is_valid_name("Archive/2026/R\u00e9sum\u00e9s & more"));
  EXPECT_TRUE(is_valid_name(std::string(255, 'a')));
  EXPECT_FALSE(is_valid_name(std::string(256, 'a')));
  EXPECT_FALSE(is_valid_name(""));
  EXPECT_FALSE(is_valid_name("/a"));
  EXPECT_FALSE(is_valid_name("a//b"));
  EXPECT_FALSE(is_valid_name("a/"));
  EXPECT_FALSE(is_valid_name("#shared"));
  EXPECT_FALSE(is_valid_name("a\tb"));
  EXPECT_FALSE(is_valid_name("a\x7f"));

  std::string deep = "a";
  for (int level = 1; level < 50; ++level) deep += "/a";
  EXPECT_TRUE(is_valid_name(deep));
  EXPECT_FALSE(is_valid_name(deep + "/a"));
  const std::string wide(250, 'a');
  EXPECT_TRUE(is_valid_name(wide + "/" + wide + "/" + wide));
  EXPECT_FALSE(is_valid_name(wide + "/" + wide + "/" + wide + "/" + wide));
}

TEST(MailboxName, HasAParent) {
  EXPECT_EQ(parent_of("a/b/c"), "a/b");
  EXPECT_EQ(parent_of("a"), "");
}

bool matches(std::string_view pattern, std::string_view name) { return Pattern("", pattern).matches(name); }

TEST(Pattern, WithoutWildcardsIsTheName) {
  EXPECT_TRUE(matches("a/b", "a/b"));
  EXPECT_FALSE(matches("a/b", "a/B"));
  EXPECT_FALSE(matches("a", "a/b"));
  EXPECT_FALSE(matches("a/b", "a"));
  EXPECT_FALSE(matches("", "a"));
}

TEST(Pattern, StarIsAnythingPercentIsOneLevel) {
  EXPECT_TRUE(matches("*", "a/b/c"));
  EXPECT_TRUE(matches("%", "a"));
  EXPECT_FALSE(matches("%", "a/b"));
  EXPECT_TRUE(matches("a/%", "a/b"));
  EXPECT_FALSE(matches("a/%", "a/b/c"));
  EXPECT_FALSE(matches("a/%", "a"));
  EXPECT_TRUE(matches("%/%", "a/b"));
  EXPECT_TRUE(matches("a*", "a"));
  EXPECT_TRUE(matches("*c", "a/b/c"));
  EXPECT_TRUE(matches("a%c", "abbc"));
  EXPECT_FALSE(matches("a%c", "ab/c"));
  EXPECT_TRUE(matches("a*b%d", "a/b/bcd"));
  EXPECT_FALSE(matches("a*b%d", "a/b/c/d"));
  EXPECT_TRUE(matches("%%*%", "a/b"));
}

TEST(Pattern, JoinsTheReference) {
  EXPECT_TRUE(Pattern("a/", "%").matches("a/b"));
  EXPECT_TRUE(Pattern("a", "/%").matches("a/b"));
  EXPECT_TRUE(Pattern("a*", "%c").matches("a/b/c"));
}

TEST(Pattern, FindsInboxInAnyCase) {
  EXPECT_TRUE(matches("inbox", "INBOX"));
  EXPECT_TRUE(matches("in%", "INBOX"));
  EXPECT_TRUE(matches("inbox/a", "INBOX/a"));
  EXPECT_FALSE(matches("inbox/A", "INBOX/a"));
  EXPECT_FALSE(matches("trash", "Trash"));
  EXPECT_FALSE(matches("a/inbox", "a/INBOX"));
  EXPECT_FALSE(matches("inboxes", "INBOXES"));
}

TEST(Pattern, IsBounded) {
  EXPECT_FALSE(Pattern("", std::string(2000, 'a')).too_long());
  EXPECT_TRUE(Pattern("", std::string(2001, 'a')).too_long());
  EXPECT_FALSE(Pattern("", std::string(60000, '*')).too_long());
}

TEST(Pattern, TakesNoTimeForManyWildcards) {
  std::string pattern;
  for (int i = 0; i < 400; ++i) pattern += "*a";
  pattern += "b";
  EXPECT_FALSE(matches(pattern, std::string(1000, 'a')));  // a backtracking matcher would not come back
}

// RFC 3501 6.3.8, word for word. `any_case`: of so many of the name's next characters.
bool means(std::string_view pattern, std::string_view name, std::size_t any_case) {
  if (pattern.empty()) return name.empty();
  const auto rest = [&] { return name.substr(1); };
  const std::size_t left = any_case > 0 ? any_case - 1 : 0;
  if (pattern[0] == '*' || pattern[0] == '%') {
    if (means(pattern.substr(1), name, any_case)) return true;
    const bool passes = !name.empty() && (pattern[0] == '*' || name[0] != '/');
    return passes && means(pattern, rest(), left);
  }
  if (name.empty()) return false;
  const bool same = pattern[0] == name[0] || (any_case > 0 && to_upper(pattern[0]) == name[0]);
  return same && means(pattern.substr(1), rest(), left);
}

bool means(std::string_view pattern, std::string_view name) {
  return means(pattern, name, name.substr(0, name.find('/')) == "INBOX" ? 5 : 0);
}

TEST(Pattern, FindsWhatTheDefinitionSays) {
  std::mt19937 random(1);
  const auto some = [&random](std::string_view letters, std::size_t most) {
    std::string text;
    for (std::size_t i = random() % (most + 1); i > 0; --i) text += letters[random() % letters.size()];
    return text;
  };
  int found = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string pattern = some("ab/%*", 8);
    std::string name = "a" + some("ab/", 9);
    if (round % 4 == 0) {
      pattern = std::string(round % 8 == 0 ? "inBox" : "IN%") + pattern;
      name = "INBOX/" + name;
    }
    const bool meant = means(pattern, name);
    found += meant ? 1 : 0;
    ASSERT_EQ(matches(pattern, name), meant) << pattern << " " << name;
  }
  EXPECT_GT(found, 10'000);
}

TEST(Pattern, IsExactAcrossWords) {
  for (const std::size_t length : {63u, 64u, 65u, 127u, 128u, 1000u}) {
    const std::string a(length, 'a');
    EXPECT_TRUE(matches(a, a));
    EXPECT_FALSE(matches(a, a + "a"));
    EXPECT_FALSE(matches(a + "a", a));
    EXPECT_TRUE(matches(a + "*", a));
    EXPECT_TRUE(matches(a + "%a", a + "bba"));
    EXPECT_FALSE(matches(a + "%a", a + "b/a"));
  }
}

}  // namespace
}  // namespace postroom::imap
