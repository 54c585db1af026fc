// The client with servers that always answer in time and are never done: what is done with one of them has a
// limit as a whole.
#include "tests/unit/smtp/client_fixture.h"

namespace postroom::smtp {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class ClientPatience : public ClientTest {
 protected:
  /// The server says a little every so often, until the client has had enough.
  minutes drip(std::string_view bytes, minutes every, const std::function<bool()>& over) {
    const TimePoint begin = runtime.now();
    while (!over() && runtime.now() < begin + hours(100)) {
      say(bytes);
      runtime.advance(every);
    }
    return std::chrono::floor<minutes>(runtime.now() - begin);
  }
};

TEST_F(ClientPatience, AGreetingThatNeverEndsIsNotWaitedFor) {
  connect();
  begin(client->greet());
  EXPECT_LE(drip("220-x\r\n", minutes(1), [&] { return reply_.has_value(); }), minutes(5));
  EXPECT_TRUE(reply_->ours);
}

TEST_F(ClientPatience, AnIntroductionHasALimit) {
  connect();
  begin(client->greet());
  runtime.advance(minutes(4));
  say("220 mx.example.com\r\n");
  runtime.advance(minutes(4));
  say("500 what?\r\n");
  runtime.advance(minutes(4));
  say("250 hello\r\n");
  ASSERT_TRUE(client->usable());
  begin(client->start_tls(tls));
  runtime.advance(minutes(2));
  EXPECT_EQ(reply(), "waits");
  runtime.advance(minutes(2));
  EXPECT_TRUE(reply_ && reply_->ours) << reply();
}

TEST_F(ClientPatience, ATransactionHasALimit) {
  for (const bool pipelining : {false, true}) {
    connect_to(pipelining ? std::vector<std::string>{"PIPELINING"} : std::vector<std::string>{});
    std::vector<std::string> all(100, "bob@example.com");
    to(all);
    begin_send();
    EXPECT_LE(drip("250 ok\r\n", minutes(4), [&] { return replies_.has_value(); }), hours(1) + minutes(4));
    ASSERT_TRUE(replies_);
    EXPECT_TRUE(replies_->front().ours && replies_->front().transient() && !replies_->front().unsure);
    EXPECT_FALSE(client->usable());
  }
}

TEST_F(ClientPatience, ALargeMessageHasMoreTime) {
  connect_to({});
  content(std::string(40'000'000, 'x') + "\r\n");
  source.piece = 64 << 10;
  begin_send();
  say("250 ok\r\n");
  say("250 ok\r\n");
  wire.send_room = 0;
  say("354 go\r\n");
  // Some of it is taken whenever the client is about to give up.
  const TimePoint begin = runtime.now();
  while (!replies_ && runtime.now() < begin + hours(100)) {
    wire.send_room = 20 << 10;
    wire.poke();
    runtime.advance(minutes(2));
    wire.to_client.clear();
  }
  const auto took = std::chrono::floor<minutes>(runtime.now() - begin);
  EXPECT_GT(took, hours(3));
  EXPECT_LT(took, hours(4));
}

// RFC 5321 4.5.3.2.6: not to wait for it would have the message sent twice.
TEST_F(ClientPatience, TheAnswerToTheEndHasItsTimeHoweverLateItIs) {
  connect_to({});
  begin_send();
  for (const char* answer : {"250 ok\r\n", "250 ok\r\n"}) {
    runtime.advance(minutes(4));
    say(answer);
  }
  say("354 go\r\n");
  runtime.advance(minutes(9));
  say("250 taken\r\n");
  EXPECT_EQ(replies(), "250 2.0.0 taken");
}

TEST_F(ClientPatience, TheAnswersOfLmtpHaveALimitTogether) {
  options.lmtp = true;
  connect_to({"PIPELINING"});
  to(std::vector<std::string>(100, "bob@example.com"));
  begin_send();
  for (int i = 0; i < 101; ++i) say("250 ok\r\n");
  say("354 go\r\n");
  EXPECT_LE(drip("250 taken\r\n", minutes(9), [&] { return replies_.has_value(); }), hours(1) + minutes(20));
  EXPECT_TRUE(replies_->front().positive());
  EXPECT_TRUE(replies_->back().unsure);
}

}  // namespace
}  // namespace postroom::smtp
