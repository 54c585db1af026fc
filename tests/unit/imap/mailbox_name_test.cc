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

// RFC 9051 5.1: Net-Unicode.
TEST(MailboxName, IsNormalised) {
  EXPECT_EQ(canonical_name("e\u0301t\u00e9/INBOX"), "\u00e9t\u00e9/INBOX");
  EXPECT_EQ(canonical_name("\u1112\u1161\u11ab"), "\ud55c");
  EXPECT_EQ(canonical_name("\u212b"), "\u00c5");
  EXPECT_EQ(canonical_name("\ufb01"), "\ufb01") << "a ligature stays one";
}

// What is longer is no name; and normalising it could take long.
TEST(MailboxName, IsNormalisedAsLongAsItCanBeOne) {
  const auto repeated = [](std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  EXPECT_EQ(canonical_name(repeated("\u1112\u1161\u11ab", 333)), repeated("\ud55c", 333));
  const std::string marks = "a" + repeated("\u0301", 10'000) + repeated("\u0316", 10'000);
  EXPECT_EQ(canonical_name(marks), marks);
  EXPECT_FALSE(is_valid_name(canonical_name(marks)));
}

// RFC 6855 3.
TEST(MailboxName, HasNoControlCharacters) {
  for (const char* name : {"a\u0080", "\u009f", "a\u2028b", "a\u2029"})
    EXPECT_FALSE(is_valid_name(name)) << name;
  for (const char* name : {"a\u00a0", "\u00bf", "a\u2027", "\u202a"})
    EXPECT_TRUE(is_valid_name(name)) << name;
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

TEST(Pattern, IsNormalised) { EXPECT_TRUE(Pattern("e\u0301t", "e\u0301%").matches("\u00e9t\u00e9s")); }

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
