// RFC 3501 9, production by production.
#include "protocols/imap/cursor.h"

#include <gtest/gtest.h>

namespace postroom::imap {
namespace {

using namespace std::string_view_literals;

/// What `read` made of `text`, or "expected … at …".
template <class Read>
std::string read(std::string_view text, Read read_it) {
  Cursor in(text);
  const std::string value(read_it(in));
  in.end();
  if (!in.error()) return value;
  return "expected " + std::string(in.error()->expected) + " at " + std::to_string(in.error()->at);
}

/// The same after ENABLE IMAP4rev2 or UTF8=ACCEPT.
template <class Read>
std::string read_utf8(std::string_view text, Read read_it) {
  return read(text, [read_it](Cursor& in) {
    in.set_utf8(true);
    return read_it(in);
  });
}

std::string astring(std::string_view text) {
  return read(text, [](Cursor& in) { return in.astring(); });
}

TEST(Cursor, Atom) {
  const auto atom = [](std::string_view text) { return read(text, [](Cursor& in) { return in.atom(); }); };
  EXPECT_EQ(atom("a+b.c#~&$"), "a+b.c#~&$");
  EXPECT_EQ(atom(""), "expected atom at 0");
  for (const char special : "(){%*\"\\] \x7f\x01\x80"sv)
    EXPECT_EQ(atom(std::string("a") + special), "expected the end of the command at 1") << special;
}

TEST(Cursor, Astring) {
  EXPECT_EQ(astring("a]b"), "a]b");
  EXPECT_EQ(astring("\"\""), "");
  EXPECT_EQ(astring("\"a \\\"b\\\\ (c)\""), "a \"b\\ (c)");
  EXPECT_EQ(astring("{0}\r\n"), "");
  EXPECT_EQ(astring("{5}\r\na\r\n\"\xff"), "a\r\n\"\xff");
  EXPECT_EQ(astring("{5+}\r\nabcde"), "abcde");
  EXPECT_EQ(astring(""), "expected astring at 0");
  EXPECT_EQ(astring("(a)"), "expected astring at 0");
}

TEST(Cursor, Quoted) {
  for (const auto bad : {"\"a"sv, "\"a\\"sv, "\"a\\b\""sv, "\"a\rb\""sv, "\"a\nb\""sv, "\"a\0b\""sv,
                         "\"\xc3\xa9\""sv, "\"a\\\""sv})
    EXPECT_EQ(astring(bad), "expected quoted string at 0") << bad;
}

// RFC 6855 3 quoted.
TEST(Cursor, QuotedUtf8) {
  const auto astring_utf8 = [](std::string_view text) {
    return read_utf8(text, [](Cursor& in) { return in.astring(); });
  };
  EXPECT_EQ(astring_utf8("\"\u00e9\\\"\u6f22\U0001f600\""), "\u00e9\"\u6f22\U0001f600");
  EXPECT_EQ(astring_utf8("{1}\r\n\xff"), "\xff");
  for (const auto bad :
       {"\"\xc3\""sv, "\"\xff\""sv, "\"\xed\xa0\x80\""sv, "\"\xc0\xaf\""sv, "\"\u00e9\r\""sv, "\"\u00e9"sv})
    EXPECT_EQ(astring_utf8(bad), "expected quoted string at 0") << bad;
  EXPECT_EQ(astring_utf8("\u00e9"), "expected astring at 0");
}

TEST(Cursor, Literal) {
  for (const auto bad : {"{5}\r\nabcd"sv, "{5}"sv, "{a}\r\nabcde"sv, "{5}abcde"sv, "{a {5}\r\nabcde"sv,
                         "{99999999999999999999}\r\n"sv, "{5\r\n}"sv})
    EXPECT_EQ(astring(bad), "expected literal at 0") << bad;
  EXPECT_EQ(astring("{2}\r\na\0"sv), "expected literal without NUL at 0");
  EXPECT_EQ(astring("{2}\r\nabc"), "expected the end of the command at 7");
}

TEST(Cursor, Nstring) {
  Cursor in("nil NIL NILS");
  EXPECT_EQ(in.nstring(), std::nullopt);
  in.sp();
  EXPECT_EQ(in.nstring(), std::nullopt);
  in.sp();
  EXPECT_FALSE(in.error());
  in.nstring();
  EXPECT_TRUE(in.error());
}

TEST(Cursor, Numbers) {
  const auto number = [](std::string_view text) {
    return read(text, [](Cursor& in) { return std::to_string(in.number()); });
  };
  EXPECT_EQ(number("0"), "0");
  EXPECT_EQ(number("007"), "7");
  EXPECT_EQ(number("4294967295"), "4294967295");
  EXPECT_EQ(number("4294967296"), "expected number at 0");
  EXPECT_EQ(number("-1"), "expected number at 0");
  EXPECT_EQ(number(std::string(1000, '9')), "expected number at 0");
  const auto nz = [](std::string_view text) {
    return read(text, [](Cursor& in) { return std::to_string(in.nz_number()); });
  };
  EXPECT_EQ(nz("1"), "1");
  EXPECT_EQ(nz("0"), "expected nz-number at 0");
  const auto valzer = [](std::string_view text) {
    return read(text, [](Cursor& in) { return std::to_string(in.mod_sequence_valzer()); });
  };
  EXPECT_EQ(valzer("0"), "0");
  EXPECT_EQ(valzer("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(valzer("9223372036854775808"), "expected mod-sequence-valzer at 0");
  Cursor zero("0");
  zero.mod_sequence_value();
  ASSERT_TRUE(zero.error());
  EXPECT_EQ(zero.error()->expected, "mod-sequence-value");
}

TEST(Cursor, SequenceSet) {
  const auto set = [](std::string_view text) {
    return read(text, [](Cursor& in) {
      std::string ranges;
      const SequenceSet read_set = in.sequence_set();
      for (const auto& range : read_set.ranges)
        ranges += std::to_string(range.first) + ":" + std::to_string(range.last) + " ";
      return ranges + (read_set.saved ? "saved" : "");
    });
  };
  EXPECT_EQ(set("1"), "1:1 ");
  EXPECT_EQ(set("*"), "0:0 ");
  EXPECT_EQ(set("*:4,5:7,9"), "0:4 5:7 9:9 ");
  EXPECT_EQ(set("$"), "saved");
  EXPECT_EQ(set("$,1"), "expected the end of the command at 1");
  EXPECT_EQ(set("1,$"), "expected sequence-set at 2");
  EXPECT_EQ(set("0"), "expected sequence-set at 0");
  EXPECT_EQ(set("1:"), "expected sequence-set at 2");
  EXPECT_EQ(set("1,,2"), "expected sequence-set at 2");
  EXPECT_EQ(set("1:2:3"), "expected the end of the command at 3");
  EXPECT_EQ(set("4294967296"), "expected sequence-set at 0");
}

TEST(Cursor, Mailbox) {
  const auto mailbox = [](std::string_view text) {
    return read(text, [](Cursor& in) { return in.mailbox().name; });
  };
  EXPECT_EQ(mailbox("inbox"), "INBOX");
  EXPECT_EQ(mailbox("\"InBox\""), "INBOX");
  EXPECT_EQ(mailbox("Entw&APw-rfe"), "Entw\u00fcrfe");
  EXPECT_EQ(mailbox("{5}\r\na b/c"), "a b/c");
  EXPECT_EQ(mailbox("a&b"), "expected a mailbox name in modified UTF-7 at 0");
  EXPECT_EQ(mailbox("{2}\r\n\xc3\xa9"), "expected a mailbox name in modified UTF-7 at 0");
}

// RFC 9051 5.1.
TEST(Cursor, MailboxInUtf8) {
  const auto mailbox = [](std::string_view text) {
    return read_utf8(text, [](Cursor& in) {
      const MailboxName name = in.mailbox();
      return name.name + (name.given == name.name ? "" : " for " + name.given);
    });
  };
  EXPECT_EQ(mailbox("inbox"), "INBOX for inbox");
  EXPECT_EQ(mailbox("\"Entw\u00fcrfe\""), "Entw\u00fcrfe");
  EXPECT_EQ(mailbox("{2}\r\n\u00e9"), "\u00e9");
  EXPECT_EQ(mailbox("a&b"), "a&b");
  EXPECT_EQ(mailbox("Entw&APw-rfe"), "Entw&APw-rfe");
  EXPECT_EQ(mailbox("\"e\u0301t\u00e9\""), "\u00e9t\u00e9 for e\u0301t\u00e9");
  EXPECT_EQ(mailbox("{1}\r\n\xe9"), "expected a mailbox name in UTF-8 at 0");
}

TEST(Cursor, ListMailbox) {
  const auto pattern = [](std::string_view text) {
    return read(text, [](Cursor& in) { return in.list_mailbox(); });
  };
  EXPECT_EQ(pattern("a/%*]"), "a/%*]");
  EXPECT_EQ(pattern("\"\""), "");
  EXPECT_EQ(pattern("&AOk-*"), "\u00e9*");
  EXPECT_EQ(pattern(""), "expected list-mailbox at 0");
  EXPECT_EQ(pattern("a b"), "expected the end of the command at 1");
}

TEST(Cursor, FlagList) {
  Cursor in("(\\seen \\Deleted $Forwarded work WORK)");
  const FlagNames flags = in.flag_list();
  EXPECT_FALSE(in.error());
  EXPECT_EQ(flags.system, Flags::seen | Flags::deleted);
  EXPECT_EQ(flags.keywords, (std::vector<std::string>{"$Forwarded", "work"}));
  const auto list = [](std::string_view text) {
    return read(text, [](Cursor& cursor) { return std::to_string(cursor.flag_list().system); });
  };
  EXPECT_EQ(list("()"), "0");
  EXPECT_EQ(list("(\\Recent)"), "expected flag at 1");
  EXPECT_EQ(list("(\\Seenish)"), "expected flag at 1");
  EXPECT_EQ(list("(\\*)"), "expected flag at 1");
  EXPECT_EQ(list("(\\Seen"), "expected ) at 6");
  EXPECT_EQ(list("( \\Seen)"), "expected flag-keyword at 1");
}

// Each is compared with those before; one more than there can be is enough to be refused.
TEST(Cursor, OfTooManyKeywordsFewAreKept) {
  std::string text = "(";
  for (int i = 0; i < 20'000; ++i) text.append(i > 0 ? " k" : "k").append(std::to_string(i));
  text += ')';
  Cursor in(text);
  EXPECT_EQ(in.flag_list().keywords.size(), Flags::max_keywords + 1);
  in.end();
  EXPECT_FALSE(in.error());
}

TEST(Cursor, Dates) {
  const auto date = [](std::string_view text) {
    return read(text, [](Cursor& in) { return std::to_string(in.date().time_since_epoch().count()); });
  };
  EXPECT_EQ(date("1-Jan-1970"), "0");
  EXPECT_EQ(date("\"2-Jan-1970\""), "86400");
  EXPECT_EQ(date("\"2-Jan-1970"), "expected \" at 11");
  EXPECT_EQ(date("30-Feb-2000"), "expected date at 0");
  const auto date_time = [](std::string_view text) {
    return read(text, [](Cursor& in) { return std::to_string(in.date_time().time_since_epoch().count()); });
  };
  EXPECT_EQ(date_time("\" 1-Jan-1970 01:00:01 +0100\""), "1");
  EXPECT_EQ(date_time("\" 1-Jan-1970 01:00:01\""), "expected date-time at 0");
  EXPECT_EQ(date_time("\" 1-Jan-1970 01:00:01 +0100"), "expected \" at 27");
}

TEST(Cursor, StreamedLiteral) {
  Cursor in("{310+}");
  const Announced literal = in.streamed_literal();
  in.end();
  EXPECT_FALSE(in.error());
  EXPECT_EQ(literal.size, 310U);
  EXPECT_FALSE(literal.synchronising);
  for (const auto bad : {"{310}x"sv, "{a {310}"sv, "x{310}"sv, "{310}\r\n"sv, "310"sv, ""sv}) {
    Cursor wrong(bad);
    wrong.streamed_literal();
    EXPECT_TRUE(wrong.error()) << bad;
  }
}

TEST(Cursor, KeepsItsFirstError) {
  Cursor in("a b");
  in.nz_number();
  in.sp();
  EXPECT_EQ(in.atom(), "");
  in.end();
  EXPECT_EQ(in.error()->expected, "nz-number");
  EXPECT_EQ(in.error()->at, 0U);
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(in.peek(), '\0');
}

TEST(Cursor, TakesWholeWords) {
  Cursor in("ALLSORTS");
  EXPECT_FALSE(in.take_word("ALL"));
  EXPECT_TRUE(in.take_word("allsorts"));
}

}  // namespace
}  // namespace postroom::imap
