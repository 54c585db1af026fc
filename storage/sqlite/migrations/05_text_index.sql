-- The terms of contents, by content id: storage/terms.h. Which terms a content has is not kept. Its levels are
-- merged by us, in small steps; never by itself, which would take as long as it takes.
CREATE VIRTUAL TABLE text_index USING fts5(terms, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_index(text_index, rank) VALUES('automerge', 0), ('crisismerge', 1999), ('usermerge', 4);

CREATE TABLE text_index_state(
  version TEXT NOT NULL,               -- of the terms; empty: what is there is of no use and being cleared
  upto INTEGER NOT NULL,               -- contents with a higher id are not indexed
  entries INTEGER NOT NULL,
  deleted INTEGER NOT NULL,            -- entries, since all levels were merged
  dead INTEGER NOT NULL                -- entries of contents that were removed in a hurry
) STRICT;
INSERT INTO text_index_state VALUES('', 0, 0, 0, 0);

-- Those with a lower id that are not indexed either.
CREATE TABLE unindexed(
  content INTEGER PRIMARY KEY,
  later INTEGER NOT NULL               -- 1: it is coming in and will be indexed; 0: it never is; 2: it is being removed
) STRICT;
CREATE INDEX unindexed_later ON unindexed(content) WHERE later = 1;

-- Contents that nobody refers to any more, whose entries are to be deleted before them. A row counts as a
-- reference.
CREATE TABLE unindexing(content INTEGER PRIMARY KEY) STRICT;
