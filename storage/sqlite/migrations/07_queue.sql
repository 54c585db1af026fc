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
