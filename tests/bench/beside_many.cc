// What many connections do at a time, and what waits.
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "tests/bench/beside.h"

namespace postroom::bench {

namespace {

constexpr int kAtOnce = 10;

/// A reply of SMTP or LMTP, which begins with this code.
void expect(Client& client, std::string_view code) {
  std::string line;
  do line = client.line();
  while (line.size() > 3 && line[3] == '-');
  if (!line.starts_with(code)) throw std::runtime_error("unexpected reply: " + line);
}

/// Delivers one message, up to its 250.
void deliver_one(Client& client, int to, std::uint64_t number) {
  client.send("MAIL FROM:<sender@elsewhere.example>\r\n");
  expect(client, "250");
  client.send("RCPT TO:<" + user(to) + ">\r\n");
  expect(client, "250");
  client.send("DATA\r\n");
  expect(client, "354");
  client.send(make_mail(number) + ".\r\n");
  expect(client, "250");
}

/// Reads until a line ends so.
void await_line(Client& client, std::string_view end) {
  while (!client.line().ends_with(end)) {
  }
}

/// What a client does all day.
std::uint64_t a_round(Client& client, std::uint64_t number) {
  const std::string one = std::to_string(number * 7 % kSmall + 1);
  client.imap("SELECT INBOX");
  client.imap("FETCH 1:50 (FLAGS)");
  client.imap("FETCH " + one + " (ENVELOPE BODYSTRUCTURE)");
  client.imap("FETCH " + one + " (BODY.PEEK[])");
  client.imap("STORE " + one + (number % 2 == 0 ? " +FLAGS" : " -FLAGS") + " (\\Seen)");
  client.imap("NOOP");
  client.imap("SEARCH UNSEEN");
  client.imap(std::string("STATUS ") + kOther + " (MESSAGES UIDNEXT UNSEEN)");
  append_mails(client, kOther, number, 1);
  client.imap("LIST \"\" *");
  return 10;
}

}  // namespace

Figures measure_idle(const Subject& subject, const Options& options) {
  const int rounds = options.quick ? 3 : 20;
  const auto waits = log_in(subject, 0);
  waits->imap("SELECT INBOX");
  waits->send("i IDLE\r\n");
  while (!waits->line().starts_with("+ ")) {
  }
  Client sender(subject.mail);
  expect(sender, "220");
  sender.send(subject.hello + " load.example\r\n");
  expect(sender, "250");
  std::vector<double> latencies;
  for (int i = 0; i < rounds; ++i) {
    deliver_one(sender, 0, static_cast<std::uint64_t>(i));
    const auto accepted = Clock::now();
    await_line(*waits, " EXISTS");
    latencies.push_back(seconds_since(accepted));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  waits->send("DONE\r\n");
  return {{"median", percentile(latencies, 0.5) * 1000, "ms", 1, 3},
          {"slowest", percentile(latencies, 1) * 1000, "ms", 1}};
}

Figures measure_mixed(const Subject& subject, const Options& options) {
  const auto turn = [](Client& client, int, std::uint64_t number) { return a_round(client, number); };
  return {{"10 connections, each on a user's own mailboxes",
           together(subject, kAtOnce, options.seconds, turn), "commands/s", 3}};
}

Figures measure_append(const Subject& subject, const Options& options) {
  Figures figures;
  const auto turn = [](Client& client, int who, std::uint64_t number) {
    append_mails(client, kOther, static_cast<std::uint64_t>(who) * 100'000 + number, 1);
    return std::uint64_t{1};
  };
  for (const int connections : {1, kAtOnce})
    figures.push_back({std::to_string(connections) + (connections == 1 ? " connection" : " connections"),
                       together(subject, connections, options.seconds, turn), "messages/s", 3});
  return figures;
}

Figures measure_logins(const Subject& subject, const Options& options) {
  constexpr int kClients = 4;
  const auto turn = [&](Client&, int who, std::uint64_t number) {
    log_in(subject, (who + static_cast<int>(number) * kClients) % kUsers)->imap("LOGOUT");
    return std::uint64_t{1};
  };
  for (int who = 0; who < kUsers; ++who) log_in(subject, who)->imap("LOGOUT");  // the first ones cost more
  return {{"4 clients", together(subject, kClients, options.seconds, turn), "logins/s", 3}};
}

Figures measure_memory(const Subject& subject, const Options& options) {
  constexpr int kSessions = 20;
  const std::string name = mailbox_of(options.messages);
  std::vector<std::unique_ptr<Client>> sessions;
  const auto open = [&](int count) {
    for (int i = 0; i < count; ++i) {
      sessions.push_back(log_in(subject, 0));
      sessions.back()->imap("SELECT " + name);
      sessions.back()->imap("FETCH * (FLAGS ENVELOPE)");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return static_cast<double>(memory_of(subject.pid));
  };
  const double before = open(2);  // what the first ones cost once is not what one more costs
  const double each = (open(kSessions) - before) / kSessions;
  return {{"with the largest mailbox selected", std::max(each, 1.0) / 1024, "KiB", 1, 2048}};
}

}  // namespace postroom::bench
