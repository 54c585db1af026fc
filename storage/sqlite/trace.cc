// The trace in SQL: writing and removing.
#include "storage/sqlite/trace.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "storage/sqlite/unix_time.h"

namespace postroom::sqlite {

namespace {

/// Bytes of a text that others may make as long as they like.
constexpr std::size_t kLongest = 500;

/// Mail or events removed at a time.
constexpr std::int64_t kAtOnce = 400;

// Between packed events, and between the fields of one; no address has them (RFC 5321 4.1.2).
constexpr char kRecord = '\x1E';
constexpr char kField = '\x1F';

std::string_view clipped(std::string_view text) { return text.substr(0, kLongest); }

void pack(std::string& out, const TraceEvent& event) {
  out.append(std::to_string(static_cast<int>(event.kind))).append(1, kField);
  for (const std::string& text : {event.address, event.via, event.text}) {
    std::string field(clipped(text));
    std::ranges::replace_if(field, [](char c) { return c == kRecord || c == kField; }, '?');
    out.append(field).append(1, kField);
  }
  out.append(std::to_string(event.value)).append(1, kRecord);
}

/// All that a mail is found by.
class Keys {
 public:
  void add(std::string_view name) {
    if (!name.empty()) hashes_.insert(trace_hash(clipped(name)));
  }
  void add_address(std::string_view address) {
    add(address);
    const std::size_t at = address.rfind('@');
    if (at != std::string_view::npos) add(address.substr(at));
  }
  std::string blob() const {
    std::string out;
    for (const std::string& hash : hashes_) out += hash;
    return out;
  }

 private:
  std::set<std::string> hashes_;
};

Keys keys_of(const Origin& origin, const std::string& message_id, const std::vector<TraceEvent>& events) {
  Keys keys;
  keys.add(origin.id);
  keys.add(message_id);
  keys.add(origin.about);
  keys.add_address(origin.reverse_path);
  for (const TraceEvent& event : events) {
    keys.add_address(event.address);
    for (const std::string_view other : split(clipped(event.via), ',')) keys.add_address(trim(other));
  }
  return keys;
}

}  // namespace

// FNV-1a. Two that are equal cost a look at a row in vain.
std::string trace_hash(std::string_view name) {
  std::uint32_t hash = 0x811C9DC5;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 0x01000193;
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(hash >> shift & 0xFF);
  return bytes;
}

std::vector<TraceEvent> unpack_events(std::string_view packed) {
  std::vector<TraceEvent> events;
  for (const std::string_view record : split(packed, kRecord)) {
    const auto fields = split(record, kField);
    if (fields.size() != 5) continue;
    TraceEvent& event = events.emplace_back();
    event.kind = static_cast<TraceEvent::Kind>(parse_number(fields[0]).value_or(0));
    event.address = fields[1];
    event.via = fields[2];
    event.text = fields[3];
    event.value = static_cast<std::int64_t>(parse_number(fields[4]).value_or(0));
  }
  return events;
}

TraceId trace_mail(Connection& db, const Origin& origin, const std::string& message_id, std::uint64_t size,
                   const std::vector<TraceEvent>& events, WallTime now) {
  std::string packed;
  for (const TraceEvent& event : events) pack(packed, event);
  TraceId mail{};
  {
    Query added(db,
                "INSERT INTO trace_mail(at, name, message_id, reverse_path, size, user, peer, client, tls,"
                " about, events) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                seconds(now), origin.id, clipped(message_id), clipped(origin.reverse_path), size, origin.user,
                origin.peer, clipped(origin.client), origin.tls, origin.about, packed);
    added.step();
    mail = added.as<TraceId>(0);
  }
  const std::string hashes = keys_of(origin, message_id, events).blob();
  execute(db, "INSERT INTO trace_key(mail, hashes) VALUES(?, ?)", mail, Blob{hashes});
  return mail;
}

void trace_event(Connection& db, TraceId mail, const TraceEvent& event, WallTime now) {
  if (mail == TraceId::none) return;
  execute(db,
          "INSERT INTO trace_event(mail, number, at, kind, address, via, tls, text, value)"
          " VALUES(?1, (SELECT coalesce(max(number), 0) + 1 FROM trace_event WHERE mail = ?1),"
          " ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
          mail, seconds(now), event.kind, clipped(event.address), clipped(event.via), event.tls,
          clipped(event.text), event.value);
}

void trace_unreachable(Connection& db, const std::string& destination, const std::string& problem,
                       WallTime until, WallTime now) {
  execute(db, "INSERT INTO trace_unreachable(at, destination, until, problem) VALUES(?, ?, ?, ?)",
          seconds(now), destination, seconds(until), clipped(problem));
}

bool expire_trace(Connection& db, WallTime until) {
  const auto last = lookup(db,
                           "SELECT max(id) FROM (SELECT id, at FROM trace_mail ORDER BY id LIMIT ?2)"
                           " WHERE at < ?1 HAVING max(id) IS NOT NULL",
                           seconds(until), kAtOnce);
  if (!last)
    return execute(db,
                   "DELETE FROM trace_unreachable WHERE id IN (SELECT id FROM (SELECT id, at FROM"
                   " trace_unreachable ORDER BY id LIMIT ?2) WHERE at < ?1)",
                   seconds(until), kAtOnce) > 0;
  // Events of mail that was gone before go with the others.
  const std::int64_t some = execute(
      db,
      "DELETE FROM trace_event WHERE (mail, number) <= (SELECT mail, number FROM trace_event WHERE mail <= ?"
      " ORDER BY mail, number LIMIT 1 OFFSET ?)",
      *last, kAtOnce);
  if (some > 0) return true;
  execute(db, "DELETE FROM trace_event WHERE mail <= ?", *last);
  execute(db, "DELETE FROM trace_key WHERE mail <= ?", *last);
  execute(db, "DELETE FROM trace_mail WHERE id <= ?", *last);
  return true;
}

}  // namespace postroom::sqlite
