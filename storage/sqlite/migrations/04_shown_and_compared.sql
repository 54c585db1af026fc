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
