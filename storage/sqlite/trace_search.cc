#include "storage/sqlite/trace_search.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "storage/sqlite/address.h"
#include "storage/sqlite/trace.h"

namespace postroom::sqlite {

namespace {

using Kind = TraceEvent::Kind;

WallTime time_of(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }
std::int64_t seconds(WallTime time) { return time.time_since_epoch().count(); }

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

std::vector<TracedEvent> events_of(Connection& db, TraceId mail) {
  std::vector<TracedEvent> events;
  Query rows(
      db, "SELECT at, kind, address, via, tls, text, value FROM trace_event WHERE mail = ? ORDER BY number",
      mail);
  while (rows.step()) {
    TracedEvent& traced = events.emplace_back();
    traced.at = time_of(rows.integer(0));
    traced.event.kind = rows.as<Kind>(1);
    traced.event.address = rows.text(2);
    traced.event.via = rows.text(3);
    traced.event.tls = rows.text(4);
    traced.event.text = rows.text(5);
    traced.event.value = rows.integer(6);
  }
  return events;
}

std::optional<TracedMail> read_mail(Connection& db, TraceId id) {
  Query row(db,
            "SELECT at, name, message_id, reverse_path, size, user, peer, client, tls, about FROM trace_mail"
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
  mail.events = events_of(db, id);
  return mail;
}

bool is_named(const TracedMail& mail, std::string_view name) {
  const auto is = [&](std::string_view text) { return iequals(text, name); };
  if (is(mail.origin.id) || is(mail.message_id) || is(mail.origin.reverse_path) || is(mail.origin.about))
    return true;
  return std::ranges::any_of(mail.events, [&](const TracedEvent& traced) {
    const auto others = split(traced.event.via, ',');
    return is(traced.event.address) ||
           (traced.event.kind == Kind::stored &&
            std::ranges::any_of(others, [&](std::string_view other) { return is(trim(other)); }));
  });
}

/// Mail of one piece of the index that may have that name, the newest first.
std::vector<TraceId> of_piece(Connection& db, std::int64_t piece, const std::vector<std::string>& names) {
  std::set<TraceId> found;
  for (const std::string& name : names) {
    Query rows(db, "SELECT mail FROM trace_key WHERE piece = ? AND hash = ?", piece, trace_hash(name));
    while (rows.step()) found.insert(rows.as<TraceId>(0));
  }
  return {found.rbegin(), found.rend()};
}

std::vector<TracedMail> by_name(Connection& db, const TraceSearch& what, TraceId first) {
  std::vector<TracedMail> found;
  const auto last = TraceId{lookup(db, "SELECT max(id) FROM trace_mail").value_or(0)};
  for (std::int64_t piece = trace_piece(last); piece >= trace_piece(first); --piece) {
    for (const TraceId id : of_piece(db, piece, what.names)) {
      if (id < first) continue;
      auto mail = read_mail(db, id);
      const auto matches = [&](const std::string& name) { return is_named(*mail, name); };
      if (mail && std::ranges::any_of(what.names, matches)) found.push_back(std::move(*mail));
      if (found.size() == what.most) return found;
    }
  }
  return found;
}

/// All of the trace is read: domains are in no index.
std::vector<TracedMail> by_domain(Connection& db, const TraceSearch& what, TraceId first) {
  std::vector<TraceId> ids;
  {
    Query rows(
        db,
        "SELECT id FROM trace_mail m WHERE id >= ?1 AND (lower(substr(reverse_path, -length(?2))) = ?2"
        " OR EXISTS (SELECT 1 FROM trace_event WHERE mail = m.id AND substr(address, -length(?2)) = ?2))"
        " ORDER BY id DESC LIMIT ?3",
        first, "@" + what.domain, what.most);
    while (rows.step()) ids.push_back(rows.as<TraceId>(0));
  }
  std::vector<TracedMail> found;
  for (const TraceId id : ids)
    if (auto mail = read_mail(db, id)) found.push_back(std::move(*mail));
  return found;
}

/// What kept all mail for a destination waiting, while this mail waited for it.
void add_unreachable(Connection& db, TracedMail& mail) {
  struct Wait {
    WallTime from, to;
  };
  std::map<std::string, Wait> waits;
  for (const TracedEvent& traced : mail.events) {
    if (traced.event.address.find('@') == std::string::npos) continue;
    const std::string destination(domain_of(traced.event.address));
    if (traced.event.kind == Kind::queued) waits.try_emplace(destination, traced.at, WallTime::max());
    const bool ends = traced.event.kind == Kind::delivered || traced.event.kind == Kind::failed;
    const auto wait = waits.find(destination);
    if (ends && wait != waits.end()) wait->second.to = traced.at;
  }
  for (const std::string& address : mail.waiting)
    if (const auto wait = waits.find(lower(domain_of(address))); wait != waits.end())
      wait->second.to = WallTime::max();
  for (const auto& [destination, wait] : waits) {
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
  std::vector<TracedMail> found = what.names.empty() ? by_domain(db, what, first) : by_name(db, what, first);
  std::ranges::reverse(found);
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
  Query rows(
      db,
      "SELECT lower(m.reverse_path), coalesce(e.address, '') FROM (SELECT id, reverse_path FROM trace_mail"
      " ORDER BY id DESC LIMIT ?) m LEFT JOIN trace_event e ON e.mail = m.id",
      mails);
  while (rows.step()) addresses.insert({rows.text(0), rows.text(1)});
  addresses.erase("");
  return {addresses.begin(), addresses.end()};
}

}  // namespace postroom::sqlite
