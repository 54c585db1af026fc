// The grammar of SMTP commands.
#include "protocols/smtp/cursor.h"

#include <gtest/gtest.h>

namespace postroom::smtp {
namespace {

/// The address in a RCPT argument, or "error CODE STATUS".
std::string recipient(std::string_view path) {
  const std::string text = " TO:" + std::string(path);
  Cursor in(text);
  const Path parsed = in.forward_path();
  in.end();
  if (in.error()) return "error " + std::to_string(in.error()->code()) + " " + in.error()->status();
  return parsed.address();
}

std::string sender(std::string_view argument) {
  Cursor in(argument);
  const Path parsed = in.reverse_path();
  in.end();
  if (in.error()) return "error " + std::to_string(in.error()->code()) + " " + in.error()->status();
  return "<" + parsed.address() + ">";
}

TEST(Paths, DotStrings) {
  EXPECT_EQ(recipient("<alice@example.org>"), "alice@example.org");
  EXPECT_EQ(recipient("<a.b.c@example.org>"), "a.b.c@example.org");
  EXPECT_EQ(recipient("<a+b@x>"), "a+b@x");
  EXPECT_EQ(recipient("<!#$%&'*+-/=?^_`{|}~@example.org>"), "!#$%&'*+-/=?^_`{|}~@example.org");
  for (const char* bad :
       {"<.a@x>", "<a.@x>", "<a..b@x>", "<@x>", "<a b@x>", "<a\"b@x>", "<a(b)@x>", "<a,b@x>"})
    EXPECT_EQ(recipient(bad), "error 501 5.1.3") << bad;
}

TEST(Paths, QuotedLocalPartsAreDecodedAndQuotedNoMoreThanNeeded) {
  EXPECT_EQ(recipient("<\"alice\"@example.org>"), "alice@example.org");
  EXPECT_EQ(recipient("<\"a\\l\\ice\"@example.org>"), "alice@example.org");
  EXPECT_EQ(recipient("<\"Joe\\,Smith\"@example.org>"), "\"Joe,Smith\"@example.org");  // RFC 5321 4.1.2
  EXPECT_EQ(recipient("<\"a b\"@example.org>"), "\"a b\"@example.org");
  EXPECT_EQ(recipient("<\"a@b\"@example.org>"), "\"a@b\"@example.org");
  EXPECT_EQ(recipient("<\"a\\\"b\\\\c\"@example.org>"), "\"a\\\"b\\\\c\"@example.org");
  EXPECT_EQ(recipient("<\">\"@example.org>"), "\">\"@example.org");
  for (const char* bad :
       {"<\"\"@x>", "<\"a@x>", "<\"a\"b@x>", "<\"a\\\"@x>", "<\"a\tb\"@x>", "<\"a\\\xc3\xa9\"@x>"})
    EXPECT_EQ(recipient(bad), "error 501 5.1.3") << bad;
}

TEST(Paths, Domains) {
  EXPECT_EQ(recipient("<a@EXAMPLE.org>"), "a@EXAMPLE.org");
  EXPECT_EQ(recipient("<a@1.2>"), "a@1.2");
  EXPECT_EQ(recipient("<a@x--y.org>"), "a@x--y.org");
  for (const char* bad :
       {"<a@>", "<a@.org>", "<a@org.>", "<a@a..b>", "<a@-a.org>", "<a@a-.org>", "<a@a_b.org>", "<a@b@c>"})
    EXPECT_EQ(recipient(bad), "error 501 5.1.3") << bad;
  EXPECT_EQ(recipient("<a@" + std::string(255, 'x') + ">"), "a@" + std::string(255, 'x'));
  EXPECT_EQ(recipient("<a@" + std::string(256, 'x') + ">"), "error 501 5.1.3");
  EXPECT_EQ(recipient("<" + std::string(256, 'x') + "@x>"), "error 501 5.1.3");
}

TEST(Paths, AddressLiterals) {
  for (const char* good :
       {"a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@[IPv6:::1]", "a@[IPv6:::]", "a@[ipv6:1:2:3:4:5:6:7:8]",
        "a@[IPv6:::ffff:192.0.2.1]", "a@[IPv6:1:2:3:4:5:6:192.0.2.1]", "a@[x400:what.ever]"})
    EXPECT_EQ(recipient("<" + std::string(good) + ">"), good);
  for (const char* bad :
       {"[]", "[192.0.2]", "[192.0.2.256]", "[192.0.2.1.1]", "[0192.0.2.1]", "[IPv6:]", "[IPv6:1:2]",
        "[IPv6:1::2::3]", "[IPv6:12345::]", "[IPv6:1:2:3:4:5:6:7:8:9]", "[IPv6:192.0.2.1::]",
        "[IPv6:1:2:3:4:5::6:7:8]", "[IPv6:::1", "[IPv6:g::]", "[-x:y]", "[x:]", "[192.0.2.1]x"})
    EXPECT_EQ(recipient("<a@" + std::string(bad) + ">"), "error 501 5.1.3") << bad;
}

// RFC 5321 4.5.3.1.2
TEST(Paths, AddressLiteralsAreNoLongerThanDomains) {
  const std::string longest = "[x:" + std::string(251, 'y') + "]";
  EXPECT_EQ(recipient("<a@" + longest + ">"), "a@" + longest);
  EXPECT_EQ(recipient("<a@[x:" + std::string(252, 'y') + "]>"), "error 501 5.1.3");
}

TEST(Paths, SourceRoutesAreAcceptedAndIgnored) {
  EXPECT_EQ(recipient("<@one.example,@two.example:alice@example.org>"), "alice@example.org");
  EXPECT_EQ(sender(" FROM:<@one.example:alice@example.org>"), "<alice@example.org>");
  for (const char* bad :
       {"<@one.example>", "<@one.example:>", "<@one.example,:a@x>", "<@one.example,two:a@x>", "<@:a@x>"})
    EXPECT_EQ(recipient(bad), "error 501 5.1.3") << bad;
}

TEST(Paths, NullOnlyAsSenderAndPostmasterOnlyAsRecipient) {
  EXPECT_EQ(sender(" FROM:<>"), "<>");
  EXPECT_EQ(recipient("<>"), "error 501 5.1.3");
  EXPECT_EQ(recipient("<Postmaster>"), "postmaster");
  EXPECT_EQ(sender(" FROM:<postmaster>"), "error 501 5.1.7");
}

TEST(Paths, KeywordsInAnyCaseAndASpaceTooMany) {
  EXPECT_EQ(sender(" from:<a@x>"), "<a@x>");
  EXPECT_EQ(sender(" FROM: <a@x>"), "<a@x>");
  EXPECT_EQ(sender("  FROM:<a@x>"), "<a@x>");
  EXPECT_EQ(sender("FROM:<a@x>"), "error 501 5.5.4");
  EXPECT_EQ(sender(" TO:<a@x>"), "error 501 5.5.4");
  EXPECT_EQ(sender(" FROM <a@x>"), "error 501 5.5.4");
  EXPECT_EQ(sender(" FROM:a@x"), "error 501 5.1.7");
  EXPECT_EQ(sender(" FROM:<a@x"), "error 501 5.1.7");
  EXPECT_EQ(sender(" FROM:<a@x>>"), "error 501 5.5.4");
  EXPECT_EQ(sender(""), "error 501 5.5.4");
}

TEST(Paths, BeyondAscii) {
  EXPECT_EQ(recipient("<j\xc3\xb6rg@b\xc3\xbc"
                      "cher.example>"),
            "j\xc3\xb6rg@b\xc3\xbc"
            "cher.example");
  EXPECT_EQ(recipient("<\"j\xc3\xb6 rg\"@x>"), "\"j\xc3\xb6 rg\"@x");
  EXPECT_EQ(recipient("<j\xf6rg@x>"), "error 501 5.1.3");  // Latin-1
  EXPECT_EQ(recipient("<\"j\xf6rg\"@x>"), "error 501 5.1.3");
  EXPECT_EQ(recipient("<a@b\xfc"
                      "cher>"),
            "error 501 5.1.3");
}

std::string parameters(std::string_view text) {
  Cursor in(text);
  std::string out;
  for (const Parameter& parameter : in.parameters()) {
    out.append("[").append(parameter.keyword);
    if (parameter.value) out.append("=").append(*parameter.value);
    out += "]";
  }
  return in.error() ? "error" : out;
}

TEST(Parameters, KeywordsAndValues) {
  EXPECT_EQ(parameters(""), "");
  EXPECT_EQ(parameters(" SIZE=10"), "[SIZE=10]");
  EXPECT_EQ(parameters(" SIZE=10 BODY=8BITMIME SMTPUTF8 X-Y=a+2Bb"),
            "[SIZE=10][BODY=8BITMIME][SMTPUTF8][X-Y=a+2Bb]");
  EXPECT_EQ(parameters("  SIZE=10 "), "[SIZE=10]");
  for (const char* bad : {"SIZE=10", " =10", " SIZE=", " SIZE==1", " A\x01", " SIZE=1\x7f", " (x)"})
    EXPECT_EQ(parameters(bad), "error") << bad;
  std::string many;
  for (int i = 0; i < 33; ++i) many += " X";
  EXPECT_EQ(parameters(many), "error");
}

std::string client_name(std::string_view text) {
  Cursor in(text);
  const std::string name = in.client_name();
  return in.error() ? "error" : name;
}

TEST(ClientName, NamesLiteralsAndWhatDesktopsSay) {
  EXPECT_EQ(client_name(" mail.example.org"), "mail.example.org");
  EXPECT_EQ(client_name(" [192.0.2.1]"), "[192.0.2.1]");
  EXPECT_EQ(client_name(" [IPv6:::1]"), "[IPv6:::1]");
  EXPECT_EQ(client_name(" MY_PC"), "MY_PC");
  EXPECT_EQ(client_name(" ::1"), "::1");
  EXPECT_EQ(client_name(" b\xc3\xbc"
                        "cher.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(client_name(" MY_B\xc3\xbc"
                        "CHER"),
            "MY_B??CHER");
  for (const char* bad : {"", " ", " a b", " (x)", " a\r", " [x]", " <a>", " a@b", " a;b", " \xff"})
    EXPECT_EQ(client_name(bad), "error") << bad;
}

TEST(Errors, TheFirstOneStays) {
  Cursor in(" x");
  in.need("A");
  in.fail(Reply(555, "5.5.4", "later"));
  in.end();
  EXPECT_EQ(in.error()->code(), 501);
  EXPECT_TRUE(in.rest().empty());
}

}  // namespace
}  // namespace postroom::smtp
