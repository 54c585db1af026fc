// The client against a server that does whatever a server might: it refuses here and there, closes with and
// without a word, talks nonsense, interrupts; by SMTP and LMTP, with pipelining and without. Every answer is
// that recipient's own, and true: what was answered with 250 is stored, what was refused or surely lost is
// not.
#include <random>
#include <set>

#include "protocols/smtp/dot_reader.h"
#include "tests/support/sim_net.h"
#include "tests/unit/smtp/client_fixture.h"

namespace postroom::smtp {
namespace {

using Stored = std::multiset<std::pair<std::string, std::string>>;  // recipient, content

class OddServer {
 public:
  OddServer(std::unique_ptr<Stream> stream, std::uint64_t seed, bool lmtp)
      : stream_(std::move(stream)), reader_(*stream_, in_), dice_(seed), lmtp_(lmtp) {}

  Task<> run() {
    try {
      co_await say("220 odd");
      while (!over_) co_await turn();
      stream_->finish();
    } catch (const ConnectionEnded&) {
      // The client has left.
    }
    stream_.reset();
  }
  Stored stored;

 private:
  bool one_in(std::uint64_t count) { return dice_() % count == 0; }

  Task<> say(std::string line) {
    line += "\r\n";
    co_await stream_->write(line, kNever);
  }

  Task<> turn() {
    const TimePoint patience = stream_->runtime().now() + std::chrono::hours(1);
    const std::optional<Line> line = co_await reader_.read(2000, patience);
    if (!line) co_return;
    if (one_in(40)) co_return give_up();
    if (one_in(40)) {
      give_up();
      co_return co_await say("421 4.3.2 closing");
    }
    if (one_in(100)) co_return co_await say("what?");
    if (one_in(100)) mute_ = true;  // a reply that is left out would make all others somebody else's
    if (mute_) co_return;
    const std::string answer = answer_to(line->text);
    co_await say(answer);
    if (answer.starts_with("354")) co_await content();
  }

  std::string answer_to(std::string_view line) {
    const std::string_view verb = line.substr(0, 4);
    if (verb == "EHLO" && one_in(10)) return "502 5.5.1 no";
    if (verb == "EHLO" || verb == "LHLO") return one_in(2) ? "250-odd\r\n250 PIPELINING" : "250 odd";
    if (verb == "HELO") return "250 odd";
    if (verb == "MAIL") return answer_to_mail();
    if (verb == "RCPT") return answer_to_recipient(line.substr(9, line.find('>') - 9));
    if (verb == "DATA") return answer_to_data();
    over_ = verb == "QUIT";
    begun_ = false;
    recipients_.clear();
    return verb == "RSET" ? "250 reset" : over_ ? "221 bye" : "500 5.5.1 what?";
  }
  std::string answer_to_mail() {
    if (begun_) return "503 5.5.1 a second MAIL";
    if (one_in(8)) return one_in(2) ? "450 4.7.1 for all" : "550 5.7.1 for all";
    begun_ = true;
    return "250 ok";
  }
  std::string answer_to_recipient(std::string_view address) {
    const std::string whose = " for " + std::string(address);
    if (!begun_) return "503 5.5.1 for all";
    if (one_in(3)) return (one_in(2) ? "450 4.2.0" : "550 5.1.1") + whose;
    recipients_.emplace_back(address);
    return "250 2.1.5" + whose;
  }
  std::string answer_to_data() {
    if (recipients_.empty() && (lmtp_ || !begun_ || one_in(2))) return "503 5.5.1 for all";
    return one_in(10) ? "451 4.3.0 for all" : "354 go on";
  }

  /// Reads it all, or interrupts, and may stop reading.
  Task<> content() {
    DotReader dots;
    std::string all;
    bool interrupted = false;
    const std::size_t interrupt = one_in(6) ? dice_() % 3000 : ~std::size_t{0};
    while (!dots.done()) {
      if (all.size() >= interrupt && !interrupted) {
        interrupted = true;
        co_await say("552 5.3.4 for all");
        if (one_in(2)) co_return give_up();
      }
      if (in_.empty()) co_await stream_->read(in_, kNever);
      while (!in_.empty() && !dots.done()) {
        const DotReader::Piece piece = dots.next(in_.view());
        all += piece.content;
        in_.consume(piece.consumed);
      }
    }
    if (!interrupted) co_await judge(all);
    begun_ = false;
    recipients_.clear();
  }

  Task<> judge(std::string content) {
    if (recipients_.empty()) co_return co_await say("554 5.5.1 for nobody");
    const std::vector<std::string> asked = lmtp_ ? recipients_ : std::vector<std::string>{"all"};
    for (const std::string& whose : asked) {
      const bool takes = !one_in(4);
      if (takes) store(whose, content);
      if (one_in(20)) co_return give_up();
      const std::string answer = (takes ? "250 2.0.0" : "554 5.6.0") + (" for " + whose);
      co_await say(answer);
    }
  }
  void store(const std::string& whose, const std::string& content) {
    for (const std::string& recipient : recipients_)
      if (whose == "all" || whose == recipient) stored.emplace(recipient, content);
  }
  void give_up() { over_ = true; }

  std::unique_ptr<Stream> stream_;
  Buffer in_{4096};
  LineReader reader_;
  std::mt19937_64 dice_;
  const bool lmtp_;
  bool begun_ = false;
  bool over_ = false;
  bool mute_ = false;
  std::vector<std::string> recipients_;
};

/// What the client was told.
struct Told {
  Stored taken, unsure;
  int refused = 0, lost = 0;
};

void note(Told& told, const OutgoingMail& mail, const std::string& content,
          const std::vector<RemoteReply>& replies) {
  ASSERT_EQ(replies.size(), mail.recipients.size());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const RemoteReply& reply = replies[i];
    const std::string& address = mail.recipients[i].address;
    ASSERT_TRUE(reply.positive() || reply.transient() || reply.permanent()) << reply.shown();
    ASSERT_TRUE(reply.ours || reply.code == 421 || reply.text == "for all" || reply.text == "for " + address)
        << address << " got " << reply.shown();
    ASSERT_TRUE(reply.ours || !reply.unsure);
    if (reply.positive()) told.taken.emplace(address, content);
    if (reply.unsure) told.unsure.emplace(address, content);
    told.refused += reply.permanent();
    told.lost += reply.ours && !reply.unsure;
  }
}

Task<> converse(Client& client, std::uint64_t seed, Told& told) {
  std::mt19937_64 dice(seed);
  co_await client.greet();
  for (int number = 0; number < 4; ++number) {
    OutgoingMail mail;
    for (std::uint64_t i = dice() % 5 + 1; i > 0; --i)
      mail.recipients.emplace_back("user" + std::to_string(i) + "@x");
    const std::string content =
        "." + std::to_string(number) + "\r\n" + std::string(dice() % 5000, 'x') + "\r\n";
    TextSource source(content);
    source.piece = 1 + dice() % 2000;
    const std::vector<RemoteReply> replies = co_await client.send(mail, source);
    note(told, mail, content, replies);
  }
  co_await client.quit();
}

void play(std::uint64_t seed, Told& all) {
  std::mt19937_64 dice(seed);
  testing::SimRuntime runtime(seed);
  testing::SimNet net(runtime, seed);
  testing::SimNet::Conditions conditions;
  conditions.piece = 1 + dice() % 2000;
  conditions.window = conditions.piece + dice() % 3000;
  conditions.delay = std::chrono::milliseconds(dice() % 200);
  conditions.restless = dice() % 2 == 0;
  auto [near, far] = net.connect(conditions);
  Client::Options options;
  options.hostname = "client.example.com";
  options.lmtp = dice() % 2 == 0;
  OddServer server(std::move(far), seed, options.lmtp);
  Told told;
  {
    Client client(std::move(near), options);
    runtime.spawn(server.run());
    runtime.spawn(converse(client, seed, told));
    runtime.settle();
    runtime.advance(std::chrono::hours(2));
  }
  EXPECT_TRUE(runtime.run());
  for (const auto& message : told.taken) EXPECT_GE(server.stored.count(message), 1u) << message.first;
  for (const auto& message : server.stored)
    EXPECT_EQ(told.taken.count(message) + told.unsure.count(message), 1u) << message.first;
  all.taken.merge(told.taken);
  all.unsure.merge(told.unsure);
  all.refused += told.refused;
  all.lost += told.lost;
}

TEST(ClientOddServer, EveryAnswerIsTrueAndItsRecipientsOwn) {
  Told all;
  for (std::uint64_t seed = 1; seed <= 3000 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    play(seed, all);
  }
  EXPECT_GT(all.taken.size(), 1000u);
  EXPECT_GT(all.unsure.size(), 100u);
  EXPECT_GT(all.refused, 1000);
  EXPECT_GT(all.lost, 1000);
}

}  // namespace
}  // namespace postroom::smtp
