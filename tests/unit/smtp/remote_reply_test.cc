// Replies of other servers, and what they say they can do.
#include "protocols/smtp/remote_reply.h"

#include <gtest/gtest.h>

#include "protocols/smtp/abilities.h"

namespace postroom::smtp {
namespace {

using State = ReplyParser::State;

ReplyParser parse(std::string_view text) {
  ReplyParser parser;
  parser.feed(text);
  return parser;
}
std::string shown(std::string_view text) {
  const ReplyParser parser = parse(text);
  if (parser.state() == State::more) return "more";
  return parser.state() == State::malformed ? "malformed" : parser.reply().shown();
}

TEST(ReplyParser, ReadsLines) {
  EXPECT_EQ(shown("250 ok\r\n"), "250 2.0.0 ok");
  EXPECT_EQ(shown("250\r\n"), "250 2.0.0");
  EXPECT_EQ(shown("250 \r\n"), "250 2.0.0");
  EXPECT_EQ(shown("354 go on\r\n"), "354 go on");
  EXPECT_EQ(shown("250-one\r\n250-\r\n250 two\r\n"), "250 2.0.0 one two");
  EXPECT_EQ(shown("250-one\r\n250"), "more");
  EXPECT_EQ(shown("250 ok\n"), "more");  // RFC 5321 2.3.8
}

TEST(ReplyParser, TakesNoMoreThanOneReply) {
  ReplyParser parser;
  EXPECT_EQ(parser.feed("250-one\r\n25"), 9u);
  EXPECT_EQ(parser.state(), State::more);
  EXPECT_EQ(parser.feed("250 two\r\n550 no\r\n"), 9u);
  EXPECT_EQ(parser.state(), State::done);
  EXPECT_EQ(parser.feed("550 no\r\n"), 0u);
  EXPECT_EQ(parser.lines(), (std::vector<std::string>{"one", "two"}));
}

TEST(ReplyParser, FindsEnhancedCodes) {
  EXPECT_EQ(shown("550-5.1.1 no such\r\n550 5.1.1 user\r\n"), "550 5.1.1 no such user");
  EXPECT_EQ(shown("550 5.1.1\r\n"), "550 5.1.1");
  EXPECT_EQ(shown("550 4.1.1 odd\r\n"), "550 5.0.0 4.1.1 odd");  // RFC 2034 4: the classes agree
  EXPECT_EQ(shown("550 05.1.1 odd\r\n"), "550 5.0.0 05.1.1 odd");
  EXPECT_EQ(shown("550 5.1 odd\r\n"), "550 5.0.0 5.1 odd");
  EXPECT_EQ(shown("550 5.1111.1 odd\r\n"), "550 5.0.0 5.1111.1 odd");
  EXPECT_EQ(shown("550 5..1 odd\r\n"), "550 5.0.0 5..1 odd");
  EXPECT_EQ(shown("250-mx\r\n250 2.1.5 ok\r\n"), "250 2.1.5 mx ok");
}

TEST(ReplyParser, KnowsWhatIsNoReply) {
  for (const std::string_view text : {"\r\n", "25\r\n", "abc\r\n", "250ok\r\n", "150 no\r\n", "650 no\r\n",
                                      "2500 no\r\n", "250-one\r\n251 two\r\n", "250-one\r\nHello\r\n"})
    EXPECT_EQ(shown(text), "malformed") << text;
}

TEST(ReplyParser, IsBounded) {
  EXPECT_EQ(shown("250 " + std::string(2042, 'x') + "\r\n").size(), 10u + 1000u);
  EXPECT_EQ(shown("250 " + std::string(2043, 'x') + "\r\n"), "malformed");
  EXPECT_EQ(shown("250 " + std::string(2044, 'x')), "malformed");
  std::string lines;
  for (int i = 0; i < 99; ++i) lines += "250-" + std::string(50, 'x') + "\r\n";
  EXPECT_LE(shown(lines + "250 end\r\n").size(), 1010u);
  EXPECT_EQ(shown(lines + "250-more\r\n"), "more");
  EXPECT_EQ(shown(lines + "250-more\r\n250 end\r\n"), "malformed");
}

TEST(RemoteReply, IsPrintable) {
  EXPECT_EQ(shown("550 a\tb\x01\xc3\xa4\r\n"), "550 5.0.0 a?b???");
  EXPECT_EQ(shown(std::string_view("550 a\0b\r\n", 9)), "550 5.0.0 a?b");
  EXPECT_EQ(RemoteReply::lost("a\nb").shown(), "451 4.4.2 a?b");
}

TEST(RemoteReply, HasAKind) {
  EXPECT_TRUE(parse("250 x\r\n").reply().positive());
  EXPECT_TRUE(parse("354 x\r\n").reply().intermediate());
  EXPECT_TRUE(parse("450 x\r\n").reply().transient());
  EXPECT_TRUE(parse("550 x\r\n").reply().permanent());
  EXPECT_FALSE(parse("550 x\r\n").reply().ours);
  const RemoteReply lost = RemoteReply::lost("gone");
  EXPECT_TRUE(lost.transient() && lost.ours && !lost.unsure);
}

TEST(Abilities, AreReadFromEhlo) {
  const Abilities all = parse_abilities(
      {"mx STARTTLS", "StartTLS", "PIPELINING", "CHUNKING", "8bitmime", "SIZE 52428800", "DSN", "SMTPUTF8",
       "REQUIRETLS", "ENHANCEDSTATUSCODES", "AUTH login PLAIN", "AUTH=PLAIN XOAUTH2", "X-UNKNOWN a b"});
  EXPECT_TRUE(all.starttls && all.pipelining && all.chunking && all.eight_bit && all.size && all.dsn &&
              all.smtputf8 && all.requiretls && all.enhanced_codes);
  EXPECT_EQ(all.size_limit, 52428800u);
  EXPECT_EQ(all.auth, (std::vector<std::string>{"LOGIN", "PLAIN", "XOAUTH2"}));
  EXPECT_TRUE(all.offers_auth("plain"));
  EXPECT_FALSE(all.offers_auth("CRAM-MD5"));
}

TEST(Abilities, AreFewWhereLittleIsSaid) {
  const Abilities none = parse_abilities({"STARTTLS", "SIZED", "DSNX", "", "AUTH"});
  EXPECT_FALSE(none.starttls || none.pipelining || none.chunking || none.eight_bit || none.size || none.dsn);
  EXPECT_TRUE(none.auth.empty());
  EXPECT_TRUE(parse_abilities({"mx", "SIZE"}).size);
  EXPECT_EQ(parse_abilities({"mx", "SIZE"}).size_limit, 0u);
  EXPECT_EQ(parse_abilities({"mx", "SIZE 99999999999999999999"}).size_limit, 0u);
  EXPECT_FALSE(parse_abilities({}).size);
  const Abilities limited = parse_abilities({"mx", "limits rcptmax=20 OTHER MAILMAX=x mailmax=3 RCPTMAX=0"});
  EXPECT_EQ(limited.mail_limit, 3u);
  EXPECT_EQ(limited.recipient_limit, 20u);
}

}  // namespace
}  // namespace postroom::smtp
