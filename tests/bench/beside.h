// The same IMAP load, the same mail, in the same run: against Postroom, and against Dovecot if there is one
// (Debian's dovecot-imapd and dovecot-lmtpd). Sizes follow Options::messages: the largest mailbox has so
// many, others a tenth and a hundredth of that.
#pragma once

#include <memory>
#include <optional>

#include "tests/bench/bench.h"

namespace postroom::bench {

/// A server under load.
struct Subject {
  std::string name;
  std::uint16_t imap = 0;
  std::uint16_t mail = 0;        ///< the port for SMTP or LMTP
  std::string hello;             ///< "EHLO" or "LHLO"
  pid_t pid = 0;                 ///< of its first process
  std::shared_ptr<void> server;  ///< it is stopped and removed with this
  /// Stops it and starts it again, and sets what has changed. Not durable: what it stores need not be safe,
  /// if it has such a mode.
  std::function<void(Subject&, bool durable)> restart;
};

inline constexpr int kUsers = 50;

Subject start_postroom(const Options& options);
/// Nothing: there is no Dovecot here.
std::optional<Subject> start_dovecot(const Options& options);

/// Bytes of memory of a process and of all that it started, shared pages divided among those who share them.
std::uint64_t memory_of(pid_t pid);

struct Figure {
  std::string what;
  double value = 0;
  std::string unit;  ///< of time or memory (less is better), or "…/s" (more is)
  double goal = 0;   ///< how many times as good as Dovecot it should be; 0: not said
  double limit = 0;  ///< what it should be at most (or at least) by itself; 0: not said
  bool more_is_better() const { return unit.ends_with("/s"); }
};
using Figures = std::vector<Figure>;

// Connections and mail.

std::unique_ptr<Client> log_in(const Subject& subject, int who);
/// The untagged lines that a command is answered with, of those that hold no literal; the tagged OK comes
/// last.
std::vector<std::string> ask(Client& client, const std::string& command);
/// The number behind `word` in one of the lines: "[UIDVALIDITY 5]"; 0: there is none.
std::uint64_t number_after(const std::vector<std::string>& lines, std::string_view word);
/// Seconds that a command takes, the median of `times`.
double median_of(Client& client, const std::string& command, int times);

/// A message as people write them, the same each time for a number: 2 to 4 KiB of words, one in three with
/// HTML beside the text, each kOneIn-th with kRareWord in its text, the first among them.
std::string make_mail(std::uint64_t number);
inline constexpr std::uint64_t kOneIn = 1000;
inline constexpr const char* kRareWord = "quetzalcoatlus";
inline constexpr const char* kCommonWord = "baduka";

/// Appends messages of these numbers, a hundred at a time (RFC 3502).
void append_mails(Client& client, const std::string& mailbox, std::uint64_t first, std::uint64_t count);
/// The mailbox of the first user that has so many messages.
inline std::string mailbox_of(std::uint64_t count) { return "n" + std::to_string(count); }
/// Makes the first user's mailboxes: of all, a tenth, a hundredth and a thousandth of Options::messages; and
/// for those who change them, or who are the first to read them, kFetched and kChanged with a hundredth.
void fill_large(const Subject& subject, const Options& options);
inline constexpr const char* kFetched = "fetched";
inline constexpr const char* kChanged = "changed";
/// Some mail for each of the first ten users: kSmall messages in the INBOX, and another mailbox, kOther.
void fill_small(const Subject& subject);
inline constexpr std::uint64_t kSmall = 200;
inline constexpr const char* kOther = "Other";

/// What many at a time do: runs `turn(client, who, number)` on a connection for each of the first users until
/// the time is over; `turn` returns how many operations it made. Operations a second.
double together(const Subject& subject, int connections, double seconds,
                const std::function<std::uint64_t(Client&, int, std::uint64_t)>& turn);

// The parts, in the order in which they run.
Figures measure_fetch(const Subject& subject, const Options& options);
Figures measure_select(const Subject& subject, const Options& options);
Figures measure_changes(const Subject& subject, const Options& options);
Figures measure_search(const Subject& subject, const Options& options);
Figures measure_resync(const Subject& subject, const Options& options);
Figures measure_idle(const Subject& subject, const Options& options);
Figures measure_mixed(const Subject& subject, const Options& options);
Figures measure_append(const Subject& subject, const Options& options);
Figures measure_logins(const Subject& subject, const Options& options);
Figures measure_memory(const Subject& subject, const Options& options);

}  // namespace postroom::bench
