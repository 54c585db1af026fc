-- Destinations that could be reached when they were last tried, also without mail for them now: new mail for them
-- does not wait behind destinations that were never tried.
CREATE TABLE reached(
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL                  -- when it was, give or take a day
) STRICT, WITHOUT ROWID;
CREATE INDEX reached_at ON reached(at);

ALTER TABLE destination ADD COLUMN reached INTEGER NOT NULL DEFAULT 0;  -- it is one of those
DROP INDEX destination_due;
CREATE INDEX destination_reached ON destination(due) WHERE failures = 0 AND reached;
CREATE INDEX destination_untried ON destination(due) WHERE failures = 0 AND NOT reached;

-- An administrator finds a message by it. A destination may be the route that mail is to take: see queue.h.
CREATE INDEX queued_name ON queued(name);
-- One row: how often administrators have changed the queue.
CREATE TABLE queue_edits(count INTEGER NOT NULL) STRICT;
INSERT INTO queue_edits(count) VALUES(0);
