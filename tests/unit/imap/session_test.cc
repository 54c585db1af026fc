// What transcripts cannot show of a session: faults of the store, back-pressure, and what waiting costs.
#include <deque>

#include "tests/support/heap.h"
#include "tests/unit/imap/session_fixture.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::imap {
namespace {

using postroom::testing::MemoryStream;

constexpr std::string_view kUnavailable =
    "NO [UNAVAILABLE] the server cannot do this now, try again later\r\n";

TEST_F(ImapSession, AFaultIsAnsweredAndTheSessionGoesOn) {
  log::set_level(log::Level::error);
  connect();
  store.fails = true;
  EXPECT_EQ(say("a LOGIN alice@example.org secret"), "a " + std::string(kUnavailable));
  store.fails = false;
  EXPECT_EQ(say("b LOGIN alice@example.org secret").substr(0, 5), "b OK ");
  store.fails = true;
  EXPECT_EQ(say("c SELECT INBOX"), "c " + std::string(kUnavailable));
  EXPECT_EQ(say("d NOOP"), "d OK NOOP completed\r\n");
}

// RFC 5530 3.
TEST_F(ImapSession, DamageIsNoPassingFault) {
  log::set_level(log::Level::error);
  log_in();
  store.damaged = true;
  EXPECT_EQ(say("a SELECT INBOX"), "a NO [CORRUPTION] what is stored is damaged\r\n");
}

// RFC 5182 2.1: only one that was to save.
TEST_F(ImapSession, ASearchThatFailsSavesNothing) {
  log::set_level(log::Level::error);
  for (int i = 0; i < 3; ++i) store.add_message("alice@example.org", "x");
  select();
  EXPECT_EQ(say("a SEARCH RETURN (SAVE) 1:2"), "a OK SEARCH completed, result saved\r\n");
  store.fails = true;
  EXPECT_EQ(say("b SEARCH SEEN"), "b " + std::string(kUnavailable));
  store.fails = false;
  EXPECT_NE(say("c SEARCH RETURN (COUNT) $").find("COUNT 2\r\n"), std::string::npos);
  store.fails = true;
  EXPECT_EQ(say("d SEARCH RETURN (SAVE) SEEN"), "d " + std::string(kUnavailable));
  store.fails = false;
  EXPECT_NE(say("e SEARCH RETURN (COUNT) $").find("COUNT 0\r\n"), std::string::npos);
}

TEST_F(ImapSession, WhatWasDoneIsAnsweredEvenIfItCannotBeTold) {
  select();
  store.arrive(1);
  store.fails_to_tell = true;
  EXPECT_EQ(say("a NOOP"), "a OK NOOP completed\r\n");
  store.fails_to_tell = false;
  EXPECT_EQ(say("b NOOP"), "* 1 EXISTS\r\n* 1 RECENT\r\nb OK NOOP completed\r\n");
}

TEST_F(ImapSession, ChangesThatComeInBatchesAreToldToTheEnd) {
  for (int i = 0; i < 3; ++i) store.add_message("alice@example.org", "x");
  select();
  store.arrive(4);
  store.first = store.next;
  store.first.more = true;
  store.first.changed.push_back({1, {Flags::seen}, 2});
  store.arrive(5);
  store.next.changed.push_back({2, {Flags::flagged}, 3});
  EXPECT_EQ(say("a NOOP"),
            "* 4 EXISTS\r\n* 4 RECENT\r\n* 1 FETCH (FLAGS (\\Seen \\Recent))\r\n"
            "* 5 EXISTS\r\n* 5 RECENT\r\n* 2 FETCH (FLAGS (\\Flagged \\Recent))\r\na OK NOOP completed\r\n");
  EXPECT_EQ(say("b NOOP"), "b OK NOOP completed\r\n");
}

// RFC 7162 3.2: what could not be told must not seem told.
TEST_F(ImapSession, AfterAFaultTheClientIsToldHowFarItKnows) {
  log_in();
  EXPECT_EQ(say("e ENABLE QRESYNC"), "* ENABLED QRESYNC\r\ne OK ENABLE completed\r\n");
  EXPECT_NE(say("s SELECT INBOX").find("s OK [READ-WRITE] "), std::string::npos);
  store.arrive(1);
  EXPECT_EQ(say("a NOOP"), "* 1 EXISTS\r\n* 1 RECENT\r\na OK NOOP completed\r\n");
  store.arrive(2);
  store.fails_to_tell = true;
  EXPECT_EQ(say("b NOOP"), "b OK [HIGHESTMODSEQ 2] NOOP completed\r\n");
  store.fails_to_tell = false;
  EXPECT_EQ(say("c NOOP"), "* 2 EXISTS\r\n* 2 RECENT\r\nc OK NOOP completed\r\n");
}
// What .SILENT may hide is what the client did itself.
TEST_F(ImapSession, ASilentStoreThatChangesNothingHidesNothing) {
  store.add_message("alice@example.org", "x");
  select();
  EXPECT_EQ(say("a STORE 1 -FLAGS.SILENT (\\Draft)"),
            "* 1 FETCH (FLAGS (\\Seen \\Recent))\r\na OK STORE completed\r\n");
}

TEST_F(ImapSession, IdleEndsWhenItCanTellNothing) {
  select();
  EXPECT_EQ(say("a IDLE"), "+ idling\r\n");
  store.fails_to_tell = true;
  store.arrive(1);
  EXPECT_EQ(world.heard(), "a " + std::string(kUnavailable));
}

TEST_F(ImapSession, TooManySubscriptionsAreNoFault) {
  log_in();
  EXPECT_EQ(say("a SUBSCRIBE INBOX"), "a NO [LIMIT] too many subscriptions\r\n");
}

// How often others get the loop until the answer is there.
Task<> count_turns(Runtime& runtime, const std::string& answer, int& turns) {
  while (!answer.ends_with("completed\r\n") && turns < 10'000) {
    co_await sleep_until(runtime, runtime.now());
    ++turns;
  }
}

TEST_F(ImapSession, LongAnswersGiveWay) {
  for (Uid uid = 1; uid <= 3000; ++uid) store.add_message("alice@example.org", "x");
  select();
  const auto turns = [this](const std::string& command) {
    int count = 0;
    world.wire.to_server += command + "\r\n";
    world.wire.poke();
    world.runtime.spawn(count_turns(world.runtime, world.wire.to_client, count));
    world.heard();
    return count;
  };
  EXPECT_LE(turns("a FETCH 1:10 UID"), 2);
  EXPECT_GE(turns("b FETCH 1:* FLAGS"), 3);
  std::string many = "UID";
  for (int i = 1; i < 100; ++i) many += " UID";
  EXPECT_GE(turns("c FETCH 1:100 (" + many + ")"), 10);
  store.vanish(UidSet(1, 3000));
  EXPECT_GE(turns("d NOOP"), 3);
}

TEST_F(ImapSession, PipelinedCommandsGiveWay) {
  log_in();
  const std::string flood = postroom::testing::repeated("a CAPABILITY\r\n", 1600);
  EXPECT_GE(world.turns(flood + "b LOGOUT\r\n"), 100);
}

TEST_F(ImapSession, CommandsBeforeTheLoginAreCounted) {
  connect();
  world.say(postroom::testing::repeated("a NOOP\r\n", 99));
  EXPECT_FALSE(world.closed());
  EXPECT_EQ(say("b NOOP"), "b OK NOOP completed\r\n* BYE too many commands\r\n");
  EXPECT_TRUE(world.closed());
}

TEST_F(ImapSession, ABugEndsTheConnection) {
  log_in();
  EXPECT_EQ(say("a LSUB \"\" *"), "");  // this store throws logic_error
  EXPECT_TRUE(world.closed());
  EXPECT_TRUE(world.session_ended());
}

TEST_F(ImapSession, WhoLeavesBeforeTheHandshakeIsLeft) {
  service.tls = &world.tls;
  connect();
  world.wire.closed = true;
  EXPECT_EQ(world.say("a STARTTLS\r\n").substr(0, 5), "a OK ");
  EXPECT_TRUE(world.session_ended());
}

TEST_F(ImapSession, AClientThatDoesNotReadIsNotReadFrom) {
  log_in();
  world.wire.send_room = 0;
  std::string flood;
  for (int i = 0; i < 100'000; ++i) flood += "a NOOP\r\n";
  EXPECT_EQ(world.say(flood), "");
  EXPECT_GT(world.wire.to_server.size(), flood.size() / 2);
  world.wire.send_room = ~std::size_t{0};
  const std::string answers = world.say("");
  EXPECT_EQ(answers.size(), 100'000 * std::string_view("a OK NOOP completed\r\n").size());
}

TEST_F(ImapSession, AClientThatDoesNotReadIsLeft) {
  log_in();
  world.wire.send_room = 0;
  world.say("a NOOP\r\n");
  world.runtime.advance(options.write_timeout - std::chrono::seconds(1));
  EXPECT_FALSE(world.closed());
  world.runtime.advance(std::chrono::seconds(1));
  EXPECT_TRUE(world.session_ended());
}

TEST_F(ImapSession, AnEndInTheMiddleOfAnythingIsAnEnd) {
  const std::string_view conversation =
      "a LOGIN alice@example.org {6}\r\nsecret\r\nb SELECT INBOX\r\nc IDLE\r\nDONE\r\n";
  for (std::size_t length = 0; length <= conversation.size(); ++length) {
    world.wire = postroom::testing::Wire();
    connect();
    world.say(conversation.substr(0, length));
    world.hang_up();
    EXPECT_TRUE(world.session_ended()) << length;
  }
}

using postroom::testing::heap;

// The stream is the server's affair; everything else that a client in IDLE costs is counted here.
TEST_F(ImapSession, IdleCostsLittle) {
  constexpr std::size_t kSessions = 100;
  for (Uid uid = 1; uid <= 100; ++uid) store.add_message("alice@example.org", "x");
  std::deque<postroom::testing::Wire> wires(kSessions);
  const auto idle = [this](postroom::testing::Wire& wire) {
    Connection connection;
    connection.stream = std::make_unique<MemoryStream>(world.runtime, wire);
    connection.peer = world.peer;
    wire.to_server = "a LOGIN alice@example.org secret\r\nb SELECT INBOX\r\nc IDLE\r\n";
    world.runtime.spawn(serve(std::move(connection), service, options));
    world.runtime.settle();
    EXPECT_NE(wire.to_client.find("+ idling"), std::string::npos);
    std::string().swap(wire.to_client);
    std::string().swap(wire.to_server);
  };
  idle(wires[0]);
  const std::size_t before = heap();
  for (std::size_t i = 1; i < kSessions; ++i) idle(wires[i]);
  const std::size_t each = (heap() - before) / (kSessions - 1);
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, 4096U);
  for (auto& wire : wires) {
    wire.closed = true;
    wire.poke();
  }
  EXPECT_TRUE(world.runtime.run());
}

}  // namespace
}  // namespace postroom::imap
