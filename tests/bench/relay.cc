// What is passed on a second, beside Postfix; and what mail that cannot go out costs, and those that can.
#include "tests/bench/relay.h"

#include <cstdio>
#include <openssl/evp.h>
#include <stdexcept>
#include <thread>

#include "tests/bench/sink.h"

namespace postroom::bench {

namespace {

constexpr double kMiB = 1 << 20;
constexpr double kLongestWait = 300;

/// RFC 4616
std::string auth_plain(const std::string& name) {
  std::string plain = name;
  plain.insert(0, 1, '\0');
  plain += '\0';
  plain += kPassword;
  std::string encoded(4 * (plain.size() / 3 + 1) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return "AUTH PLAIN " + encoded + "\r\n";
}

Forwarder postroom_forwarder(const std::shared_ptr<Server>& server) {
  Forwarder forwarder;
  forwarder.name = "Postroom";
  forwarder.port = server->port("submission");
  forwarder.login = auth_plain(user(0));
  forwarder.sender = user(0);
  forwarder.pid = server->pid();
  forwarder.server = server;
  return forwarder;
}

std::string routes(const std::string& domain, std::uint16_t to) {
  return "[relay]\nroutes = [\"" + domain + " = smtp://127.0.0.1:" + std::to_string(to) + "\"]\n";
}

DeliveryLoad load_for(const Forwarder& forwarder) {
  DeliveryLoad load;
  load.login = forwarder.login;
  load.sender = forwarder.sender;
  return load;
}

void wait_for(const std::function<bool()>& condition, const char* what) {
  const auto begin = Clock::now();
  while (!condition()) {
    if (seconds_since(begin) > kLongestWait) throw std::runtime_error(std::string(what) + " did not come");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

struct Passed {
  double taken = 0;   ///< messages a second that were taken in
  double passed = 0;  ///< that arrived, from the first one's begin to the last one's end
  std::uint64_t messages = 0;
};

Passed pass_on(const Forwarder& forwarder, const Sink& sink, DeliveryLoad load) {
  const std::uint64_t before = sink.messages();
  const auto begin = Clock::now();
  const Delivered done = deliver(forwarder.port, load);
  wait_for([&] { return sink.messages() >= before + done.messages; }, "all mail");
  const double took = std::chrono::duration<double>(sink.last() - begin).count();
  Passed passed;
  passed.messages = done.messages;
  passed.taken = static_cast<double>(done.messages) / done.seconds;
  passed.passed = static_cast<double>(done.messages) / took;
  return passed;
}

void measure_throughput(const Options& options) {
  const Sink sink;
  const auto server = std::make_shared<Server>(options, 1, routes("*", sink.port()));
  const Forwarder postroom = postroom_forwarder(server);
  const std::optional<Forwarder> postfix = start_postfix(options, sink.port());
  heading(std::string("Relay: taken in durably, queued, sent to another server; ") +
          (postfix ? "beside Postfix" : "there is no Postfix here to compare with"));
  for (const int domains : {1, 100}) {
    for (const int connections : {1, 10, 50}) {
      const auto run = [&](const Forwarder& forwarder) {
        DeliveryLoad load = load_for(forwarder);
        load.connections = connections;
        load.seconds = options.seconds;
        load.recipient = [domains](std::uint64_t number) {
          return "x@d" + std::to_string(number % static_cast<std::uint64_t>(domains)) + ".example";
        };
        return pass_on(forwarder, sink, load);
      };
      const double cpu = server->cpu();
      const Passed ours = run(postroom);
      const double used = (server->cpu() - cpu) / static_cast<double>(ours.messages);
      const Passed theirs = postfix ? run(*postfix) : Passed();
      char what[96];
      std::snprintf(what, sizeof what, "4 KiB, %2d connections, %d domain%s: passed on", connections, domains,
                    domains == 1 ? "" : "s");
      row(what, ours.passed, "messages/s", theirs.passed, "Postfix");
      row("    taken in", ours.taken, "messages/s", theirs.taken, "Postfix");
      row("    CPU of the server", used * 1e6, "us/message");
    }
  }
}

/// Seconds from the 250 to the arrival of messages that go out by one connection, one after another.
std::vector<double> live_mail(const Forwarder& forwarder, const Sink& sink, double seconds) {
  std::vector<double> latencies;
  DeliveryLoad load = load_for(forwarder);
  load.messages = 1;
  load.recipient = [](std::uint64_t) { return std::string("x@live.example"); };
  const auto begin = Clock::now();
  while (seconds_since(begin) < seconds) {
    const std::uint64_t before = sink.messages();
    deliver(forwarder.port, load);
    const auto taken = Clock::now();
    wait_for([&] { return sink.messages() > before; }, "live mail");
    latencies.push_back(std::max(0.0, std::chrono::duration<double>(sink.last() - taken).count()));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return latencies;
}

void tell(const char* when, const std::vector<double>& latencies) {
  const std::string what = std::string("live mail, from its 250 to its arrival, ") + when;
  row(what + ": p50", percentile(latencies, 0.5) * 1000, "ms");
  row("    p99", percentile(latencies, 0.99) * 1000, "ms");
  row("    slowest", percentile(latencies, 1) * 1000, "ms");
}

/// Mail that cannot go out, and no other.
void measure_idle(const Options& options, const Server& server) {
  const double cpu = server.cpu();
  const auto begin = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(10 * options.seconds));
  row_goal("no live mail: CPU of the server", 100 * (server.cpu() - cpu) / seconds_since(begin), "percent", 2,
           true);
  row_goal("    resident", static_cast<double>(server.rss()) / kMiB, "MiB", 200, true);
}

/// `refused`: these domains have a server, on which nobody listens; else the DNS says nothing of them.
void measure_dead(const Options& options, bool refused) {
  const std::uint64_t messages = options.quick ? 2000 : 100000;
  const std::uint64_t domains = messages / 10;
  heading(std::to_string(messages) + " messages in the queue to " + std::to_string(domains) +
          (refused ? " domains whose server refuses connections" : " domains of which the DNS says nothing"));
  const Sink sink;
  const DeadNames names;
  std::string more = routes("live.example", sink.port());
  if (refused) more.insert(more.rfind(']'), ", \"* = smtp://127.0.0.1:" + std::to_string(free_port()) + "\"");
  more +=
      "[dns]\nforwarders = [\"127.0.0.1:" + std::to_string(names.port()) + "\"]\ntrust_anchor = \"none\"\n";
  const auto server = std::make_shared<Server>(options, 1, more);
  const Forwarder postroom = postroom_forwarder(server);
  live_mail(postroom, sink, 0.1);  // the first login takes its time
  tell("queue empty", live_mail(postroom, sink, options.seconds));
  const double memory = static_cast<double>(server->rss());
  DeliveryLoad load = load_for(postroom);
  load.connections = 50;
  load.size = 2048;
  load.messages = messages;
  load.recipient = [domains](std::uint64_t number) {
    return "x@d" + std::to_string(number % domains) + ".dead.example";
  };
  const Delivered filled = deliver(postroom.port, load);
  row("taken in", static_cast<double>(filled.messages) / filled.seconds, "messages/s");
  row("    questions to the DNS meanwhile", static_cast<double>(names.questions()) / filled.seconds, "/s");
  for (const char* when : {"just filled", "a little later"}) {
    const double cpu = server->cpu();
    const std::uint64_t questions = names.questions();
    const auto begin = Clock::now();
    tell(when, live_mail(postroom, sink, 3 * options.seconds));
    const double took = seconds_since(begin);
    row("    CPU of the server", 100 * (server->cpu() - cpu) / took, "percent");
    row("    questions to the DNS", static_cast<double>(names.questions() - questions) / took, "/s");
    row("    resident, more than before", (static_cast<double>(server->rss()) - memory) / kMiB, "MiB");
  }
  measure_idle(options, *server);
}

}  // namespace

void bench_relay(const Options& options) {
  if (options.part.empty() || std::string_view("passing").starts_with(options.part))
    measure_throughput(options);
  if (options.part.empty() || std::string_view("dead").starts_with(options.part))
    for (const bool refused : {false, true}) measure_dead(options, refused);
}

}  // namespace postroom::bench
