#include "server/cli_queue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Of a problem, in a line of the table.
constexpr std::size_t kLongestProblem = 90;

/// In the one unit that says enough: "45 s", "12 min", "3 h", "5 days".
std::string rough_time(std::chrono::seconds time) {
  const std::int64_t seconds = std::max<std::int64_t>(time.count(), 0);
  constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
  const auto in = [&](std::int64_t unit) { return std::to_string((seconds + unit / 2) / unit); };
  if (seconds < 100) return in(1) + " s";
  if (seconds < 100 * minute) return in(minute) + " min";
  if (seconds < 2 * day) return in(hour) + " h";
  return in(day) + " days";
}

/// What it waits for, without the reason.
std::string state_of(const QueuedRecipient& recipient, WallTime now) {
  const std::string way = recipient.route.empty() ? "" : ", by " + recipient.route;
  if (recipient.held) return "held" + way;
  if (recipient.due > now && recipient.attempts == 0 && recipient.problem.empty())
    return "to be sent in " + rough_time(recipient.due - now) + way;
  if (recipient.due > now) return "next attempt in " + rough_time(recipient.due - now) + way;
  return "being sent or waiting for its turn" + way;
}

std::uint64_t held_of(const QueuedMail& mail) {
  return static_cast<std::uint64_t>(
      std::count_if(mail.recipients.begin(), mail.recipients.end(), [](const auto& r) { return r.held; }));
}

/// That of the recipient who is next, and how many are held or go another way.
std::string state_of(const QueuedMail& mail, WallTime now) {
  const auto earlier = [](const auto& a, const auto& b) { return a.due < b.due; };
  const QueuedRecipient& next = *std::min_element(mail.recipients.begin(), mail.recipients.end(), earlier);
  std::string text = state_of(next, now);
  if (next.held) return text;
  if (const std::uint64_t held = held_of(mail); held > 0) text += ", " + std::to_string(held) + " held";
  const auto rerouted = std::count_if(mail.recipients.begin(), mail.recipients.end(),
                                      [](const auto& r) { return !r.route.empty(); });
  if (next.route.empty() && rerouted > 0) text += ", " + std::to_string(rerouted) + " rerouted";
  if (next.due <= now || next.problem.empty()) return text;
  if (next.problem.size() <= kLongestProblem) return text + ": " + next.problem;
  return text + ": " + next.problem.substr(0, kLongestProblem) + "…";
}

/// The first, and how many more.
std::string recipients_of(const QueuedMail& mail) {
  const std::size_t more = mail.recipients.size() - 1;
  return mail.recipients.front().recipient.address + (more > 0 ? " +" + std::to_string(more) : "");
}

/// NOTIFY (RFC 3461 4.1) as it was given; empty: it was not.
std::string notify_of(const Notify& notify) {
  if (!notify.said) return "";
  std::vector<std::string> when;
  if (notify.success) when.emplace_back("success");
  if (notify.failure) when.emplace_back("failure");
  if (notify.delay) when.emplace_back("delay");
  return when.empty() ? "never" : join(when, ", ");
}

using Rows = std::vector<std::vector<std::string>>;

void add_recipient(Rows& rows, const QueuedRecipient& recipient, WallTime now) {
  const RecipientDsn& dsn = recipient.recipient.dsn;
  rows.push_back({"to", recipient.recipient.address});
  std::string state = state_of(recipient, now);
  if (recipient.attempts > 0) state += ", after " + counted(recipient.attempts, "attempt");
  rows.push_back({"", state});
  if (!recipient.problem.empty()) rows.push_back({"", recipient.problem});
  if (const std::string when = notify_of(dsn.notify); !when.empty())
    rows.push_back({"", "its sender wants reports: " + when});
  if (!dsn.original_recipient.empty()) rows.push_back({"", "at first for " + dsn.original_recipient});
}

Json as_json(const QueuedRecipient& recipient, WallTime now) {
  const bool waits = !recipient.held && recipient.due > now;
  const char* state = waits ? "waiting" : "due";
  Json json{{"address", recipient.recipient.address}};
  json["state"] = recipient.held ? "held" : state;
  json["next_attempt"] = waits ? Json(iso_time(recipient.due)) : Json();
  json["attempts"] = recipient.attempts;
  json["route"] = recipient.route.empty() ? Json() : Json(recipient.route);
  json["problem"] = recipient.problem.empty() ? Json() : Json(recipient.problem);
  return json;
}

Json as_json(const QueuedMail& mail, WallTime now) {
  Json json{{"id", mail.id}, {"from", mail.reverse_path}};
  json["arrived"] = iso_time(mail.arrived);
  json["release"] = mail.release > mail.arrived ? Json(iso_time(mail.release)) : Json();
  json["size"] = mail.size;
  json["delay_told"] = mail.delay_told;
  json["smtputf8"] = mail.utf8;
  json["requiretls"] = mail.tls == TlsDemand::required;
  json["envelope_id"] = mail.dsn.envelope_id.empty() ? Json() : Json(mail.dsn.envelope_id);
  json["recipients"] = Json::array();
  for (const QueuedRecipient& recipient : mail.recipients)
    json["recipients"].push_back(as_json(recipient, now));
  return json;
}

}  // namespace

std::string counted_mail(std::uint64_t messages, std::uint64_t recipients) {
  return counted(messages, "message") + " to " + counted(recipients, "recipient");
}

std::string counted_mail(const std::vector<QueuedMail>& mail) {
  std::uint64_t recipients = 0;
  for (const QueuedMail& one : mail) recipients += one.recipients.size();
  return counted_mail(mail.size(), recipients);
}

std::uint64_t count_held(const std::vector<QueuedMail>& mail) {
  std::uint64_t held = 0;
  for (const QueuedMail& one : mail) held += held_of(one);
  return held;
}

std::string queue_table(const std::vector<QueuedMail>& mail, WallTime now) {
  Rows rows{{"ID", "AGE", "SIZE", "FROM", "TO", "STATE"}};
  std::uint64_t size = 0;
  for (const QueuedMail& one : mail) {
    size += one.size;
    rows.push_back({one.id, rough_time(now - one.arrived), format_size(one.size),
                    shown_sender(one.reverse_path), recipients_of(one), state_of(one, now)});
  }
  std::string total = counted_mail(mail) + ", " + format_size(size);
  if (const std::uint64_t held = count_held(mail); held > 0)
    total += "; " + counted(held, "recipient") + " held";
  return aligned(rows) + total + "\n";
}

std::string queue_page(const QueuedMail& mail, WallTime now) {
  Rows rows{
      {"id", mail.id},
      {"from", shown_sender(mail.reverse_path)},
      {"arrived", time_text(mail.arrived, "%Y-%m-%d %H:%M UTC, ") + rough_time(now - mail.arrived) + " ago"},
      {"size", format_size(mail.size)}};
  if (mail.release > mail.arrived)
    rows.push_back({"to leave", time_text(mail.release, "%Y-%m-%d %H:%M UTC, as its sender wants it")});
  if (mail.delay_told) rows.push_back({"delay", "its sender has been told"});
  if (mail.utf8) rows.push_back({"needs", "SMTPUTF8"});
  if (mail.tls == TlsDemand::required) rows.push_back({"needs", "REQUIRETLS"});
  if (mail.tls == TlsDemand::optional) rows.push_back({"TLS", "as it can be had"});
  if (!mail.dsn.envelope_id.empty()) rows.push_back({"envelope id", mail.dsn.envelope_id});
  for (const QueuedRecipient& recipient : mail.recipients) add_recipient(rows, recipient, now);
  return aligned(rows);
}

std::string queue_json(const std::vector<QueuedMail>& mail, WallTime now) {
  Json json = Json::array();
  for (const QueuedMail& one : mail) json.push_back(as_json(one, now));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace postroom::cli
