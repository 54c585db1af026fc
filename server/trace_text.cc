#include "server/trace_text.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

using sqlite::TracedEvent;
using sqlite::TracedMail;
using Kind = TraceEvent::Kind;

WallTime time_of(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

/// "TLSv1.3" of "TLSv1.3 TLS_AES_256_GCM_SHA384".
std::string version(const std::string& tls) { return tls.substr(0, tls.find(' ')); }

std::string in_brackets(const std::string& tls) {
  return tls.empty() ? " (without TLS)" : " (" + version(tls) + ")";
}

/// A time near `near`: without its day when that is the same.
std::string near_time(WallTime when, WallTime near) {
  const bool same = time_text(when, "%F") == time_text(near, "%F");
  return time_text(when, same ? "%T" : "%F %T");
}

std::string arrival(const TracedMail& mail) {
  const Origin& origin = mail.origin;
  const std::string size = mail.size < 1024 ? counted(mail.size, "byte") : format_size(mail.size);
  if (!origin.about.empty()) return "made here, a report on " + origin.about + ", " + size;
  if (origin.peer.empty()) return "made here, " + size;
  std::string who = origin.peer;
  if (!origin.user.empty())
    who = (iequals(origin.user, origin.reverse_path) ? "logged in" : "logged in as " + origin.user) + ", " +
          who;
  else if (!origin.client.empty())
    who = origin.client + " [" + origin.peer + "]";
  const std::string tls = origin.tls.empty() ? "without TLS" : version(origin.tls);
  return "came from " + shown_sender(origin.reverse_path) + " (" + who + ", " + tls + "), " + size;
}

/// Who said what.
std::string answer(const TraceEvent& event) {
  const bool reply = !event.text.empty() && is_digit(event.text.front());
  if (event.via.empty()) return event.text;
  if (!reply) return event.via + ": " + event.text + in_brackets(event.tls);
  return event.via + " said " + event.text + in_brackets(event.tls);
}

std::string report(const TraceEvent& event) {
  std::string what = "was " + event.text;
  if (event.text == "failed") what = "could not be delivered";
  if (event.text == "delayed") what = "is late";
  return "told " + event.address + " that it " + what + ", by " + event.via;
}

std::string rerouted(const std::string& route) {
  return route.empty() ? "sent its usual way again" : "rerouted to " + route;
}

/// `times`: how often in a row, `last` being the last one.
std::string sentence(const TraceEvent& event, WallTime at, std::size_t times, const TracedEvent& last) {
  const std::string to = event.address + ": ";
  const WallTime next = time_of(last.event.value);
  switch (event.kind) {
    case Kind::stored:
      return to + "stored in " + event.text + ", UID " + std::to_string(event.value) +
             (event.via.empty() ? "" : ", sent to " + event.via);
    case Kind::queued: return to + "queued";
    case Kind::delivered:
      return to + "delivered to " + event.via + ": " + event.text + in_brackets(event.tls);
    case Kind::deferred: return to + answer(event) + "; next attempt at " + near_time(next, last.at);
    case Kind::failed: return to + "failed for good: " + answer(event);
    case Kind::reported: return report(event);
    case Kind::removed: return to + "removed from the queue by an administrator";
    case Kind::rerouted: return to + rerouted(event.text) + " by an administrator";
    case Kind::expanded:
      return to + "a list, sent to " + counted(static_cast<std::uint64_t>(event.value), "member") + " of it";
    case Kind::unreachable: break;
  }
  const std::string often =
      times == 1 ? "" : " (" + std::to_string(times) + " times until " + near_time(last.at, at) + ")";
  return event.address + " cannot be reached" + often + ": " + event.text + "; next attempt at " +
         near_time(next, last.at);
}

/// Lines with their times, the day only where it changes.
class Lines {
 public:
  void add(WallTime at, const std::string& text) {
    const std::string day = time_text(at, "%F");
    out_ += "  " + (day == day_ ? std::string(10, ' ') : day) + " " + time_text(at, "%T") + "  " +
            printable(text) + "\n";
    day_ = day;
  }
  void add(const std::string& text) { out_ += "  " + std::string(21, ' ') + printable(text) + "\n"; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::string day_;
};

bool is_same(const TraceEvent& a, const TraceEvent& b) {
  return a.kind == Kind::unreachable && b.kind == a.kind && a.address == b.address && a.text == b.text;
}

std::string block(const TracedMail& mail) {
  std::string head = mail.origin.id;
  if (!mail.message_id.empty()) head += "  <" + mail.message_id + ">";
  Lines lines;
  lines.add(mail.at, arrival(mail));
  const auto& events = mail.events;
  for (std::size_t i = 0; i < events.size();) {
    std::size_t end = i + 1;
    while (end < events.size() && is_same(events[i].event, events[end].event)) ++end;
    lines.add(events[i].at, sentence(events[i].event, events[i].at, end - i, events[end - 1]));
    i = end;
  }
  if (!mail.waiting.empty())
    lines.add(counted(mail.waiting.size(), "recipient") +
              (mail.waiting.size() == 1 ? " still waits" : " still wait") + "; see: postroom queue show " +
              mail.origin.id);
  return printable(head) + "\n" + lines.take();
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::stored: return "stored";
    case Kind::queued: return "queued";
    case Kind::delivered: return "delivered";
    case Kind::deferred: return "deferred";
    case Kind::failed: return "failed";
    case Kind::reported: return "reported";
    case Kind::removed: return "removed";
    case Kind::unreachable: return "unreachable";
    case Kind::rerouted: return "rerouted";
    case Kind::expanded: return "expanded";
  }
  return "";
}

nlohmann::ordered_json json_of(const TracedEvent& traced) {
  const TraceEvent& event = traced.event;
  nlohmann::ordered_json json{{"at", iso_time(traced.at)}, {"event", name_of(event.kind)}};
  json[event.kind == Kind::unreachable ? "destination" : "address"] = event.address;
  switch (event.kind) {
    case Kind::stored: {
      json["mailbox"] = event.text;
      json["uid"] = event.value;
      json["sent_to"] = nlohmann::json::array();
      for (const std::string_view other : split(event.via, ','))
        if (!trim(other).empty()) json["sent_to"].push_back(trim(other));
      return json;
    }
    case Kind::reported:
      json["what"] = event.text;
      json["report"] = event.via;
      return json;
    case Kind::expanded: json["members"] = event.value; return json;
    case Kind::queued:
    case Kind::removed: return json;
    case Kind::rerouted:
      json["route"] = event.text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(event.text);
      return json;
    case Kind::unreachable: break;
    default: json["host"] = event.via; json["tls"] = event.tls;
  }
  json["text"] = event.text;
  if (event.value > 0) json["next_attempt"] = iso_time(time_of(event.value));
  return json;
}

nlohmann::ordered_json json_of(const TracedMail& mail) {
  nlohmann::ordered_json json{{"id", mail.origin.id},
                              {"message_id", mail.message_id},
                              {"at", iso_time(mail.at)},
                              {"from", mail.origin.reverse_path},
                              {"size", mail.size},
                              {"user", mail.origin.user},
                              {"peer", mail.origin.peer},
                              {"client", mail.origin.client},
                              {"tls", mail.origin.tls},
                              {"report_on", mail.origin.about},
                              {"events", nlohmann::ordered_json::array()},
                              {"waiting", mail.waiting}};
  for (const TracedEvent& event : mail.events) json["events"].push_back(json_of(event));
  return json;
}

}  // namespace

std::string trace_text(const std::vector<TracedMail>& mails) {
  std::string out;
  for (const TracedMail& mail : mails) out += (out.empty() ? "" : "\n") + block(mail);
  return out;
}

std::string trace_json(const std::vector<TracedMail>& mails) {
  auto json = nlohmann::ordered_json::array();
  for (const TracedMail& mail : mails) json.push_back(json_of(mail));
  // A peer's bytes need not be UTF-8.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace postroom::cli
