// What the comparison is made of: connections, processes' memory, and the table of parts.
#include "tests/bench/beside.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace postroom::bench {

namespace {

struct Part {
  const char* name;
  const char* title;
  Figures (*measure)(const Subject& subject, const Options& options);
  bool large = false;   // needs the large mailboxes
  bool afresh = false;  // the server starts anew first: what ran before has left nothing in its memory
};

constexpr Part kParts[] = {
    {"fetch", "FETCH", measure_fetch, true},
    {"select", "SELECT", measure_select, true},
    {"changes", "STORE, COPY, MOVE, EXPUNGE", measure_changes, true},
    {"search", "SEARCH TEXT", measure_search, true},
    {"resync", "QRESYNC", measure_resync, true},
    {"idle", "IDLE: from the 250 of a delivery to the untagged EXISTS", measure_idle},
    {"mixed", "Mixed operations", measure_mixed},
    {"append", "Durable APPEND", measure_append},
    {"logins", "Logins (connect, LOGIN, LOGOUT)", measure_logins},
    {"memory", "Memory of a session", measure_memory, true, true},
};

/// How often ours is as good as the other.
double ratio(const Figure& ours, const Figure& other) {
  if (ours.value <= 0 || other.value <= 0) return 0;
  return ours.more_is_better() ? ours.value / other.value : other.value / ours.value;
}

const char* verdict(bool met) { return met ? "met" : "NOT MET"; }

void print(const Figure& ours, const Figure* other) {
  std::printf("  %-58s %12.3f %-10s", ours.what.c_str(), ours.value, ours.unit.c_str());
  if (ours.limit > 0) {
    const bool met = ours.more_is_better() ? ours.value >= ours.limit : ours.value <= ours.limit;
    std::printf("  goal %s %.0f: %s", ours.more_is_better() ? "at least" : "at most", ours.limit,
                verdict(met));
  }
  if (other) {
    const double times = ratio(ours, *other);
    std::printf("  Dovecot %.3f: %.2f times as good", other->value, times);
    if (ours.goal > 0) std::printf(", goal %.2f: %s", ours.goal, verdict(times >= ours.goal));
  }
  std::printf("\n");
  std::fflush(stdout);
}

void fill(Subject& subject, const Options& options, bool large) {
  const auto begin = Clock::now();
  subject.restart(subject, false);
  fill_small(subject);
  if (large) fill_large(subject, options);
  subject.restart(subject, true);
  std::printf("  %s was filled in %.1f s\n", subject.name.c_str(), seconds_since(begin));
  std::fflush(stdout);
}

Figures measure(const Part& part, Subject& subject, const Options& options) {
  if (part.afresh) subject.restart(subject, true);
  return part.measure(subject, options);
}

/// Their parents, by process.
std::map<pid_t, pid_t> parents() {
  std::map<pid_t, pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    if (!std::getline(stat, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string state;
    pid_t parent = 0;
    fields >> state >> parent;
    found[static_cast<pid_t>(std::stol(name))] = parent;
  }
  return found;
}

std::uint64_t own_memory(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);)
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  return 0;
}

void look_at(const Server& server, Subject& subject) {
  subject.imap = server.port("imap");
  subject.mail = server.port("smtp");
  subject.pid = server.pid();
}

}  // namespace

std::uint64_t memory_of(pid_t pid) {
  std::uint64_t sum = own_memory(pid);
  const auto all = parents();
  for (const auto& [process, parent] : all) {
    pid_t ancestor = parent;
    while (ancestor != pid && all.contains(ancestor)) ancestor = all.at(ancestor);
    if (ancestor == pid) sum += own_memory(process);
  }
  return sum;
}

Subject start_postroom(const Options& options) {
  const auto server = std::make_shared<Server>(options, kUsers);
  Subject subject;
  subject.name = "Postroom";
  subject.hello = "EHLO";
  subject.server = server;
  look_at(*server, subject);
  subject.restart = [&running = *server](Subject& it, bool) {
    running.stop();
    running.start();
    look_at(running, it);
  };
  return subject;
}

std::unique_ptr<Client> log_in(const Subject& subject, int who) {
  auto client = std::make_unique<Client>(subject.imap);
  client->line();
  client->imap("LOGIN " + user(who) + " \"" + kPassword + "\"");
  return client;
}

std::vector<std::string> ask(Client& client, const std::string& command) {
  client.send("q " + command + "\r\n");
  std::vector<std::string> lines;
  do lines.push_back(client.line());
  while (!lines.back().starts_with("q "));
  if (!lines.back().starts_with("q OK")) throw std::runtime_error(command + ": " + lines.back());
  return lines;
}

std::uint64_t number_after(const std::vector<std::string>& lines, std::string_view word) {
  for (const std::string& line : lines) {
    const std::size_t at = line.find(word);
    if (at != std::string::npos) return std::strtoull(line.c_str() + at + word.size(), nullptr, 10);
  }
  return 0;
}

double median_of(Client& client, const std::string& command, int times) {
  std::vector<double> seconds;
  for (int i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    client.imap(command);
    seconds.push_back(seconds_since(begin));
  }
  return percentile(seconds, 0.5);
}

double together(const Subject& subject, int connections, double seconds,
                const std::function<std::uint64_t(Client&, int, std::uint64_t)>& turn) {
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(connections));
  std::vector<std::string> errors(counts.size());
  std::vector<std::unique_ptr<Client>> clients;
  for (int who = 0; who < connections; ++who) clients.push_back(log_in(subject, who));
  std::vector<std::thread> threads;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < counts.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        for (std::uint64_t number = 0; seconds_since(begin) < seconds; ++number)
          counts[i] += turn(*clients[i], static_cast<int>(i), number);
      } catch (const std::exception& error) {
        errors[i] = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  const double took = seconds_since(begin);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!errors[i].empty()) throw std::runtime_error(errors[i]);
    sum += counts[i];
  }
  return static_cast<double>(sum) / took;
}

void bench_imap(const Options& options) {
  Subject postroom = start_postroom(options);
  std::optional<Subject> dovecot = start_dovecot(options);
  std::printf(
      "\nIMAP, mailboxes of up to %llu messages; %s\n", static_cast<unsigned long long>(options.messages),
      dovecot ? "beside Dovecot (sdbox, set up for speed)" : "there is no Dovecot here to compare with");
  std::vector<const Part*> parts;
  for (const Part& part : kParts)
    if (std::string_view(part.name).starts_with(options.part)) parts.push_back(&part);
  const bool large = std::any_of(parts.begin(), parts.end(), [](const Part* part) { return part->large; });
  fill(postroom, options, large);
  if (dovecot) fill(*dovecot, options, large);
  for (const Part* part : parts) {
    heading(part->title);
    const Figures ours = measure(*part, postroom, options);
    const Figures others = dovecot ? measure(*part, *dovecot, options) : Figures();
    for (std::size_t i = 0; i < ours.size(); ++i) print(ours[i], dovecot ? &others.at(i) : nullptr);
  }
}

}  // namespace postroom::bench
