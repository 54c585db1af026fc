// Command: one command of one session, what was answered to it, and what its client then knew.
#pragma once

#include <map>

#include "tests/model/number_set.h"
#include "tests/model/search_tree.h"
#include "tests/model/truth.h"

namespace postroom::testing::model {

enum class Kind {
  select,  ///< also EXAMINE
  unselect,
  close,
  expunge,
  append,
  store,
  fetch,
  copy,
  move,
  search,
  status,
  list,
  create,
  remove,
  rename,
  subscribe,
  noop,     ///< also CHECK
  idle,     ///< from IDLE to the "+"
  waiting,  ///< an IDLE that began earlier goes on: nothing is sent
  done,     ///< the end of an IDLE
  deliver,  ///< no command: mail comes in
  drop,     ///< no command: messages are removed as by POP3
};

/// A FETCH response; what a client makes of one.
struct Fetched {
  Uid uid = 0;  ///< 0: not known then
  std::optional<Bits> flags;
  ModSeq modseq = 0;
  std::map<std::string, std::string> items;
};

/// Everything that came until the tagged response.
struct Answer {
  std::string tagged;                    ///< without the tag; empty: there is none yet
  std::optional<std::vector<Uid>> uids;  ///< what the set meant; nothing: a number that did not exist
  std::vector<std::uint32_t> numbers;    ///< of these, before the command
  std::vector<Fetched> fetched;
  std::vector<std::string> lines;         ///< LIST, LSUB, STATUS, SEARCH, ESEARCH
  std::vector<std::string> codes;         ///< of untagged OKs
  std::optional<std::vector<Uid>> found;  ///< by SEARCH, if it was told
  std::vector<Uid> saved_before;
  Entries before;
  Entries after;
  std::map<Uid, Picture::Entry> cached;  ///< what QRESYNC's client knew and was not told is gone
  ModSeq known = 0;                      ///< the client takes itself to know all up to here; 0: it does not
  bool qresync = false;
  bool recent_known = true;
  bool places_known = true;
  bool bye = false;
};

struct Command {
  Kind kind = Kind::noop;
  std::string text;   ///< as sent, without the tag
  std::string after;  ///< sent when a "+" has come
  int mailbox = 0;    ///< the selected one when it runs, or the one that is selected by it; 0: none
  bool read_only = false;
  bool by_number = false;  ///< numbers keep their meaning: no EXPUNGE
  bool uid = false;
  NumberSet set;
  // STORE
  std::string how;  ///< "+", "-" or nothing
  Bits flags = 0;
  bool silent = false;
  std::optional<ModSeq> unchanged_since;
  // FETCH
  bool sets_seen = false;
  std::optional<ModSeq> changed_since;
  bool vanished = false;
  std::vector<std::string> items;
  // APPEND, deliver
  std::vector<Mail> mails;
  // COPY, MOVE, CREATE and so on
  std::string name, other;
  int dropped_mailbox = 0;  ///< DELETE's, if it exists
  bool subscribed = false;
  // SEARCH
  SearchTree tree;
  std::vector<std::string> returns;
  bool extended = false;
  bool learns = false;  ///< asks for all UIDs
  std::int64_t now = 0;
  bool condstore = false;    ///< shows that the client knows modseqs (RFC 7162 3.1)
  bool resync = false;       ///< SELECT: with the client's cache
  std::vector<Uid> dropped;  ///< drop

  Answer answer;

  /// For whoever reads a complaint.
  std::string line() const { return text.substr(0, text.find('\r')); }
  bool returns_any(std::string_view option) const {
    for (const std::string& one : returns)
      if (one.starts_with(option)) return true;
    return false;
  }
};

}  // namespace postroom::testing::model
