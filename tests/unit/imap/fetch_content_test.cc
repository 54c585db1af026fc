// FETCH of messages that vanish while they are read, and how much is read at a time.
#include <gtest/gtest.h>

#include "protocols/imap/content.h"
#include "protocols/mime/base64_part.h"
#include "protocols/mime/facts.h"
#include "tests/support/session_world.h"

namespace postroom::imap {
namespace {

// Knows the parts of its messages, and loses them on demand.
class VanishingStore : public postroom::testing::FakeStore {
 public:
  std::uint64_t readable = ~std::uint64_t{0};  ///< bytes that are given out before all is gone
  std::size_t reads = 0;
  std::size_t largest = 0;

  Task<std::vector<MessageRow>> fetch(MailboxId mailbox, UidSet uids, std::uint32_t want) override {
    std::vector<MessageRow> rows = co_await FakeStore::fetch(mailbox, uids, want);
    for (MessageRow& row : rows) {
      const std::string bytes = co_await FakeStore::read(row.content, 0, row.size);
      row.parts = mime::facts_of(bytes).parts;
    }
    co_return rows;
  }

  Task<std::string> read(ContentId content, std::uint64_t offset, std::size_t length) override {
    ++reads;
    largest = std::max(largest, length);
    std::string bytes = co_await FakeStore::read(content, offset, length);
    bytes.resize(std::min<std::uint64_t>(bytes.size(), readable));
    readable -= bytes.size();
    co_return bytes;
  }
};

class FetchContent : public ::testing::Test {
 protected:
  FetchContent() { store.add_account("alice@example.org"); }

  void add(const std::string& bytes) { store.add_message("alice@example.org", bytes); }

  // What the client gets for FETCH with these arguments; ends in "(connection ended)" if it was.
  std::string fetch(std::string_view arguments) {
    Session session(world.connection(), service, options);
    std::string answer;
    world.runtime.spawn(run(session, arguments, answer));
    EXPECT_TRUE(world.runtime.run());
    return std::exchange(world.wire.to_client, {}) + std::string(session.wire.view()) + answer;
  }

  postroom::testing::SessionWorld world;
  VanishingStore store;

 private:
  static Task<> run(Session& session, std::string_view arguments, std::string& answer) {
    const AccountId account{1};
    const auto snapshot = co_await session.store().open(account, "INBOX", false);
    session.view =
        std::make_unique<View>(session.store().changes(), *snapshot, session.stream->signal(), true);
    session.state = State::selected;
    try {
      for (const Command* command : commands()) {
        if (command->name != "FETCH") continue;
        const Tagged reply = co_await command->handle(session, Cursor(arguments));
        answer = reply.kind == Tagged::Kind::ok ? "OK" : "NO " + reply.code;
      }
    } catch (const ConnectionEnded&) {
      answer = "(connection ended)";
    }
  }

  Options options;
  Service service{world.runtime, store, world.authenticator, world.gate, nullptr, "mail.example.org", false};
};

TEST_F(FetchContent, SmallMessagesAreReadTogether) {
  add("Subject: a\r\n\r\none");
  add("Subject: b\r\n\r\ntwo");
  EXPECT_EQ(
      fetch(" 1:2 (BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (SUBJECT)])"),
      "* 1 FETCH (BODY[TEXT] {3}\r\none BODY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: a\r\n\r\n)\r\n"
      "* 2 FETCH (BODY[TEXT] {3}\r\ntwo BODY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: b\r\n\r\n)\r\nOK");
  EXPECT_EQ(store.reads, 2u);
}

TEST_F(FetchContent, OnlyWhatIsSentIsRead) {
  add("Subject: a\r\n\r\n" + std::string(50'000, 'x'));
  fetch(" 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]");
  EXPECT_EQ(store.largest, 14u);
  fetch(" 1 BODY.PEEK[]<10.20>");
  EXPECT_EQ(store.largest, 20u);
  fetch(" 1 (FLAGS BODY.PEEK[7])");
  EXPECT_EQ(store.largest, 20u);
}

TEST_F(FetchContent, ALargeMessageIsReadInPieces) {
  add("\r\n" + std::string(1'000'000, 'x'));
  const std::string answer = fetch(" 1 (BODY.PEEK[TEXT])");
  EXPECT_EQ(answer, "* 1 FETCH (BODY[TEXT] {1000000}\r\n" + std::string(1'000'000, 'x') + ")\r\nOK");
  EXPECT_LE(store.largest, 256u * 1024);
}

TEST_F(FetchContent, WhatIsGoneBeforeItIsReadIsNil) {
  add("Subject: a\r\n\r\none");
  store.readable = 0;
  EXPECT_EQ(fetch(" 1 (UID BODY.PEEK[])"), "* 1 FETCH (UID 1 BODY[] NIL)\r\nNO EXPUNGEISSUED");
  EXPECT_EQ(fetch(" 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]"),
            "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] NIL)\r\nNO EXPUNGEISSUED");
}

TEST_F(FetchContent, NoPaddingIsEverTakenForMail) {
  add("\r\n" + std::string(600'000, 'x'));
  store.readable = 300'000;
  const std::string answer = fetch(" 1 BODY.PEEK[TEXT]");
  const std::string head = "* 1 FETCH (BODY[TEXT] {600000}\r\n";
  EXPECT_EQ(answer, head + std::string(300'000, 'x') + "(connection ended)");
}

// A tagged NO would be taken for what is missing of the literal.
TEST_F(FetchContent, AFaultInAResponseEndsTheConnection) {
  log::set_level(log::Level::error);
  add("\r\n" + std::string(600'000, 'x'));
  store.fail_reads_from = 300'000;
  const std::string answer = fetch(" 1 BODY.PEEK[]");
  EXPECT_EQ(answer.substr(0, 28), "* 1 FETCH (BODY[] {600002}\r\n");
  EXPECT_LT(answer.size(), 400'000u);
  EXPECT_TRUE(answer.ends_with("x(connection ended)"));
}

TEST_F(FetchContent, ALargeHeaderIsFilteredInPieces) {
  std::string header = "Subject: a\r\n";
  while (header.size() < 700'000) header += "X-Padding: 0123456789\r\n";
  add(header + "To: b\r\n\r\nbody");
  EXPECT_EQ(fetch(" 1 BODY.PEEK[HEADER.FIELDS (SUBJECT TO)]"),
            "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT TO)] {21}\r\nSubject: a\r\nTo: b\r\n\r\n)\r\nOK");
  EXPECT_EQ(fetch(" 1 BODY.PEEK[HEADER.FIELDS (SUBJECT TO)]<9.6>"),
            "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT TO)]<9> {6}\r\na\r\nTo:)\r\nOK");
  EXPECT_LE(store.largest, 256u * 1024);
}

std::string in_base64(const std::string& bytes) {
  std::string text = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  mime::Base64Lines lines;
  lines.feed(bytes, text);
  lines.finish(text);
  return text;
}

std::string picture(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * i % 251);
  return bytes;
}

TEST_F(FetchContent, ALargePartIsDecodedInPieces) {
  const std::string bytes = picture(1'000'000);
  add(in_base64(bytes));
  EXPECT_TRUE(fetch(" 1 (BINARY.PEEK[1] BINARY.SIZE[1])") ==
              "* 1 FETCH (BINARY[1] ~{1000000}\r\n" + bytes + " BINARY.SIZE[1] 1000000)\r\nOK");
  EXPECT_LE(store.largest, 256u * 1024);
}

// As clients take an attachment. From the beginning each time it would be 70 reads, of a real one millions.
TEST_F(FetchContent, PartAfterPartIsDecodedOnce) {
  const std::string bytes = picture(1'000'000);
  add(in_base64(bytes));
  std::string wanted = " 1 (";
  std::string expected = "* 1 FETCH (";
  for (std::size_t at = 0; at < bytes.size(); at += 100'000) {
    if (at > 0) wanted += " ";
    if (at > 0) expected += " ";
    wanted += "BINARY.PEEK[1]<" + std::to_string(at) + ".100000>";
    expected += "BINARY[1]<" + std::to_string(at) + "> ~{100000}\r\n" + bytes.substr(at, 100'000);
  }
  EXPECT_TRUE(fetch(wanted + ")") == expected + ")\r\nOK");
  EXPECT_LE(store.reads, 35u);
}

TEST_F(FetchContent, ADecodedPartMayVanishToo) {
  add(in_base64(picture(600'000)));
  store.readable = 300'000;
  EXPECT_EQ(fetch(" 1 (BINARY.PEEK[1] UID)"), "* 1 FETCH (BINARY[1] NIL UID 1)\r\nNO EXPUNGEISSUED");
  store.readable = 1'000'000;  // while it is sent
  EXPECT_TRUE(fetch(" 1 BINARY.PEEK[1]").ends_with("(connection ended)"));
}

}  // namespace
}  // namespace postroom::imap
