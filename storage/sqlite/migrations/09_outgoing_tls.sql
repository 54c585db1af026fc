-- MTA-STS policies of other domains (RFC 8461).
CREATE TABLE sts_policy(
  domain TEXT PRIMARY KEY,
  id TEXT NOT NULL,                    -- by which the DNS told of it
  text TEXT NOT NULL,                  -- as it was fetched
  fetched INTEGER NOT NULL,            -- Unix seconds
  until INTEGER NOT NULL               -- it counts
) STRICT;
CREATE INDEX sts_policy_until ON sts_policy(until);

ALTER TABLE queued ADD COLUMN tls INTEGER NOT NULL DEFAULT 0;  -- TlsDemand (RFC 8689)
