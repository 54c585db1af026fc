-- No id that someone outside a transaction may remember is ever used again: AUTOINCREMENT.

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
