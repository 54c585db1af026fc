// The trace in SQL: writing and removing.
#include "storage/sqlite/trace.h"

#include "base/text.h"

namespace postroom::sqlite {

namespace {

/// Mail in a piece of the index, as a power of two: its keys take some 20 pages.
constexpr int kPieceBits = 10;

/// Bytes of a text that others may make as long as they like.
constexpr std::size_t kLongest = 500;

/// Mail, events or keys removed at a time.
constexpr std::int64_t kAtOnce = 400;

std::int64_t seconds(WallTime time) { return time.time_since_epoch().count(); }

std::string_view clipped(std::string_view text) { return text.substr(0, kLongest); }

void add_key(Connection& db, TraceId mail, std::string_view text) {
  if (text.empty()) return;
  execute(db, "INSERT OR IGNORE INTO trace_key(piece, hash, mail) VALUES(?, ?, ?)", trace_piece(mail),
          trace_hash(lower(clipped(text))), mail);
}

/// Of mail up to `last`. False: none are left.
bool remove_events(Connection& db, std::int64_t last) {
  const std::int64_t removed = execute(
      db,
      "DELETE FROM trace_event WHERE (mail, number) <= (SELECT mail, number FROM trace_event WHERE mail <= ?"
      " ORDER BY mail, number LIMIT 1 OFFSET ?)",
      last, kAtOnce);
  if (removed > 0) return true;
  execute(db, "DELETE FROM trace_event WHERE mail <= ?", last);
  return false;
}

/// Of pieces whose mail is gone. False: none are left.
bool remove_keys(Connection& db) {
  const auto first = lookup(db, "SELECT id FROM trace_mail ORDER BY id LIMIT 1");
  const std::int64_t piece =
      first ? trace_piece(TraceId{*first}) : lookup(db, "SELECT max(piece) + 1 FROM trace_key").value_or(0);
  const std::int64_t removed =
      execute(db,
              "DELETE FROM trace_key WHERE (piece, hash, mail) <= (SELECT piece, hash, mail FROM trace_key"
              " WHERE piece < ? ORDER BY piece, hash, mail LIMIT 1 OFFSET ?)",
              piece, kAtOnce);
  if (removed > 0) return true;
  execute(db, "DELETE FROM trace_key WHERE piece < ?", piece);
  return false;
}

}  // namespace

std::int64_t trace_piece(TraceId mail) { return static_cast<std::int64_t>(mail) >> kPieceBits; }

// FNV-1a. Two that are equal cost a look at a row in vain.
std::int64_t trace_hash(std::string_view text) {
  std::uint32_t hash = 0x811C9DC5;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

TraceId trace_mail(Connection& db, const Origin& origin, const std::string& message_id, std::uint64_t size,
                   WallTime now) {
  TraceId mail{};
  {
    Query added(db,
                "INSERT INTO trace_mail(at, name, message_id, reverse_path, size, user, peer, client, tls,"
                " about) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                seconds(now), origin.id, clipped(message_id), clipped(origin.reverse_path), size, origin.user,
                origin.peer, clipped(origin.client), origin.tls, origin.about);
    added.step();
    mail = added.as<TraceId>(0);
  }
  add_key(db, mail, origin.id);
  add_key(db, mail, message_id);
  add_key(db, mail, origin.reverse_path);
  add_key(db, mail, origin.about);
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

void trace_recipient(Connection& db, TraceId mail, const TraceEvent& event, WallTime now) {
  if (mail == TraceId::none) return;
  trace_event(db, mail, event, now);
  add_key(db, mail, event.address);
  for (const std::string_view address : split(clipped(event.via), ',')) add_key(db, mail, trim(address));
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
  if (last) {
    // Events of mail that was gone before go with the others.
    if (!remove_events(db, *last)) execute(db, "DELETE FROM trace_mail WHERE id <= ?", *last);
    return true;
  }
  if (remove_keys(db)) return true;
  return execute(db,
                 "DELETE FROM trace_unreachable WHERE id IN (SELECT id FROM (SELECT id, at FROM"
                 " trace_unreachable ORDER BY id LIMIT ?2) WHERE at < ?1)",
                 seconds(until), kAtOnce) > 0;
}

}  // namespace postroom::sqlite
