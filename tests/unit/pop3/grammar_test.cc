// Pure parts of POP3: arguments, dot-stuffing, TOP, the maildrop.
#include <gtest/gtest.h>

#include "protocols/pop3/cursor.h"
#include "protocols/pop3/maildrop.h"
#include "protocols/pop3/multiline.h"
#include "protocols/pop3/reply.h"

namespace postroom::pop3 {
namespace {

TEST(Cursor, Words) {
  Cursor in(" alice 5");
  EXPECT_EQ(in.word("a name"), "alice");
  EXPECT_EQ(in.number("a number"), 5u);
  in.end();
  EXPECT_FALSE(in.error());
}

TEST(Cursor, TheRestWithItsSpaces) {
  Cursor in("  a b ");
  EXPECT_EQ(in.rest("a password"), " a b ");
  EXPECT_FALSE(in.error());
}

TEST(Cursor, ErrorsSayWhatWasExpected) {
  const auto number = [](std::string_view text) {
    Cursor in(text);
    in.number("a number");
    in.end();
    return in.error().value_or("");
  };
  EXPECT_EQ(number(" 1"), "");
  EXPECT_EQ(number(" 9999999999"), "");
  for (const char* bad : {"", " ", "1", " x", " -1", " +1", " 1x", " 0x1", " 99999999999", "  1"})
    EXPECT_EQ(number(bad), "a number") << bad;
  EXPECT_EQ(number(" 1 "), "nothing more");
  EXPECT_EQ(number(" 1 2"), "nothing more");
}

std::string stuffed(const std::string& message, std::size_t size) {
  DotStuffer stuffer;
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += size)
    stuffer.append(std::string_view(message).substr(at, size), out);
  stuffer.finish(out);
  return out;
}

TEST(DotStuffer, StuffsAndEndsTheLastLineInEverySlicing) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"a\r\n", "a\r\n"},
      {"a", "a\r\n"},
      {".\r\n", "..\r\n"},
      {".a\r\n..b\r\nc.\r\n", "..a\r\n...b\r\nc.\r\n"},
      {"a\r\n.", "a\r\n..\r\n"},
      {"a\r", "a\r\r\n"},
      {"\r\n\r\n.\r\n", "\r\n\r\n..\r\n"},
      // A bare LF becomes a CRLF.
      {"a\n.\n\n.b", "a\r\n..\r\n\r\n..b\r\n"},
      {"\n.\r\n\n\r\n", "\r\n..\r\n\r\n\r\n"},
      // A bare CR stays.
      {"a\r.\r\r\n\r\n.", "a\r.\r\r\n\r\n..\r\n"},
      {".\r.\r", "..\r.\r\r\n"},
  };
  for (const auto& [message, expected] : cases)
    for (std::size_t size = 1; size < 20; ++size) EXPECT_EQ(stuffed(message, size), expected) << size;
}

std::string top(const std::string& message, std::uint64_t lines, std::size_t size) {
  TopFilter filter(lines);
  std::string out;
  for (std::size_t at = 0; at < message.size() && !filter.done(); at += size) {
    const std::string_view piece = std::string_view(message).substr(at, size);
    out += piece.substr(0, filter.pass(piece));
  }
  return out;
}

TEST(TopFilter, HeaderAndSoManyLinesInEverySlicing) {
  const std::string message = "A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree\r\n";
  for (std::size_t size = 1; size < 40; ++size) {
    EXPECT_EQ(top(message, 0, size), "A: 1\r\nB: 2\r\n\r\n");
    EXPECT_EQ(top(message, 1, size), "A: 1\r\nB: 2\r\n\r\none\r\n");
    EXPECT_EQ(top(message, 2, size), "A: 1\r\nB: 2\r\n\r\none\r\n\r\n");
    EXPECT_EQ(top(message, 3, size), message);
    EXPECT_EQ(top(message, 9'999'999'999, size), message);
    EXPECT_EQ(top("\r\none\r\ntwo\r\n", 1, size), "\r\none\r\n");
    EXPECT_EQ(top("A: no body\r\n", 5, size), "A: no body\r\n");
    EXPECT_EQ(top("A: no body", 5, size), "A: no body");
    EXPECT_EQ(top("A\r\n\r\nlast", 5, size), "A\r\n\r\nlast");
    EXPECT_EQ(top("", 5, size), "");
    EXPECT_EQ(top("A: 1\n\n\none\ntwo\n", 2, size), "A: 1\n\n\none\n");
    EXPECT_EQ(top("A: 1\r\n\none\r\n", 0, size), "A: 1\r\n\n");
    EXPECT_EQ(top("A\r\n\r\r\nB\r\n\r\nbody\r\n", 0, size), "A\r\n\r\r\nB\r\n\r\n");
  }
}

MailboxSnapshot snapshot() {
  MailboxSnapshot made;
  made.status.id = MailboxId{1};
  made.status.uid_validity = 7;
  made.status.size = 60;
  made.uids.add(3, 4);
  made.uids.add(9);
  return made;
}

TEST(Maildrop, NumbersStayWhenMessagesAreMarked) {
  MaildropLocks locks;
  Maildrop maildrop(*locks.lock(AccountId{1}), snapshot());
  EXPECT_EQ(maildrop.count(), 3u);
  EXPECT_EQ(maildrop.octets(), 60u);
  EXPECT_EQ(maildrop.uid(0), std::nullopt);
  EXPECT_EQ(maildrop.uid(1), 3u);
  EXPECT_EQ(maildrop.uid(3), 9u);
  EXPECT_EQ(maildrop.uid(4), std::nullopt);
  EXPECT_EQ(maildrop.number(9), 3u);

  maildrop.mark_deleted(4, 20);
  EXPECT_EQ(maildrop.uid(2), std::nullopt);
  EXPECT_EQ(maildrop.uid(3), 9u);
  EXPECT_EQ(maildrop.number(9), 3u);
  EXPECT_EQ(maildrop.count(), 2u);
  EXPECT_EQ(maildrop.octets(), 40u);
  EXPECT_EQ(maildrop.present().size(), 2u);

  maildrop.unmark_all();
  EXPECT_EQ(maildrop.uid(2), 4u);
  EXPECT_EQ(maildrop.octets(), 60u);
}

TEST(MaildropLocks, OneAtATime) {
  MaildropLocks locks;
  {
    auto first = locks.lock(AccountId{1});
    EXPECT_TRUE(first);
    EXPECT_FALSE(locks.lock(AccountId{1}));
    EXPECT_TRUE(locks.lock(AccountId{2}));
    const Maildrop moved_into(std::move(*first), snapshot());
    first.reset();
    EXPECT_FALSE(locks.lock(AccountId{1}));
  }
  EXPECT_TRUE(locks.lock(AccountId{1}));
}

TEST(Reply, Bytes) {
  EXPECT_EQ(Reply::ok("2 320").bytes(), "+OK 2 320\r\n");
  EXPECT_EQ(Reply::error("[IN-USE] wait").bytes(), "-ERR [IN-USE] wait\r\n");
  EXPECT_EQ(Reply::said().bytes(), "");
}

}  // namespace
}  // namespace postroom::pop3
