// Start-up, deliveries, fetches, logins.
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>

#include "tests/bench/bench.h"

namespace postroom::bench {

namespace {
constexpr double kMiB = 1 << 20;

}  // namespace

void bench_startup(const Options& options) {
  heading("Start-up and idle memory");
  Server server(options, 1);
  std::vector<double> starts;
  for (int i = 0; i < 5; ++i) {
    server.stop();
    server.start();
    starts.push_back(server.startup_seconds() * 1000);
  }
  row_goal("start to ready, median of 5", percentile(starts, 0.5), "ms", 100, true);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  row_goal("resident, idle", static_cast<double>(server.rss()) / kMiB, "MiB", 16, true);
}

void bench_deliveries(const Options& options) {
  heading(
      "Durable deliveries by SMTP (250 after the sync), beside bare SQLite with the same bytes and batch");
  const Server server(options);
  for (const std::size_t size : {std::size_t{4096}, std::size_t{65536}}) {
    for (const int connections : {1, 10, 50}) {
      const double raw = raw_sqlite(options.scratch, size, connections, options.seconds);
      for (const int recipients : {1, 5}) {
        DeliveryLoad load;
        load.connections = connections;
        load.recipients = recipients;
        load.size = size;
        load.seconds = options.seconds;
        const double cpu = server.cpu();
        const Delivered done = deliver(server, load);
        const double rate = static_cast<double>(done.messages) / done.seconds;
        char what[96];
        std::snprintf(what, sizeof what, "%zu KiB, %2d connections, %d recipients", size / 1024, connections,
                      recipients);
        row(what, rate, "messages/s", raw, "bare SQLite");
        const double rows = raw_mail_rows(options.scratch, {size, recipients, connections}, options.seconds);
        row("    beside a mail store's rows by bare SQLite", rate, "messages/s", rows, "bare SQLite");
        std::snprintf(what, sizeof what, "    CPU of the server; p50 %.1f ms, p99 %.1f ms",
                      done.percentile(0.5) * 1000, done.percentile(0.99) * 1000);
        row(what, (server.cpu() - cpu) / static_cast<double>(done.messages) * 1e6, "us/message");
      }
    }
  }
}

void bench_fetch(const Options& options) {
  heading("FETCH over one IMAP connection, beside a bare loopback copy");
  const Server server(options, 2);
  const std::uint64_t small = options.quick ? 500 : 10000;
  const std::uint64_t large = options.quick ? 4 : 50;
  DeliveryLoad load;
  load.connections = 10;
  load.users = 1;
  load.messages = small;
  deliver(server, load);
  load.first_user = 1;
  load.size = 4 << 20;
  load.messages = large;
  deliver(server, load);
  const double raw = raw_loopback(options.seconds) / kMiB;

  const auto rate = [&](int who, std::uint64_t messages, const char* command, const char* what) {
    Client client(server.port("imap"));
    client.line();
    client.imap("LOGIN " + user(who) + " \"" + kPassword + "\"");
    client.imap("SELECT INBOX");
    for (const char* turn : {"first", "again"}) {
      const auto begin = Clock::now();
      const auto bytes = static_cast<double>(client.imap(command));
      const double took = seconds_since(begin);
      const std::string name = std::string(what) + ", " + turn;
      row(name + ": messages", static_cast<double>(messages) / took, "/s");
      row(name + ": bytes", bytes / took / kMiB, "MiB/s", raw, "loopback");
    }
  };
  rate(0, small, "FETCH 1:* (FLAGS)", "FLAGS");
  rate(0, small, "FETCH 1:* (ENVELOPE BODYSTRUCTURE)", "ENVELOPE BODYSTRUCTURE");
  rate(0, small, "FETCH 1:* (BODY.PEEK[])", "bodies of 4 KiB");
  rate(1, large, "FETCH 1:* (BODY.PEEK[])", "bodies of 4 MiB");
}

void bench_logins(const Options& options) {
  heading("Logins by IMAP (connect, LOGIN, LOGOUT), beside bare loopback connections");
  const int users = options.quick ? 5 : 50;
  const Server server(options, users);
  const auto login = [&](int who) {
    Client client(server.port("imap"));
    client.line();
    client.imap("LOGIN " + user(who) + " \"" + kPassword + "\"");
    client.imap("LOGOUT");
  };
  const double raw = raw_connects(options.seconds);
  auto begin = Clock::now();
  for (int i = 0; i < users; ++i) login(i);
  row("each user's first login after the start", users / seconds_since(begin), "logins/s", raw,
      "bare connects");
  constexpr int kThreads = 4;
  std::vector<std::uint64_t> counts(kThreads);
  std::vector<std::thread> threads;
  begin = Clock::now();
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = t; seconds_since(begin) < options.seconds; ++i, ++counts[static_cast<std::size_t>(t)])
        login(i % users);
    });
  for (std::thread& thread : threads) thread.join();
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  row("later logins, 4 clients", static_cast<double>(total) / seconds_since(begin), "logins/s", raw,
      "bare connects");
}

namespace {

void fill_inbox(const Server& server, std::uint64_t messages) {
  DeliveryLoad fill;
  fill.connections = 50;
  fill.users = 1;
  fill.size = 1024;
  fill.messages = messages;
  deliver(server, fill);
}

void expunge_inbox(const Server& server, std::uint64_t messages) {
  Client client(server.port("imap"));
  client.line();
  client.imap("LOGIN " + user(0) + " \"" + kPassword + "\"");
  client.imap("SELECT INBOX");
  const auto begin = Clock::now();
  client.imap("STORE 1:* +FLAGS.SILENT (\\Deleted)");
  client.imap("EXPUNGE");
  row("the expunge itself (STORE and EXPUNGE)", static_cast<double>(messages) / seconds_since(begin),
      "messages/s");
}

void back_up(const Server& server, const std::filesystem::path& scratch) {
  const std::filesystem::path copy = scratch / ("postroom-bench-copy-" + std::to_string(getpid()) + ".db");
  const auto begin = Clock::now();
  copy_database(server.database(), copy);
  row("the backup copy (SQLite's backup API)", seconds_since(begin), "s");
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
}

void tell_latencies(const Delivered& done, const std::vector<double>& syncs) {
  constexpr const char* kSync = "bare 4 KiB sync meanwhile";
  row("deliveries meanwhile (500 a second are offered)", static_cast<double>(done.messages) / done.seconds,
      "messages/s");
  row("p50", done.percentile(0.5) * 1000, "ms", percentile(syncs, 0.5) * 1000, kSync);
  row("p99", done.percentile(0.99) * 1000, "ms", percentile(syncs, 0.99) * 1000, kSync);
  row_goal("p99.9", done.percentile(0.999) * 1000, "ms", 50, true);
  row("p99.9 beside the disk's own", done.percentile(0.999) * 1000, "ms", percentile(syncs, 0.999) * 1000,
      kSync);
  row("slowest", done.percentile(1) * 1000, "ms", percentile(syncs, 1) * 1000, kSync);
}

}  // namespace

void bench_latency(const Options& options) {
  heading("Latency of deliveries while a checkpoint, a large expunge and a backup copy run");
  const Server server(options, 12);
  const std::uint64_t many = options.quick ? 2000 : 100000;
  fill_inbox(server, many);

  // Whoever syncs waits while the disk takes in the backup copy: what nobody can be faster than.
  std::vector<double> syncs;
  std::thread sync(
      [&] { syncs = raw_syncs(options.scratch, 4 * options.seconds, std::chrono::milliseconds(2)); });
  std::atomic<int> under_way = 2;
  std::thread expunge([&] {
    expunge_inbox(server, many);
    --under_way;
  });
  std::thread backup([&] {
    back_up(server, options.scratch);
    --under_way;
  });
  DeliveryLoad load;
  load.connections = 10;
  load.first_user = 1;
  load.users = 10;
  load.rate = 500;
  const auto begin = Clock::now();
  load.keep_on = [&] { return under_way > 0 || seconds_since(begin) < 4 * options.seconds; };
  const Delivered done = deliver(server, load);
  expunge.join();
  backup.join();
  sync.join();
  tell_latencies(done, syncs);
}

}  // namespace postroom::bench
