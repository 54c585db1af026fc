-- What mail in the queue needs of the servers that it goes to, and what its sender wants.
ALTER TABLE queued ADD COLUMN form INTEGER NOT NULL DEFAULT 15;  -- bits of ContentForm, see queue.cc; 15: nobody has looked
ALTER TABLE queued ADD COLUMN release INTEGER NOT NULL DEFAULT 0;  -- it is not tried before
ALTER TABLE queued ADD COLUMN deliver_by INTEGER NOT NULL DEFAULT 0;  -- 0: whenever it can be
ALTER TABLE queued ADD COLUMN by_mode INTEGER NOT NULL DEFAULT 0;  -- bits, see queue.cc
CREATE INDEX queued_deliver_by ON queued(deliver_by) WHERE deliver_by > 0;
ALTER TABLE queued ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queued_recipient ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;  -- its message's
CREATE INDEX queued_recipient_priority ON queued_recipient(destination, priority DESC, due) WHERE priority <> 0;
