-- What all mailboxes of an account may hold. NULL: what the configuration says; 0: no limit.
ALTER TABLE account ADD COLUMN storage_limit INTEGER CHECK(storage_limit >= 0);  -- bytes
ALTER TABLE account ADD COLUMN message_limit INTEGER CHECK(message_limit >= 0);
UPDATE account SET storage_limit = quota WHERE quota > 0;
ALTER TABLE account DROP COLUMN quota;
ALTER TABLE mailbox ADD COLUMN deleted_size INTEGER NOT NULL DEFAULT 0;  -- of messages that have \Deleted
UPDATE mailbox SET deleted_size = (SELECT total(size) FROM message WHERE mailbox = mailbox.id AND flags & 8)
 WHERE deleted > 0;
