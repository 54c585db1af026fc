// The schema. Names are the field's: RFC 3501 and RFC 7162 say what they mean.
#include "storage/sqlite/schema.h"

#include <cassert>
#include <fcntl.h>
#include <unistd.h>

namespace postroom::sqlite {

namespace {

// "Post"
constexpr std::int64_t kApplicationId = 0x506F7374;

// No id that someone outside a transaction may remember is ever used again: AUTOINCREMENT.
constexpr const char* kFirst = R"sql(
CREATE TABLE domain(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE account(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  domain INTEGER NOT NULL REFERENCES domain(id),
  created INTEGER NOT NULL,            -- Unix seconds
  quota INTEGER NOT NULL DEFAULT 0,    -- bytes; 0: none
  salt BLOB NOT NULL,                  -- RFC 5802 3, with SHA-256
  iterations INTEGER NOT NULL,
  stored_key BLOB NOT NULL,
  server_key BLOB NOT NULL,
  apop_sealed BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX account_domain ON account(domain);

CREATE TABLE alias(
  address TEXT NOT NULL,
  target TEXT NOT NULL,                -- an account's or alias's address
  domain INTEGER NOT NULL REFERENCES domain(id),
  PRIMARY KEY(address, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_target ON alias(target);
CREATE INDEX alias_domain ON alias(domain);

CREATE TABLE mailbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,                  -- '/' between levels; INBOX in capitals
  special_use INTEGER NOT NULL DEFAULT 0,
  uid_validity INTEGER NOT NULL CHECK(uid_validity BETWEEN 1 AND 4294967295),
  uid_next INTEGER NOT NULL DEFAULT 1 CHECK(uid_next <= 4294967295),
  first_recent INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL DEFAULT 1,
  messages INTEGER NOT NULL DEFAULT 0,
  unseen INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  UNIQUE(account, name)
) STRICT;

-- The last UIDVALIDITY given, to any mailbox: so a name that is used again never gets one it had.
CREATE TABLE uid_validity(last INTEGER NOT NULL) STRICT;
INSERT INTO uid_validity VALUES(0);

-- Mailboxes that are gone, whose messages are still to be removed.
CREATE TABLE doomed(mailbox INTEGER PRIMARY KEY) STRICT;

CREATE TABLE subscription(
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  PRIMARY KEY(account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE keyword(
  account INTEGER NOT NULL REFERENCES account(id),
  number INTEGER NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY(account, number),
  UNIQUE(account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE message(
  mailbox INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  added INTEGER NOT NULL,              -- its modseq when it came: rises with uid
  content INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,      -- Unix seconds
  size INTEGER NOT NULL,
  sent_date INTEGER NOT NULL,
  PRIMARY KEY(mailbox, uid)
) STRICT, WITHOUT ROWID;
-- What is new is found at the end of the mailbox; only what changed later needs an index. Most mail never does,
-- so a delivery doesn't pay for it.
CREATE INDEX message_changed ON message(mailbox, modseq) WHERE modseq > added;

CREATE TABLE expunged(
  mailbox INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  first INTEGER NOT NULL,              -- UIDs
  last INTEGER NOT NULL,
  PRIMARY KEY(mailbox, modseq, first)
) STRICT, WITHOUT ROWID;

-- One message's bytes and what was computed from them. The bytes lie apart so that many envelopes fit a page.
CREATE TABLE content(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  envelope BLOB NOT NULL,
  body BLOB NOT NULL,
  parts BLOB NOT NULL,
  body_structure BLOB NOT NULL
) STRICT;

CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,              -- content << 20 | number
  data BLOB NOT NULL                   -- 64 KiB, the last one less
) STRICT;

-- How many references there are to a content, when there is more than one. Rows of message and garbage count.
CREATE TABLE shared(
  content INTEGER PRIMARY KEY,
  refs INTEGER NOT NULL
) STRICT;

-- References given up, which the collector takes off after a while (Unix seconds `at`; 0: at once).
CREATE TABLE garbage(
  at INTEGER NOT NULL,
  mailbox INTEGER NOT NULL,            -- where it was; 0: it was staged
  uid INTEGER NOT NULL,
  content INTEGER NOT NULL,
  PRIMARY KEY(at, mailbox, uid, content)
) STRICT, WITHOUT ROWID;

-- Chunks of messages that are coming in.
CREATE TABLE staged(
  content INTEGER PRIMARY KEY,
  size INTEGER NOT NULL
) STRICT;
)sql";

constexpr const char* kForgottenExpunges = R"sql(
-- Expunges up to this modseq are no longer remembered one by one: every UID that is not there may be one.
ALTER TABLE mailbox ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr const char* kDeletedCount = R"sql(
ALTER TABLE mailbox ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;  -- messages that have \Deleted
UPDATE mailbox SET deleted = (SELECT count(*) FROM message WHERE mailbox = mailbox.id AND flags & 8);
)sql";

constexpr const char* kShownAndCompared = R"sql(
ALTER TABLE message ADD COLUMN saved INTEGER;   -- when it came into this mailbox, Unix seconds; NULL: at internal_date
ALTER TABLE message ADD COLUMN thread INTEGER;  -- the message ID it is called after; NULL: see MessageRow::thread
ALTER TABLE content ADD COLUMN preview BLOB;    -- NULL: not computed yet
ALTER TABLE content ADD COLUMN sort_keys BLOB;  -- NULL: not computed yet

-- The threads of replies that came lately, by their message IDs: so many for each account that a newer one takes an
-- older one's place.
CREATE TABLE thread(
  account INTEGER NOT NULL REFERENCES account(id),
  slot INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  PRIMARY KEY(account, slot)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kTextIndex = R"sql(
-- The terms of contents, by content id: storage/terms.h. Which terms a content has is not kept. Its levels are
-- merged by us, in small steps; never by itself, which would take as long as it takes.
CREATE VIRTUAL TABLE text_index USING fts5(terms, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_index(text_index, rank) VALUES('automerge', 0), ('crisismerge', 1999), ('usermerge', 4);

CREATE TABLE text_index_state(
  version TEXT NOT NULL,               -- of the terms; empty: what is there is of no use and being cleared
  upto INTEGER NOT NULL,               -- contents with a higher id are not indexed
  entries INTEGER NOT NULL,
  deleted INTEGER NOT NULL,            -- entries, since all levels were merged
  dead INTEGER NOT NULL                -- entries of contents that were removed in a hurry
) STRICT;
INSERT INTO text_index_state VALUES('', 0, 0, 0, 0);

-- Those with a lower id that are not indexed either.
CREATE TABLE unindexed(
  content INTEGER PRIMARY KEY,
  later INTEGER NOT NULL               -- 1: it is coming in and will be indexed; 0: it never is; 2: it is being removed
) STRICT;
CREATE INDEX unindexed_later ON unindexed(content) WHERE later = 1;

-- Contents that nobody refers to any more, whose entries are to be deleted before them. A row counts as a
-- reference.
CREATE TABLE unindexing(content INTEGER PRIMARY KEY) STRICT;
)sql";

constexpr const char* kQuota = R"sql(
-- What all mailboxes of an account may hold. NULL: what the configuration says; 0: no limit.
ALTER TABLE account ADD COLUMN storage_limit INTEGER CHECK(storage_limit >= 0);  -- bytes
ALTER TABLE account ADD COLUMN message_limit INTEGER CHECK(message_limit >= 0);
UPDATE account SET storage_limit = quota WHERE quota > 0;
ALTER TABLE account DROP COLUMN quota;
ALTER TABLE mailbox ADD COLUMN deleted_size INTEGER NOT NULL DEFAULT 0;  -- of messages that have \Deleted
UPDATE mailbox SET deleted_size = (SELECT total(size) FROM message WHERE mailbox = mailbox.id AND flags & 8)
 WHERE deleted > 0;
)sql";

constexpr const char* kQueue = R"sql(
-- Mail that waits to be sent to other servers. A row counts as a reference to its content.
CREATE TABLE queued(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,                  -- what people call it
  content INTEGER NOT NULL,
  size INTEGER NOT NULL,
  arrived INTEGER NOT NULL,            -- Unix seconds, as all times here
  delay_told INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,     -- all recipients are
  reverse_path TEXT NOT NULL,
  utf8 INTEGER NOT NULL,
  ret INTEGER NOT NULL,                -- Ret
  envelope_id TEXT NOT NULL
) STRICT;
CREATE INDEX queued_arrived ON queued(arrived) WHERE NOT held;
CREATE INDEX queued_untold ON queued(arrived) WHERE NOT held AND NOT delay_told;

CREATE TABLE queued_recipient(
  message INTEGER NOT NULL REFERENCES queued(id),
  number INTEGER NOT NULL,
  destination TEXT NOT NULL,
  address TEXT NOT NULL,
  notify INTEGER NOT NULL,             -- bits, see queue.cc
  original_recipient TEXT NOT NULL,
  due INTEGER NOT NULL,                -- kHeld of queue.h: when it is released
  attempts INTEGER NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(message, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX queued_recipient_due ON queued_recipient(destination, due);

-- What recipients' destinations have in common: so one that cannot be reached is put off by one row. There is a row
-- as long as something is queued for it.
CREATE TABLE destination(
  name TEXT PRIMARY KEY,
  due INTEGER NOT NULL,                -- when something is: of its recipients the first, but not before `closed`
  closed INTEGER NOT NULL DEFAULT 0,   -- until when it is not tried
  tried INTEGER NOT NULL DEFAULT 0,    -- when it could not be reached
  failures INTEGER NOT NULL DEFAULT 0, -- in a row
  problem TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX destination_due ON destination(due) WHERE failures = 0;
CREATE INDEX destination_failing ON destination(due) WHERE failures > 0;
)sql";

// Nothing here refers to other tables: what is told outlives what it is told of.
constexpr const char* kTrace = R"sql(
CREATE TABLE trace_mail(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,                 -- when it came, Unix seconds
  name TEXT NOT NULL,                  -- the id that people know
  message_id TEXT NOT NULL,            -- without angle brackets
  reverse_path TEXT NOT NULL,
  size INTEGER NOT NULL,
  user TEXT NOT NULL,
  peer TEXT NOT NULL,
  client TEXT NOT NULL,
  tls TEXT NOT NULL,
  about TEXT NOT NULL,                 -- name of another mail
  events TEXT NOT NULL                 -- what happened at once, see trace.cc
) STRICT;

-- What happened later.
CREATE TABLE trace_event(
  mail INTEGER NOT NULL,
  number INTEGER NOT NULL,             -- among its mail's
  at INTEGER NOT NULL,
  kind INTEGER NOT NULL,               -- see storage/trace.h, also for what follows
  address TEXT NOT NULL,
  via TEXT NOT NULL,
  tls TEXT NOT NULL,
  text TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY(mail, number)
) STRICT, WITHOUT ROWID;

-- How a mail is found: see trace.h.
CREATE TABLE trace_key(
  mail INTEGER PRIMARY KEY,
  hashes BLOB NOT NULL
) STRICT;

-- One row for all mail that waited for it.
CREATE TABLE trace_unreachable(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  destination TEXT NOT NULL,
  until INTEGER NOT NULL,              -- when it is tried again
  problem TEXT NOT NULL
) STRICT;
CREATE INDEX trace_unreachable_destination ON trace_unreachable(destination, at);

ALTER TABLE queued ADD COLUMN trace INTEGER NOT NULL DEFAULT 0;  -- trace_mail; 0: none
CREATE INDEX queued_trace ON queued(trace);
)sql";

constexpr const char* kMigrations[] = {
    kFirst, kForgottenExpunges, kDeletedCount, kShownAndCompared, kTextIndex, kQuota, kQueue, kTrace};

std::size_t version_of(Connection& db) { return static_cast<std::size_t>(db.ask("PRAGMA user_version")); }

/// The database and what SQLite makes beside it are nobody else's to read.
void make_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  // Not made: it is there already, or SQLite will say what is wrong.
  if (descriptor >= 0) ::close(descriptor);
}

void refuse_strangers(Connection& db) {
  if (db.ask("SELECT count(*) FROM sqlite_schema") == 0) return;
  if (db.ask("PRAGMA application_id") != kApplicationId) throw StoreFault("it is not a Postroom database");
  if (version_of(db) > migrations().size())
    throw StoreFault("it was last used by a newer Postroom (schema " + std::to_string(version_of(db)) +
                     ", this one knows " + std::to_string(migrations().size()) + ")");
}

}  // namespace

std::span<const char* const> migrations() { return kMigrations; }

void migrate(Connection& db, std::size_t target) {
  assert(target <= migrations().size());
  while (version_of(db) < target) {
    Transaction transaction(db, Transaction::Kind::write);
    // Another process may have been quicker.
    const std::size_t version = version_of(db);
    if (version >= target) return;
    db.run_script(migrations()[version]);
    db.run_script(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
    db.run_script(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    transaction.commit();
  }
}

Connection open_database(const std::filesystem::path& file, const Connection::Settings& settings) {
  if (settings.vfs.empty()) make_private(file);
  try {
    Connection db(file, settings);
    refuse_strangers(db);
    // These three can only be chosen before there is anything. Measured: pages of 4 KiB write the least per
    // delivery.
    db.run_script("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
    migrate(db, migrations().size());
    return db;
  } catch (const StoreFull& fault) {
    throw StoreFull("cannot open " + file.string() + ": " + fault.what());
  } catch (const StoreFault& fault) {
    throw StoreFault("cannot open " + file.string() + ": " + fault.what());
  }
}

}  // namespace postroom::sqlite
