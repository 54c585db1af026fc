ALTER TABLE mailbox ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;  -- messages that have \Deleted
UPDATE mailbox SET deleted = (SELECT count(*) FROM message WHERE mailbox = mailbox.id AND flags & 8);
