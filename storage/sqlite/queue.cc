// The queue in SQL.
#include "storage/sqlite/queue.h"

#include <algorithm>
#include <set>

#include "storage/sqlite/unix_time.h"

namespace postroom::sqlite {

namespace {

/// In garbage, where others have a mailbox.
constexpr std::int64_t kGarbageOfQueue = -1;

/// New mail may have a destination tried again that could not be reached, but not within so many seconds.
constexpr std::int64_t kTryAgain = 300;

/// How exactly it is noted when a destination was reached, and for how long; in seconds.
constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kRememberReached = 30 * kDay;

// What a Notify is as a number.
constexpr unsigned kSaid = 1;
constexpr unsigned kSuccess = 2;
constexpr unsigned kFailure = 4;
constexpr unsigned kDelay = 8;

unsigned bits_of(const Notify& notify) {
  return (notify.said ? kSaid : 0) | (notify.success ? kSuccess : 0) | (notify.failure ? kFailure : 0) |
         (notify.delay ? kDelay : 0);
}

Notify notify_of(unsigned bits) {
  return {.said = (bits & kSaid) != 0,
          .success = (bits & kSuccess) != 0,
          .failure = (bits & kFailure) != 0,
          .delay = (bits & kDelay) != 0};
}

// What a ContentForm is as a number.
constexpr unsigned kBeyondAscii = 1;
constexpr unsigned kLongLines = 2;
constexpr unsigned kBareLineEnds = 4;
constexpr unsigned kNul = 8;

unsigned bits_of(const ContentForm& form) {
  return (form.beyond_ascii ? kBeyondAscii : 0) | (form.long_lines ? kLongLines : 0) |
         (form.bare_line_ends ? kBareLineEnds : 0) | (form.nul ? kNul : 0);
}

// The same of what a DeliverBy says beside the time.
constexpr unsigned kReturns = 1;
constexpr unsigned kTraced = 2;

ContentForm form_of(unsigned bits) {
  return {.beyond_ascii = (bits & kBeyondAscii) != 0,
          .long_lines = (bits & kLongLines) != 0,
          .bare_line_ends = (bits & kBareLineEnds) != 0,
          .nul = (bits & kNul) != 0};
}

/// Others that have not been for long are forgotten, so that there are never many of them.
void note_reached(Connection& db, const std::string& destination, WallTime now) {
  execute(db,
          "UPDATE destination SET closed = 0, failures = 0, reached = 1"
          " WHERE name = ? AND (failures > 0 OR NOT reached)",
          destination);
  if (execute(db,
              "INSERT INTO reached(name, at) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET at = ?2"
              " WHERE at < ?2 - ?3",
              destination, seconds(now), kDay) == 0)
    return;
  execute(db, "DELETE FROM reached WHERE name IN (SELECT name FROM reached WHERE at < ? ORDER BY at LIMIT 2)",
          seconds(now) - kRememberReached);
}

// Most mail has no priority. What has one is found by an index of its own, above or below 0.
constexpr Sql kOfDestination =
    "SELECT q.id, q.name, q.content, q.size, q.arrived, q.delay_told, q.reverse_path, q.utf8, q.ret, "
    "q.envelope_id,"
    " r.number, r.address, r.notify, r.original_recipient, r.attempts, r.due, r.problem, r.destination,"
    " q.form, q.release, q.deliver_by, q.by_mode, q.priority, q.tls"
    " FROM queued_recipient r JOIN queued q ON q.id = r.message"
    " WHERE r.destination = ?1 AND r.due <= ?2 AND r.priority = 0 ORDER BY r.due, r.message, r.number LIMIT "
    "?3";
constexpr Sql kOfDestinationByPriority =
    "SELECT q.id, q.name, q.content, q.size, q.arrived, q.delay_told, q.reverse_path, q.utf8, q.ret, "
    "q.envelope_id,"
    " r.number, r.address, r.notify, r.original_recipient, r.attempts, r.due, r.problem, r.destination,"
    " q.form, q.release, q.deliver_by, q.by_mode, q.priority, q.tls"
    " FROM queued_recipient r JOIN queued q ON q.id = r.message"
    " WHERE r.destination = ?1 AND r.due <= ?2 AND r.priority <> 0 AND r.priority BETWEEN ?4 AND ?5"
    " ORDER BY r.priority DESC, r.due, r.message, r.number LIMIT ?3";

QueuedMail mail_of(const Query& row) {
  QueuedMail mail;
  mail.queue_id = row.as<QueueId>(0);
  mail.id = row.text(1);
  mail.content = row.as<ContentId>(2);
  mail.size = row.as<std::uint64_t>(3);
  mail.arrived = time_of(row.integer(4));
  mail.delay_told = row.integer(5) != 0;
  mail.reverse_path = row.text(6);
  mail.utf8 = row.integer(7) != 0;
  mail.dsn.ret = row.as<Ret>(8);
  mail.dsn.envelope_id = row.text(9);
  mail.form = form_of(row.as<unsigned>(18));
  mail.release = time_of(row.integer(19));
  mail.deliver_by.time = time_of(row.integer(20));
  mail.deliver_by.returns = (row.as<unsigned>(21) & kReturns) != 0;
  mail.deliver_by.traced = (row.as<unsigned>(21) & kTraced) != 0;
  mail.priority = static_cast<int>(row.integer(22));
  mail.tls = row.as<TlsDemand>(23);
  return mail;
}

/// Rows of one message follow each other.
std::vector<QueuedMail> read(Query& rows) {
  std::vector<QueuedMail> all;
  while (rows.step()) {
    if (all.empty() || all.back().queue_id != rows.as<QueueId>(0)) all.push_back(mail_of(rows));
    QueuedRecipient& recipient = all.back().recipients.emplace_back();
    recipient.number = rows.as<std::uint32_t>(10);
    recipient.recipient.address = rows.text(11);
    recipient.recipient.dsn.notify = notify_of(rows.as<unsigned>(12));
    recipient.recipient.dsn.original_recipient = rows.text(13);
    recipient.attempts = rows.as<std::uint32_t>(14);
    recipient.due = time_of(rows.integer(15));
    recipient.held = rows.integer(15) == kHeld;
    recipient.problem = rows.text(16);
    if (is_route(rows.bytes(17))) recipient.route = rows.text(17);
  }
  return all;
}

/// A recipient is due when its destination is, too; and its problem is whichever of them it waits for.
constexpr Sql kOfMessages =
    "SELECT q.id, q.name, q.content, q.size, q.arrived, q.delay_told, q.reverse_path, q.utf8, q.ret, "
    "q.envelope_id,"
    " r.number, r.address, r.notify, r.original_recipient, r.attempts, max(r.due, d.closed),"
    " iif(r.problem = '' OR d.closed > r.due, d.problem, r.problem), r.destination,"
    " q.form, q.release, q.deliver_by, q.by_mode, q.priority, q.tls"
    " FROM queued q CROSS JOIN queued_recipient r ON r.message = q.id"
    " CROSS JOIN destination d ON d.name = r.destination"
    " WHERE q.id BETWEEN ? AND ? AND r.due < ? ORDER BY q.id, r.number LIMIT ?";

/// DueMail::edits
std::int64_t edits(Connection& db) { return lookup(db, "SELECT count FROM queue_edits").value_or(0); }

}  // namespace

void open_destination(Connection& db, const std::string& destination, WallTime now) {
  execute(db,
          "INSERT INTO destination(name, due, reached)"
          " VALUES(?1, ?2, EXISTS(SELECT 1 FROM reached WHERE name = ?1)) ON CONFLICT(name) DO UPDATE SET"
          " closed = min(closed, tried + ?3), due = max(min(due, ?2), min(closed, tried + ?3))",
          destination, seconds(now), kTryAgain);
}

void enqueue(Connection& db, const Outgoing& outgoing, ContentId content, std::uint64_t size, TraceId trace,
             WallTime now) {
  const unsigned by_mode =
      (outgoing.deliver_by.returns ? kReturns : 0) | (outgoing.deliver_by.traced ? kTraced : 0);
  Query added(
      db,
      "INSERT INTO queued(name, content, size, arrived, reverse_path, utf8, ret, envelope_id, trace, form,"
      " release, deliver_by, by_mode, priority, tls)"
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
      outgoing.id, content, size, seconds(now), outgoing.reverse_path, outgoing.utf8, outgoing.dsn.ret,
      outgoing.dsn.envelope_id, trace, bits_of(outgoing.form), seconds(outgoing.release),
      seconds(outgoing.deliver_by.time), by_mode, outgoing.priority, outgoing.tls);
  added.step();
  const auto message = added.as<QueueId>(0);
  const WallTime due = std::max(now, outgoing.release);
  std::set<std::string> destinations;
  std::uint32_t number = 0;
  for (const OutgoingRecipient& recipient : outgoing.recipients) {
    const std::string destination = recipient.destination();
    execute(db,
            "INSERT INTO queued_recipient(message, number, destination, address, notify, original_recipient, "
            "due, "
            "priority) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            message, number++, destination, recipient.address, bits_of(recipient.dsn.notify),
            recipient.dsn.original_recipient, seconds(due), outgoing.priority);
    if (destinations.insert(destination).second) open_destination(db, destination, due);
  }
}

std::vector<QueuedMail> queued_between(Connection& db, QueueId first, QueueId last, bool also_held,
                                       std::int64_t most) {
  Query rows(db, kOfMessages, first, last, kHeld + (also_held ? 1 : 0), most);
  return read(rows);
}

void look_at_destination(Connection& db, std::string_view destination) {
  const auto first =
      lookup(db, "SELECT due FROM queued_recipient WHERE destination = ? ORDER BY due LIMIT 1", destination);
  if (first)
    execute(db, "UPDATE destination SET due = max(?2, closed) WHERE name = ?1", destination, *first);
  else
    execute(db, "DELETE FROM destination WHERE name = ?", destination);
}

bool look_at_message(Connection& db, QueueId message, std::int64_t now) {
  if (lookup(db, "SELECT 1 FROM queued_recipient WHERE message = ? AND due < ? LIMIT 1", message, kHeld))
    return false;
  if (lookup(db, "SELECT 1 FROM queued_recipient WHERE message = ? LIMIT 1", message)) {
    execute(db, "UPDATE queued SET held = 1 WHERE id = ?", message);
    return false;
  }
  const auto content = lookup(db, "DELETE FROM queued WHERE id = ? RETURNING content", message);
  if (!content) return false;
  execute(db, "INSERT INTO garbage(at, mailbox, uid, content) VALUES(?, ?, ?, ?)", now, kGarbageOfQueue,
          message, *content);
  return true;
}

DueMail due(Connection& db, WallTime now, const DueMost& most) {
  DueMail mail;
  const auto add = [&](Standing standing, Sql sql) {
    Query rows(db, sql, most[standing] + 1);
    for (std::size_t count = 0; rows.step(); ++count) {
      const WallTime when = time_of(rows.integer(2));
      if (when > now || count == most[standing]) {
        mail.next = std::min(mail.next.value_or(when), when);
        return;
      }
      DueMail::Destination& destination = mail.destinations.emplace_back();
      destination.name = rows.text(0);
      destination.standing = standing;
      destination.failures = rows.as<std::uint32_t>(1);
    }
  };
  Transaction transaction(db, Transaction::Kind::read);
  mail.edits = edits(db);
  add(Standing::reached,
      "SELECT name, failures, due FROM destination WHERE failures = 0 AND reached ORDER BY due LIMIT ?");
  add(Standing::untried,
      "SELECT name, failures, due FROM destination WHERE failures = 0 AND NOT reached ORDER BY due LIMIT ?");
  add(Standing::failing,
      "SELECT name, failures, due FROM destination WHERE failures > 0 ORDER BY due LIMIT ?");
  return mail;
}

DueBatch due_at(Connection& db, const std::string& destination, WallTime now, std::size_t most) {
  Transaction transaction(db, Transaction::Kind::read);
  DueBatch batch;
  batch.edits = edits(db);
  std::size_t left = most;
  const auto add = [&](Query rows) {
    for (QueuedMail& mail : read(rows)) {
      left -= mail.recipients.size();
      batch.mail.push_back(std::move(mail));
    }
  };
  add(Query(db, kOfDestinationByPriority, destination, seconds(now), left, 1, 9));
  add(Query(db, kOfDestination, destination, seconds(now), left));
  if (left > 0) add(Query(db, kOfDestinationByPriority, destination, seconds(now), left, -9, -1));
  return batch;
}

std::vector<std::uint32_t> remaining(Connection& db, QueueId message, const std::string& destination) {
  std::vector<std::uint32_t> numbers;
  Query rows(db, "SELECT number FROM queued_recipient WHERE message = ? AND destination = ? AND due < ?",
             message, destination, kHeld);
  while (rows.step()) numbers.push_back(rows.as<std::uint32_t>(0));
  return numbers;
}

std::vector<QueuedMail> overdue(Connection& db, WallTime now, std::size_t most) {
  Transaction transaction(db, Transaction::Kind::read);
  std::vector<QueueId> messages;
  {
    Query rows(db,
               "SELECT id FROM queued WHERE deliver_by > 0 AND NOT held AND deliver_by <= ?"
               " ORDER BY deliver_by, id LIMIT ?",
               seconds(now), most);
    while (rows.step()) messages.push_back(rows.as<QueueId>(0));
  }
  std::vector<QueuedMail> all;
  for (const QueueId message : messages)
    for (QueuedMail& mail : queued_between(db, message, message, false, static_cast<std::int64_t>(most)))
      all.push_back(std::move(mail));
  return all;
}

std::vector<QueuedMail> late(Connection& db, WallTime arrived, bool untold, const QueuePlace& after,
                             std::size_t most) {
  Transaction transaction(db, Transaction::Kind::read);
  std::vector<QueueId> messages;
  const auto note = [&](Query& rows) {
    while (rows.step()) messages.push_back(rows.as<QueueId>(0));
  };
  if (untold) {
    Query rows(db,
               "SELECT id FROM queued WHERE NOT held AND NOT delay_told AND arrived < ? AND release < ? AND "
               "(arrived, id) > (?, ?)"
               " ORDER BY arrived, id LIMIT ?",
               seconds(arrived), seconds(arrived), seconds(after.arrived), after.queue_id, most);
    note(rows);
  } else {
    Query rows(db,
               "SELECT id FROM queued WHERE NOT held AND arrived < ? AND release < ? AND (arrived, id) > (?, "
               "?) ORDER BY "
               "arrived, id LIMIT ?",
               seconds(arrived), seconds(arrived), seconds(after.arrived), after.queue_id, most);
    note(rows);
  }
  std::vector<QueuedMail> all;
  for (const QueueId message : messages)
    for (QueuedMail& mail : queued_between(db, message, message, false, static_cast<std::int64_t>(most)))
      all.push_back(std::move(mail));
  return all;
}

bool progress(Connection& db, const QueueProgress& progress, WallTime now) {
  if (!progress.events.empty()) {
    const auto trace = lookup(db, "SELECT trace FROM queued WHERE id = ?", progress.queue_id);
    for (const TraceEvent& event : progress.events) trace_event(db, TraceId{trace.value_or(0)}, event, now);
  }
  std::set<std::string> destinations;
  for (const std::uint32_t number : progress.finished) {
    Query row(db, "DELETE FROM queued_recipient WHERE message = ? AND number = ? RETURNING destination",
              progress.queue_id, number);
    if (row.step()) destinations.insert(row.text(0));
  }
  for (const QueueProgress::PutOff& off : progress.put_off) {
    Query row(
        db,
        "UPDATE queued_recipient SET due = iif(due = ?5, due, ?3), attempts = attempts + 1, problem = ?4"
        " WHERE message = ?1 AND number = ?2 AND destination = ?6 RETURNING destination",
        progress.queue_id, off.number, seconds(off.due), off.problem, kHeld, progress.destination);
    if (row.step()) destinations.insert(row.text(0));
  }
  if (progress.delay_told) execute(db, "UPDATE queued SET delay_told = 1 WHERE id = ?", progress.queue_id);
  if (progress.by_told) execute(db, "UPDATE queued SET deliver_by = 0 WHERE id = ?", progress.queue_id);
  for (const std::string& destination : destinations) {
    if (progress.reached && progress.destination == destination) note_reached(db, destination, now);
    look_at_destination(db, destination);
  }
  return look_at_message(db, progress.queue_id, 0);
}

void put_off(Connection& db, const std::string& destination, WallTime now, WallTime until,
             const std::string& problem) {
  execute(db,
          "UPDATE destination SET closed = ?2, due = max(due, ?2), tried = ?3, failures = failures + 1,"
          " reached = 0, problem = ?4 WHERE name = ?1",
          destination, seconds(until), seconds(now), problem);
  execute(db, "DELETE FROM reached WHERE name = ?", destination);
}

}  // namespace postroom::sqlite
