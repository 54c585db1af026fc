-- Mailing lists. An account, an alias and a list never have the same address.
CREATE TABLE list(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  domain INTEGER NOT NULL REFERENCES domain(id),
  anyone INTEGER NOT NULL,             -- may write to it; 0: its members only
  owner TEXT NOT NULL                  -- an account's, alias's or other server's address; '': the domain's postmaster
) STRICT;
CREATE INDEX list_domain ON list(domain);

CREATE TABLE list_member(
  list INTEGER NOT NULL REFERENCES list(id),
  address TEXT NOT NULL,               -- an account's, alias's, list's or other server's
  PRIMARY KEY(list, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_member_address ON list_member(address);
