// The client against our own server, on a bad network: every answer is true. What was answered with 250 is
// stored once, what was refused or surely lost is not.
#include <random>
#include <set>

#include "base/log.h"
#include "protocols/smtp/session.h"
#include "tests/support/fake_store.h"
#include "tests/support/fake_tls.h"
#include "tests/support/sim_net.h"
#include "tests/unit/smtp/client_fixture.h"

namespace postroom::smtp {
namespace {

using testing::SimNet;

const std::vector<std::string> kUsers{"alice@example.org", "bob@example.org", "carol@example.org"};

/// What has been seen, so that a test can tell whether it was enough.
struct Seen {
  int taken = 0, refused = 0, unsure = 0, lost = 0, faults = 0, broken = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : runtime(seed), net(runtime, seed), dice(seed) {
    for (const std::string& user : kUsers) store.add_account(user);
    log::set_level(log::Level::error);
  }

  std::size_t up_to(std::size_t most) { return dice() % (most + 1); }
  SimNet::Conditions conditions() {
    SimNet::Conditions made;
    const std::size_t pieces[] = {1, 7, 500, 1 << 16};
    made.piece = pieces[up_to(3)];
    made.window = made.piece + up_to(5000);
    made.delay = std::chrono::milliseconds(up_to(200));
    made.restless = up_to(1) == 0;
    if (up_to(1) == 0) made.reset_after[up_to(1)] = up_to(up_to(1) == 0 ? 2000 : 40000);
    return made;
  }
  OutgoingMail mail() {
    OutgoingMail made;
    made.reverse_path = "eve@example.com";
    for (const std::string& user : kUsers)
      if (up_to(2) > 0) made.recipients.emplace_back(user);
    if (up_to(3) == 0) made.recipients.emplace_back("nobody@example.org");
    return made;
  }
  std::string content(int number) {
    std::string text = "Subject: message " + std::to_string(number) + ".\r\n\r\n";
    for (std::size_t lines = up_to(200); lines > 0; --lines)
      text.append(up_to(2), '.').append(up_to(70), 'x').append("\r\n");
    return text;
  }

  testing::SimRuntime runtime;
  SimNet net;
  std::mt19937_64 dice;
  testing::FakeStore store;
  Gate gate{runtime};
  Authenticator authenticator{runtime, store, std::string(32, 'k')};
  testing::FakeTls server_tls;
  FakeConnector client_tls;
  Service service{runtime, store, authenticator, gate, &server_tls, "mail.example.org", false};
  smtp::Options options;
  SendLimits send_limits{runtime};
  std::multiset<std::pair<std::string, int>> taken, unsure;  // user, number of the message
  std::vector<std::string> sent;                             // contents
  Seen seen;
};

void note(World& world, const OutgoingMail& mail, int number, const std::vector<RemoteReply>& replies) {
  ASSERT_EQ(replies.size(), mail.recipients.size());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const RemoteReply& reply = replies[i];
    ASSERT_TRUE(reply.positive() || reply.transient() || reply.permanent()) << reply.shown();
    ASSERT_EQ(reply.permanent() && !reply.ours,
              mail.recipients[i].address == "nobody@example.org" && reply.code == 550)
        << reply.shown();
    if (reply.positive()) world.taken.emplace(mail.recipients[i].address, number);
    if (reply.unsure) world.unsure.emplace(mail.recipients[i].address, number);
    world.seen.taken += reply.positive();
    world.seen.unsure += reply.unsure;
    world.seen.refused += reply.permanent();
    world.seen.lost += reply.ours && !reply.unsure;
  }
}

Task<> converse(World& world, std::unique_ptr<Stream> stream) {
  Client::Options options;
  options.hostname = "client.example.com";
  Client client(std::move(stream), options);
  co_await client.greet();
  const bool secret = world.up_to(1) == 0;
  if (secret && client.usable()) co_await client.start_tls(world.client_tls);
  for (int number = 0; number < 5; ++number) {
    const OutgoingMail mail = world.mail();
    world.sent.push_back(world.content(number));
    TextSource source(world.sent.back());
    source.piece = 1 + world.up_to(5000);
    if (world.up_to(9) == 0) source.fault_at = world.up_to(source.text.size());
    OutgoingMail sent = mail;
    sent.size = source.text.size();
    try {
      const std::vector<RemoteReply> replies = co_await client.send(sent, source);
      note(world, mail, number, replies);
    } catch (const StoreFault&) {
      ++world.seen.faults;
    }
  }
  co_await client.quit();
}

void look(World& world) {
  for (const std::string& user : kUsers) {
    std::multiset<int> stored;
    for (const auto& message : world.store.account(user).inbox) {
      const std::size_t begin = message.content.find("Subject: message ");
      const int number = std::stoi(message.content.substr(begin + 17));
      EXPECT_EQ(message.content.substr(begin), world.sent.at(static_cast<std::size_t>(number)));
      stored.insert(number);
    }
    for (int number = 0; number < 5; ++number) {
      const std::size_t taken = world.taken.count({user, number});
      EXPECT_GE(stored.count(number), taken) << user << " " << number;
      EXPECT_LE(stored.count(number), taken + world.unsure.count({user, number})) << user << " " << number;
    }
  }
}

Seen play(std::uint64_t seed) {
  World world(seed);
  auto [client, server] = world.net.connect(world.conditions());
  Connection connection;
  connection.stream = std::move(server);
  world.runtime.spawn(
      serve(std::move(connection), world.service, world.options, Port::transfer, world.send_limits));
  world.runtime.spawn(converse(world, std::move(client)));
  EXPECT_TRUE(world.runtime.run());
  look(world);
  world.seen.broken += static_cast<int>(world.net.counts().resets);
  return world.seen;
}

TEST(ClientNet, EveryAnswerIsTrue) {
  Seen all;
  for (std::uint64_t seed = 1; seed <= 250 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Seen one = play(seed);
    all.taken += one.taken;
    all.refused += one.refused;
    all.unsure += one.unsure;
    all.lost += one.lost;
    all.faults += one.faults;
    all.broken += one.broken;
  }
  EXPECT_GT(all.taken, 1000);
  EXPECT_GT(all.refused, 50);
  EXPECT_GT(all.unsure, 20);
  EXPECT_GT(all.lost, 100);
  EXPECT_GT(all.faults, 20);
  EXPECT_GT(all.broken, 20);
}

}  // namespace
}  // namespace postroom::smtp
