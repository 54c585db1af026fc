// RFC 3501 5.1, 6.3.8.
#include "protocols/imap/mailbox_name.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace postroom::imap
