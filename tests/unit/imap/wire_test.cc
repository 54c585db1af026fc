// RFC 3501 9, what servers send.
#include "protocols/imap/wire.h"

#include <gtest/gtest.h>

namespace postroom::imap {
namespace {

TEST(Wire, Strings) {
  Wire wire;
  wire.astring("atom]").raw(" ").astring("").raw(" ").astring("a b").raw(" ").astring("nil").raw(" ").string(
      "a\"\\");
  EXPECT_EQ(wire.view(), "atom] \"\" \"a b\" \"nil\" \"a\\\"\\\\\"");
  wire.clear();
  wire.string("a\r\nb").raw(" ").literal_header(310);
  EXPECT_EQ(wire.view(), "{4}\r\na\r\nb {310}\r\n");
}

TEST(Wire, Mailboxes) {
  Wire wire;
  wire.mailbox("INBOX")
      .raw(" ")
      .mailbox("Entw\u00fcrfe")
      .raw(" ")
      .mailbox("a&b")
      .raw(" ")
      .mailbox("a b")
      .raw(" ")
      .mailbox("50%");
  EXPECT_EQ(wire.view(), "INBOX Entw&APw-rfe a&-b \"a b\" \"50%\"");
}

TEST(Wire, MailboxesInUtf8) {
  Wire wire;
  wire.send_utf8();
  wire.mailbox("INBOX")
      .raw(" ")
      .mailbox("Entw\u00fcrfe")
      .raw(" ")
      .mailbox("a&b")
      .raw(" ")
      .mailbox("\u00e9\\\"");
  EXPECT_EQ(wire.view(), "INBOX \"Entw\u00fcrfe\" a&b \"\u00e9\\\\\\\"\"");
}

// RFC 3501 and RFC 9051 9 media-message.
TEST(Wire, BodiesOfTwoRevisions) {
  const auto sent = [](std::string_view stored, bool rev2) {
    Wire wire;
    wire.body(stored, rev2);
    return std::string(wire.view());
  };
  constexpr std::string_view stored("(a\0( b (c\0( d\0)) e\0) f)", 23);
  EXPECT_EQ(sent(stored, false), "(a f)");
  EXPECT_EQ(sent(stored, true), "(a b (c d) e f)");
  EXPECT_EQ(sent("(a)", false), "(a)");
  EXPECT_EQ(sent(std::string_view("(a\0", 3), false), "(a");
}

TEST(Wire, FlagsInOneOrder) {
  Wire wire;
  Flags flags;
  wire.flags(flags, false, {});
  flags.bits = Flags::system | Flags::keyword(0) | Flags::keyword(2);
  wire.raw(" ").flags(flags, true, {"a", "b", "c"}).raw(" ").flags(flags, false, {});
  EXPECT_EQ(wire.view(),
            "() (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\Recent a c) (\\Answered \\Flagged \\Deleted "
            "\\Seen \\Draft)");
  wire.clear();
  flags.bits = 0;
  wire.flag_list(flags, {}, "\\*");
  EXPECT_EQ(wire.view(), "(\\*)");
}

TEST(Wire, Responses) {
  Wire wire;
  wire.untagged(23, "EXISTS");
  wire.untagged_ok("UIDNEXT 5", "next");
  wire.continuation("go on");
  wire.tagged("a1", ok("done"));
  wire.tagged("a2", no(Code::try_create, "none"));
  wire.tagged("a3", ok_with("APPENDUID 1 2", "done"));
  wire.tagged("*", bad("what"));
  wire.bye(Code::none, "goodbye");
  wire.bye(Code::unavailable, "later");
  EXPECT_EQ(wire.view(),
            "* 23 EXISTS\r\n* OK [UIDNEXT 5] next\r\n+ go on\r\na1 OK done\r\na2 NO [TRYCREATE] none\r\n"
            "a3 OK [APPENDUID 1 2] done\r\n* BAD what\r\n* BYE goodbye\r\n* BYE [UNAVAILABLE] later\r\n");
}

TEST(Wire, Dates) {
  Wire wire;
  wire.date_time(WallTime(std::chrono::seconds(0)));
  EXPECT_EQ(wire.view(), "\" 1-Jan-1970 00:00:00 +0000\"");
}

TEST(Wire, Sets) {
  UidSet set(1, 3);
  set.add(5);
  EXPECT_EQ(format_set(set), "1:3,5");
  EXPECT_EQ(format_uids({304, 319, 320}), "304,319:320");
  EXPECT_EQ(format_uids({3, 1, 2}), "3,1:2");
  EXPECT_EQ(format_uids({}), "");
}

TEST(Wire, HoldsNoMemoryAtRest) {
  Wire wire;
  wire.raw(std::string(Wire::kHigh, 'x'));
  EXPECT_TRUE(wire.full());
  wire.clear();
  wire.rest();
  EXPECT_TRUE(wire.empty());
}

}  // namespace
}  // namespace postroom::imap
