// Address lists: RFC 5322's examples, and what else stands in To fields.
#include "protocols/mime/address.h"

#include <gtest/gtest.h>
#include <vector>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

std::vector<Address> entries(std::string_view body) {
  std::vector<Address> all;
  AddressList list(body);
  while (auto address = list.next()) all.push_back(std::move(*address));
  return all;
}

/// "name|route|local|domain", "{name" and "}" for groups, separated by spaced commas.
std::string shown(std::string_view body) {
  std::string out;
  for (const Address& address : entries(body)) {
    if (!out.empty()) out += " , ";
    switch (address.kind) {
      case Address::Kind::group_start: out += "{" + address.name; break;
      case Address::Kind::group_end: out += "}"; break;
      case Address::Kind::mailbox:
        out += address.name + '|' + address.route + '|' + address.local + '|' + address.domain;
    }
  }
  return out;
}

// RFC 5322 A.1.
TEST(Address, Mailboxes) {
  EXPECT_EQ(shown("John Doe <jdoe@machine.example>"), "John Doe||jdoe|machine.example");
  EXPECT_EQ(shown("\"Joe Q. Public\" <john.q.public@example.com>"),
            "Joe Q. Public||john.q.public|example.com");
  EXPECT_EQ(shown("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
            "Mary Smith||mary|x.test , ||jdoe|example.org , Who?||one|y.test");
  EXPECT_EQ(shown("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
            "||boss|nil.test , Giant; \"Big\" Box||sysservices|example.net");
}

TEST(Address, Groups) {
  EXPECT_EQ(shown("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
            "{A Group , Ed Jones||c|a.test , ||joe|where.test , John||jdoe|one.test , }");
  EXPECT_EQ(shown("Undisclosed recipients:;"), "{Undisclosed recipients , }");
  EXPECT_EQ(shown("a@x, g: b@y; , h:; c@z"), "||a|x , {g , ||b|y , } , {h , } , ||c|z");
}

TEST(Address, AGroupThatIsNotEndedEndsWithTheList) {
  EXPECT_EQ(shown("g: a@b, c@d"), "{g , ||a|b , ||c|d , }");
}

// A.5.
TEST(Address, CommentsAndFolding) {
  EXPECT_EQ(shown(" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
            "Pete||pete|silly.test");
  EXPECT_EQ(shown("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         "
                  "joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)"),
            "{A Group , Chris Jones||c|public.example , ||joe|example.org , John||jdoe|one.test , }");
  EXPECT_EQ(shown("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
            "{Hidden recipients , }");
}

// A.6.1, A.6.3.
TEST(Address, ObsoleteForms) {
  EXPECT_EQ(shown("Joe Q. Public <john.q.public@example.com>"), "Joe Q. Public||john.q.public|example.com");
  EXPECT_EQ(shown("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
            "Mary Smith|@node.test|mary|example.net , ||jdoe|test.example");
  EXPECT_EQ(shown("John Doe <jdoe@machine(comment).  example>"), "John Doe||jdoe|machine.example");
  EXPECT_EQ(shown("Mary Smith\r\n  \r\n          <mary@example.net>"), "Mary Smith||mary|example.net");
  EXPECT_EQ(shown("<@a.test,@b.test , @c.test:x@y>"), "|@a.test,@b.test,@c.test|x|y");
  EXPECT_EQ(shown("bob . smith @ example . org"), "||bob.smith|example.org");
}

TEST(Address, ACommentNamesWhatHasNoName) {
  EXPECT_EQ(shown("alice@example.org (Alice)"), "Alice||alice|example.org");
  EXPECT_EQ(shown("<alice@example.org> (Alice \\(A.\\))"), "Alice (A.)||alice|example.org");
  EXPECT_EQ(shown("Bob (not me) <bob@x>"), "Bob||bob|x");
}

TEST(Address, QuotedLocalPartsAndLiterals) {
  EXPECT_EQ(shown("\"john doe\"@x.test"), "||john doe|x.test");
  EXPECT_EQ(shown("<\"a\\\"b\"@x.test>"), "||a\"b|x.test");
  EXPECT_EQ(shown("a@[127.0.0.1], <b@[IPv6:2001:db8::1]>"), "||a|[127.0.0.1] , ||b|[IPv6:2001:db8::1]");
}

TEST(Address, EncodedWordsAndUtf8StayAsTheyAre) {
  EXPECT_EQ(shown("=?ISO-8859-1?Q?Andr=E9?= Pirard <p@x>"), "=?ISO-8859-1?Q?Andr=E9?= Pirard||p|x");
  EXPECT_EQ(shown("Jörg <jörg@bücher.example>"), "Jörg||jörg|bücher.example");
}

TEST(Address, WhatSendersWrite) {
  EXPECT_EQ(shown("bob@example.org <bob@example.org>"), "bob@example.org||bob|example.org");
  EXPECT_EQ(shown("a@x; b@y"), "||a|x , ||b|y");
  EXPECT_EQ(shown("<a@x> <b@y>"), "||a|x , ||b|y");
  EXPECT_EQ(shown("Bob <b@y> nonsense, c@z"), "Bob||b|y , ||c|z");
  EXPECT_EQ(shown("Alice Smith alice@x"), "||alice|x");
  EXPECT_EQ(shown("undisclosed-recipients"), "||undisclosed-recipients|");
  EXPECT_EQ(shown("The whole team"), "The whole team|||");
  EXPECT_EQ(shown("Bob <bob>"), "Bob||bob|");
  EXPECT_EQ(shown("Bob <@nowhere>"), "Bob|||nowhere");
  EXPECT_EQ(shown("a@b@c"), "||a@b|c");
  EXPECT_EQ(shown("\"O'Brien, Pat\" <pat@x>"), "O'Brien, Pat||pat|x");
}

TEST(Address, GarbageIsPassedOver) {
  for (const char* body :
       {"", " ", ",", ";", ",;,;", "<>", "()", "(only a comment)", ">", "@", "<@", "\"\"", "<,>"})
    EXPECT_EQ(shown(body), "") << body;
}

TEST(Address, WhatIsNotEndedEndsWithTheText) {
  EXPECT_EQ(shown("\"Bob <b@x>, c@y"), "||Bob <b@x>, c@y|");
  EXPECT_EQ(shown("a@x (comment <b@y>"), "comment <b@y>||a|x");
  EXPECT_EQ(shown("Bob <b@x, c@y"), "Bob||b|x , ||c|y");
  EXPECT_EQ(shown("a@[127.0.0.1"), "||a|[127.0.0.1");
  EXPECT_EQ(shown("\"a\\"), "||a\\|");
}

TEST(Address, HostileListsAreReadOnce) {
  EXPECT_EQ(entries(repeated("a@b,", 200'000)).size(), 200'000U);
  for (const char* piece :
       {"(", "<@a,", "<", "\"", "a:", "a@[", ";", "<@", "@", "a@b ", ":;", "\\", "<a@b> "})
    entries(repeated(piece, 500'000 / std::string_view(piece).size()));
}

}  // namespace
}  // namespace postroom::mime
