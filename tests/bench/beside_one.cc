// What one connection does on a large mailbox.
#include <algorithm>
#include <stdexcept>

#include "tests/bench/beside.h"

namespace postroom::bench {

namespace {

constexpr int kTimes = 5;
constexpr double kMiB = 1 << 20;

std::string counted(const char* what, std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return std::string(what) + " of " + digits;
}

std::uint64_t hundredth(const Options& options) { return options.messages / 100; }
std::uint64_t tenth(const Options& options) { return options.messages / 10; }

/// Seconds, and the bytes of the answer.
std::pair<double, double> timed(Client& client, const std::string& command) {
  const auto begin = Clock::now();
  const auto bytes = static_cast<double>(client.imap(command));
  return {seconds_since(begin), bytes};
}

/// What comes back from an untagged SEARCH.
std::uint64_t found(const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    if (line.starts_with("* SEARCH"))
      return static_cast<std::uint64_t>(std::count(line.begin(), line.end(), ' ')) - 1;
  return 0;
}

}  // namespace

// A mailbox of its own: its first reader finds nothing that an earlier one has left.
Figures measure_fetch(const Subject& subject, const Options& options) {
  const std::uint64_t few = hundredth(options);
  const auto count = static_cast<double>(few);
  const auto client = log_in(subject, 0);
  client->imap(std::string("SELECT ") + kFetched);
  Figures figures;
  const std::string headers = "FETCH 1:* (ENVELOPE BODYSTRUCTURE)";
  figures.push_back({counted("(ENVELOPE BODYSTRUCTURE)", few) + ", the first time",
                     count / timed(*client, headers).first, "messages/s", 20});
  figures.push_back({counted("(ENVELOPE BODYSTRUCTURE)", few) + ", again",
                     count / median_of(*client, headers, kTimes), "messages/s", 2.5});
  for (const char* turn : {", the first time", ", again"}) {
    const auto [took, bytes] = timed(*client, "FETCH 1:* (BODY.PEEK[])");
    figures.push_back({counted("bodies", few) + turn, bytes / took / kMiB, "MiB/s", 1.5});
  }
  client->imap("SELECT " + mailbox_of(tenth(options)));
  figures.push_back(
      {counted("(FLAGS)", tenth(options)), median_of(*client, "FETCH 1:* (FLAGS)", kTimes) * 1000, "ms", 1});
  return figures;
}

Figures measure_select(const Subject& subject, const Options& options) {
  constexpr int kSelects = 50;
  Figures figures;
  const auto client = log_in(subject, 0);
  for (const std::uint64_t count :
       {options.messages / 1000, hundredth(options), tenth(options), options.messages}) {
    const std::string name = mailbox_of(count);
    client->imap("SELECT " + name);
    figures.push_back(
        {counted("SELECT", count), median_of(*client, "SELECT " + name, kSelects) * 1000, "ms", 1});
  }
  figures.push_back(
      {"the largest beside the smallest", figures.back().value / figures.front().value, "times", 0, 2});
  return figures;
}

Figures measure_changes(const Subject& subject, const Options& options) {
  const std::uint64_t few = hundredth(options);
  const auto client = log_in(subject, 0);
  for (const char* name : {"copies", "moved"}) client->imap(std::string("CREATE ") + name);
  const std::string select = std::string("SELECT ") + kChanged;
  client->imap(select);
  std::vector<double> store, copy, move, expunge;
  for (int i = 0; i < kTimes; ++i) {
    store.push_back(timed(*client, "STORE 1:* +FLAGS.SILENT (\\Flagged)").first);
    store.push_back(timed(*client, "STORE 1:* -FLAGS.SILENT (\\Flagged)").first);
    copy.push_back(timed(*client, "COPY 1:* copies").first);
    client->imap("SELECT copies");
    move.push_back(timed(*client, "MOVE 1:* moved").first);
    client->imap("SELECT moved");
    client->imap("STORE 1:* +FLAGS.SILENT (\\Deleted)");
    expunge.push_back(timed(*client, "EXPUNGE").first);
    client->imap(select);
  }
  return {{counted("STORE +FLAGS.SILENT, -FLAGS.SILENT", few), percentile(store, 0.5) * 1000, "ms", 0.25},
          {counted("COPY", few), percentile(copy, 0.5) * 1000, "ms", 10},
          {counted("MOVE", few), percentile(move, 0.5) * 1000, "ms", 1},
          {counted("EXPUNGE", few), percentile(expunge, 0.5) * 1000, "ms", 1}};
}

// Also what is not yet indexed when it is first asked for is found.
Figures measure_search(const Subject& subject, const Options& options) {
  const std::uint64_t count = tenth(options);
  const auto client = log_in(subject, 0);
  client->imap("SELECT " + mailbox_of(count));
  const std::string rare = std::string("SEARCH TEXT ") + kRareWord;
  const auto begin = Clock::now();
  const std::uint64_t there = found(ask(*client, rare));
  const double first = seconds_since(begin);
  if (there != (count + kOneIn - 1) / kOneIn)
    throw std::runtime_error(subject.name + " found " + std::to_string(there) + " messages");
  return {{counted("a rare word, the first time: TEXT", count), first * 1000, "ms", 1},
          {counted("a rare word, again: TEXT", count), median_of(*client, rare, kTimes) * 1000, "ms", 50},
          {counted("a common word: TEXT", count),
           median_of(*client, std::string("SEARCH TEXT ") + kCommonWord, kTimes) * 1000, "ms", 50},
          {counted("what is nowhere: BODY", count),
           median_of(*client, "SEARCH BODY xyzzyxyzzy", kTimes) * 1000, "ms", 50}};
}

// 900 new flags and 100 expunges, all over the mailbox.
Figures measure_resync(const Subject& subject, const Options& options) {
  constexpr std::uint64_t kChanges = 1000;
  constexpr std::uint64_t kOfOneCommand = 100;
  const std::uint64_t count = options.messages;
  const std::string name = mailbox_of(count);
  const auto changer = log_in(subject, 0);
  const auto selected = ask(*changer, "SELECT " + name + " (CONDSTORE)");
  const std::string known = std::to_string(number_after(selected, "UIDVALIDITY ")) + " " +
                            std::to_string(number_after(selected, "HIGHESTMODSEQ "));
  const std::uint64_t step = std::max<std::uint64_t>(count / kChanges, 1);
  for (std::uint64_t first = 0; first < kChanges; first += kOfOneCommand) {
    std::string set;
    for (std::uint64_t i = first; i < first + kOfOneCommand && i * step < count; ++i)
      set += (set.empty() ? "" : ",") + std::to_string(i * step + 1);
    const bool last = first + kOfOneCommand == kChanges;
    if (!set.empty())
      changer->imap("STORE " + set + " +FLAGS.SILENT " + (last ? "(\\Deleted)" : "(\\Answered)"));
  }
  changer->imap("EXPUNGE");
  const auto client = log_in(subject, 0);
  client->imap("ENABLE QRESYNC");
  return {{counted("SELECT (QRESYNC) after 1,000 changes: a mailbox", count),
           median_of(*client, "SELECT " + name + " (QRESYNC (" + known + "))", kTimes) * 1000, "ms", 1}};
}

}  // namespace postroom::bench
