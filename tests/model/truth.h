// Truth: what an account's mailboxes hold, as plainly as RFC 3501 2.3 and RFC 7162 3.1 say it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/net/imap_picture.h"

namespace postroom::testing::model {

/// The flags that commands use, by bit.
using Bits = std::uint32_t;
inline constexpr std::string_view kFlags[] = {"\\Seen",  "\\Answered", "\\Flagged",  "\\Deleted", "\\Draft",
                                              "project", "later",      "$Forwarded", "$MDNSent"};
inline constexpr Bits kSeen = 1, kDeleted = 8;
inline constexpr unsigned kSystemFlags = 5;

/// Throws std::logic_error on a flag that no command has used.
Bits bits_of(const FlagSet& flags);
std::string names_of(Bits flags);

/// A message's bytes and what SEARCH finds in them; `number` is all there is to a message's content.
struct Text {
  explicit Text(unsigned number);
  std::string bytes;
  std::string header;  ///< up to and with the empty line
  std::string subject;
  std::string body;
  std::int64_t sent = 0;  ///< the Date field's day, as days since 1970; 0: there is no such field
};
/// Made once for each of kTexts.
inline constexpr unsigned kTexts = 12;
const Text& text_of(unsigned number);

struct Mail {
  Uid uid = 0;
  Bits flags = 0;
  ModSeq modseq = 0;
  unsigned text = 0;
  std::int64_t date = 0;    ///< INTERNALDATE, Unix seconds
  bool exact_date = false;  ///< else it may be some seconds off
};

struct Gone {
  Uid uid = 0;
  ModSeq modseq = 0;
};

struct Mailbox {
  int id = 0;
  std::string name;
  std::string object_id;  ///< as CREATE told it; empty: not known
  std::uint32_t validity = 0;
  Uid next = 1;
  ModSeq highest = 1;
  std::vector<Mail> mails;
  std::vector<Gone> gone;  ///< the latest

  const Mail* find(Uid uid) const;
  Mail* find(Uid uid);
  /// Each change has one modseq for all it does.
  void add(Mail mail, ModSeq modseq);
  void remove(const std::vector<Uid>& uids);
};

class Truth {
 public:
  std::vector<Mailbox> mailboxes;
  std::set<std::string> subscribed;

  Mailbox* named(std::string_view name);
  const Mailbox* named(std::string_view name) const;
  Mailbox* by_id(int id);
  const Mailbox* by_id(int id) const;
  bool has_children(std::string_view name) const;

  /// With the parents that are missing (RFC 3501 6.3.3).
  void create(const std::string& name);
  void remove(std::string_view name);
  /// With what is below it; INBOX stays, and only its messages go (RFC 3501 6.3.5).
  void rename(const std::string& from, const std::string& to);
  /// Those of `uids` that are there, and their copies' UIDs.
  struct Copies {
    std::vector<Uid> from, to;
  };
  Copies copy(int from, const std::vector<Uid>& uids, int to);

 private:
  int last_id_ = 0;
};

}  // namespace postroom::testing::model
