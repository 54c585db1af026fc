#include "storage/sqlite/trace_search.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/trace.h"
#include "storage/sqlite/unix_time.h"

namespace postroom::sqlite {

namespace {

using Kind = TraceEvent::Kind;

/// The first mail that came at `since` or later: they are numbered as they come.
TraceId first_since(Connection& db, WallTime since) {
  std::int64_t low = lookup(db, "SELECT id FROM trace_mail ORDER BY id LIMIT 1").value_or(0);
  std::int64_t high = lookup(db, "SELECT max(id) + 1 FROM trace_mail").value_or(0);
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto at = lookup(db, "SELECT at FROM trace_mail WHERE id >= ? ORDER BY id LIMIT 1", middle);
    if (at && *at < seconds(since))
      low = middle + 1;
    else
      high = middle;
  }
  return TraceId{low};
}

void add_later_events(Connection& db, TracedMail& mail) {
  Query rows(
      db, "SELECT at, kind, address, via, tls, text, value FROM trace_event WHERE mail = ? ORDER BY number",
      mail.trace);
  while (rows.step()) {
    TracedEvent& traced = mail.events.emplace_back();
    traced.at = time_of(rows.integer(0));
    traced.event.kind = rows.as<Kind>(1);
    traced.event.address = rows.text(2);
    traced.event.via = rows.text(3);
    traced.event.tls = rows.text(4);
    traced.event.text = rows.text(5);
    traced.event.value = rows.integer(6);
  }
}

std::optional<TracedMail> read_mail(Connection& db, TraceId id) {
  Query row(db,
            "SELECT at, name, message_id, reverse_path, size, user, peer, client, tls, about,"
            " events FROM trace_mail"
            " WHERE id = ?",
            id);
  if (!row.step()) return std::nullopt;
  TracedMail mail;
  mail.trace = id;
  mail.at = time_of(row.integer(0));
  mail.origin.id = row.text(1);
  mail.message_id = row.text(2);
  mail.origin.reverse_path = row.text(3);
  mail.size = row.as<std::uint64_t>(4);
  mail.origin.user = row.text(5);
  mail.origin.peer = row.text(6);
  mail.origin.client = row.text(7);
  mail.origin.tls = row.text(8);
  mail.origin.about = row.text(9);
  for (TraceEvent& event : unpack_events(row.text(10))) {
    TracedEvent& traced = mail.events.emplace_back();
    traced.at = mail.at;
    traced.event = std::move(event);
  }
  add_later_events(db, mail);
  return mail;
}

bool is_named(const TracedMail& mail, std::string_view name) {
  const Origin& origin = mail.origin;
  if (is_wanted(origin.reverse_path, name) || iequals(origin.id, name) || iequals(mail.message_id, name) ||
      iequals(origin.about, name))
    return true;
  return std::ranges::any_of(mail.events, [&](const TracedEvent& traced) {
    if (is_wanted(traced.event.address, name)) return true;
    const auto others = split(traced.event.via, ',');
    return traced.event.kind == Kind::stored &&
           std::ranges::any_of(others, [&](std::string_view other) { return is_wanted(trim(other), name); });
  });
}

/// The newest first.
std::vector<TracedMail> find_by(Connection& db, const std::string& name, TraceId first, std::size_t most) {
  std::vector<TracedMail> found;
  const std::string hash = trace_hash(name);
  Query rows(db, "SELECT mail FROM trace_key WHERE mail >= ? AND instr(hashes, ?) > 0 ORDER BY mail DESC",
             first, Blob{hash});
  while (found.size() < most && rows.step()) {
    auto mail = read_mail(db, rows.as<TraceId>(0));
    if (mail && is_named(*mail, name)) found.push_back(std::move(*mail));
  }
  return found;
}

struct Wait {
  WallTime from, to;
};

/// By the destination. An administrator's route is one, too.
std::map<std::string, Wait> waits_of(const TracedMail& mail) {
  std::map<std::string, Wait> waits;
  std::map<std::string, std::string> routes;  // by address
  const auto destination_of = [&](const std::string& address) {
    const auto route = routes.find(address);
    return route == routes.end() ? std::string(domain_of(address)) : route->second;
  };
  const auto end = [&](const std::string& destination, WallTime at) {
    if (const auto wait = waits.find(destination); wait != waits.end()) wait->second.to = at;
  };
  for (const TracedEvent& traced : mail.events) {
    const std::string& address = traced.event.address;
    if (address.find('@') == std::string::npos) continue;
    if (traced.event.kind == Kind::queued)
      waits.try_emplace(std::string(domain_of(address)), traced.at, WallTime::max());
    const bool ends = traced.event.kind == Kind::delivered || traced.event.kind == Kind::failed ||
                      traced.event.kind == Kind::removed || traced.event.kind == Kind::rerouted;
    if (ends) end(destination_of(address), traced.at);
    if (traced.event.kind != Kind::rerouted) continue;
    routes.erase(address);
    if (!traced.event.text.empty()) routes[address] = traced.event.text;
    waits.try_emplace(destination_of(address), traced.at, WallTime::max());
    end(destination_of(address), WallTime::max());
  }
  for (const std::string& address : mail.waiting) end(destination_of(lower(address)), WallTime::max());
  return waits;
}

/// What kept all mail for a destination waiting, while this mail waited for it.
void add_unreachable(Connection& db, TracedMail& mail) {
  for (const auto& [destination, wait] : waits_of(mail)) {
    Query rows(db,
               "SELECT at, until, problem FROM trace_unreachable WHERE destination = ? AND at BETWEEN ? AND ?"
               " ORDER BY at",
               destination, seconds(wait.from), seconds(wait.to));
    while (rows.step()) {
      TracedEvent traced;
      traced.at = time_of(rows.integer(0));
      traced.event.kind = Kind::unreachable;
      traced.event.address = destination;
      traced.event.text = rows.text(2);
      traced.event.value = rows.integer(1);
      const auto place = std::ranges::upper_bound(mail.events, traced.at, {}, &TracedEvent::at);
      mail.events.insert(place, std::move(traced));
    }
  }
}

void add_waiting(Connection& db, TracedMail& mail) {
  Query rows(db,
             "SELECT r.address FROM queued q JOIN queued_recipient r ON r.message = q.id WHERE q.trace = ?"
             " ORDER BY r.number",
             mail.trace);
  while (rows.step()) mail.waiting.push_back(rows.text(0));
}

}  // namespace

std::vector<TracedMail> search_trace(Connection& db, const TraceSearch& what) {
  Transaction transaction(db, Transaction::Kind::read);
  const TraceId first = first_since(db, what.since);
  std::vector<TracedMail> found;
  for (const std::string& name : what.names)
    for (TracedMail& mail : find_by(db, name, first, what.most)) found.push_back(std::move(mail));
  std::ranges::sort(found, {}, &TracedMail::trace);
  const auto twice = std::ranges::unique(found, {}, &TracedMail::trace);
  found.erase(twice.begin(), twice.end());
  if (found.size() > what.most)
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(what.most));
  for (TracedMail& mail : found) {
    add_waiting(db, mail);
    add_unreachable(db, mail);
  }
  return found;
}

std::vector<std::string> trace_ids_beginning(Connection& db, std::string_view beginning, std::size_t most) {
  std::vector<std::string> ids;
  Query rows(db,
             "SELECT name FROM trace_mail WHERE substr(name, 1, length(?1)) = ?1 ORDER BY id DESC LIMIT ?2",
             beginning, most);
  while (rows.step()) ids.push_back(rows.text(0));
  return ids;
}

std::vector<std::string> recent_trace_addresses(Connection& db, std::size_t mails) {
  std::set<std::string> addresses;
  Query rows(db, "SELECT reverse_path, events FROM trace_mail ORDER BY id DESC LIMIT ?", mails);
  while (rows.step()) {
    addresses.insert(lower(rows.text(0)));
    for (const TraceEvent& event : unpack_events(rows.text(1))) addresses.insert(event.address);
  }
  addresses.erase("");
  return {addresses.begin(), addresses.end()};
}

}  // namespace postroom::sqlite
