-- Expunges up to this modseq are no longer remembered one by one: every UID that is not there may be one.
ALTER TABLE mailbox ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
