-- Nothing here refers to other tables: what is told outlives what it is told of.
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
