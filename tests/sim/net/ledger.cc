#include "tests/sim/net/ledger.h"

#include "base/text.h"

namespace postroom::testing {

namespace {

constexpr std::string_view kSubject = "Subject: message ";

std::string where(int account, Uid uid) {
  return "account " + std::to_string(account) + ", UID " + std::to_string(uid);
}

/// Where the two begin to differ, for a complaint.
std::string difference(std::string_view content, std::string_view text) {
  const std::size_t trace = content.find("From: ");
  const std::string_view body = content.substr(trace == std::string_view::npos ? 0 : trace);
  std::size_t at = 0;
  while (at < std::min(body.size(), text.size()) && body[at] == text[at]) ++at;
  return std::to_string(body.size()) + " bytes, not " + std::to_string(text.size()) + ", other from byte " +
         std::to_string(at);
}

/// Nothing but what SMTP puts on top (RFC 5321 4.4).
bool is_trace(std::string_view top) {
  const bool from_server =
      top.starts_with("Return-Path: <sender@example.com>\r\nReceived: from client.example.com ");
  const bool from_user =
      top.starts_with("Return-Path: <user1@example.org>\r\nReceived: by mail.example.org ");
  return (from_server || from_user) && top.ends_with("+0000\r\n") &&
         top.find(kSubject) == std::string_view::npos;
}

}  // namespace

int number_in(std::string_view content) {
  const std::size_t at = content.find(kSubject);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = content.substr(at + kSubject.size());
  const auto number = parse_number(rest.substr(0, rest.find("\r\n")));
  return static_cast<int>(number.value_or(0));
}

/// With all that a submitted message would be given, and with what a transfer could spoil: lines that begin
/// with dots, empty ones, and what looks like an end.
std::string Ledger::text(int number) const {
  const std::size_t size = messages_.at(static_cast<std::size_t>(number)).size;
  static constexpr std::string_view kLines[] = {
      ".", "", "..", "...and so on", "QUIT", "line ", ".line with", "* BYE", ") a1 OK {5}", "A000 LOGOUT"};
  std::string text = "From: sender@example.com\r\n" + std::string(kSubject) + std::to_string(number) +
                     "\r\nDate: Thu, 01 Jan 2026 01:00:00 +0000\r\nMessage-ID: <" + std::to_string(number) +
                     "@example.com>\r\n\r\n";
  std::uint64_t dice = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15;
  while (text.size() < size) {
    dice = dice * 6364136223846793005 + 1442695040888963407;
    text += kLines[(dice >> 33) % std::size(kLines)];
    text += std::to_string(dice).substr(0, (dice >> 40) % 20);
    if (size > 10'000) text.append((dice >> 45) % 800, 'x');
    text += "\r\n";
  }
  return text;
}

int Ledger::compose(std::vector<int> recipients, bool traced, std::size_t size) {
  messages_.push_back({std::move(recipients), traced, size, Fate::absent});
  return static_cast<int>(messages_.size()) - 1;
}

const Ledger::Place& Ledger::place(int account) const {
  static const Place nothing;
  const auto found = places_.find(account);
  return found == places_.end() ? nothing : found->second;
}

void Ledger::saw(int account, Uid uid, int number) {
  const auto known = places_[account].numbers.emplace(uid, number).first;
  if (known->second != number)
    complain(where(account, uid) + " is message " + std::to_string(number) + ", was " +
             std::to_string(known->second));
}

void Ledger::read(int account, Uid uid, const std::string& content) {
  const int number = number_in(content);
  if (number <= 0 || number >= static_cast<int>(messages_.size()))
    return complain(where(account, uid) + " is no message that anybody sent");
  saw(account, uid, number);
  const std::string text = this->text(number);
  const bool traced = message(number).traced;
  const bool whole = content.ends_with(text) &&
                     (traced ? is_trace(std::string_view(content).substr(0, content.size() - text.size()))
                             : content.size() == text.size());
  if (!whole)
    complain(where(account, uid) + ", message " + std::to_string(number) +
             " is not what was sent: " + difference(content, text));
}

void Ledger::recent(int account, Uid uid, int session) {
  const auto first = places_[account].recent_for.emplace(uid, session).first;
  if (first->second != session)
    complain(where(account, uid) + " is recent for two sessions, " + std::to_string(first->second) + " and " +
             std::to_string(session));
}

std::size_t Ledger::count(Fate fate) const {
  std::size_t count = 0;
  for (std::size_t number = 1; number < messages_.size(); ++number) count += messages_[number].fate == fate;
  return count;
}

/// Every UID that was ever given is a message that is there, or one that somebody has removed.
void Ledger::judge(const std::map<int, Found>& accounts) {
  std::vector<Copies> copies(messages_.size());
  for (const auto& [account, found] : accounts) {
    for (const auto& [uid, content] : found.contents) read(account, uid, content);
    const Place& known = place(account);
    for (const Uid uid : known.gone)
      if (found.contents.contains(uid)) complain(where(account, uid) + " was removed, and is there");
    for (Uid uid = 1; uid < found.uid_next; ++uid) {
      const auto number = known.numbers.find(uid);
      if (!found.contents.contains(uid) && !known.may_go.contains(uid)) {
        complain(where(account, uid) + " is gone, and nobody removed it");
      } else if (number != known.numbers.end()) {
        ++copies[static_cast<std::size_t>(number->second)][account];
      }
    }
  }
  for (std::size_t number = 1; number < copies.size(); ++number)
    judge_message(static_cast<int>(number), copies[number]);
}

void Ledger::judge_message(int number, const Copies& copies) {
  const Message& sent = message(number);
  const std::string name = "message " + std::to_string(number);
  std::set<std::size_t> counts;
  std::size_t total = 0;
  for (const int account : sent.recipients) {
    const auto found = copies.find(account);
    const std::size_t count = found == copies.end() ? 0 : found->second;
    counts.insert(count);
    total += count;
    if (count > 1) complain(name + " was delivered " + std::to_string(count) + " times");
    if (count == 0 && sent.fate == Fate::stored) complain(name + " was acknowledged, and is lost");
    if (count > 0 && sent.fate == Fate::absent) complain(name + " is there, and was not accepted");
  }
  if (counts.size() > 1) complain(name + " was delivered to some of its recipients");
  for (const auto& [account, count] : copies) total -= count;
  if (total != 0) complain(name + " is where nobody sent it");
}

}  // namespace postroom::testing
