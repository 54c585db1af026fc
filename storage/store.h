// Store: everything Postroom remembers. One interface, held to one set of contract tests (tests/contract).
//
// Every call that changes something returns after its transaction is durable: what it answers survives a
// power cut. Changes are published to changes() in commit order before the caller goes on. Expected outcomes
// are values; StoreFault is ours. Calls are made on the loop and may overlap; a mailbox that was deleted
// meanwhile answers as an empty one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "storage/changes.h"
#include "storage/queue.h"
#include "storage/spool.h"
#include "storage/terms.h"
#include "storage/types.h"

namespace postroom {

enum class Created { yes, exists, invalid /* nothing can have this name */, too_many };
enum class Subscribed { yes, too_many };
enum class Deleted { yes, missing, has_children };
enum class Renamed { yes, missing, exists, invalid /* as in Created, or a child's new name */, too_many };

/// Where one message goes, by one transaction.
struct Delivery {
  Delivery() = default;
  // Not explicit: most mail goes to accounts and nowhere else.
  Delivery(std::vector<AccountId> inboxes) : accounts(std::move(inboxes)) {}
  /// A recipient with an answer of its own (RFC 2033 4.2).
  struct Recipient {
    std::vector<AccountId> accounts;  ///< it leads to them, all of them in Delivery::accounts
    bool further = false;             ///< and into the queue
  };
  /// The message as a list sends it, with header fields of its own.
  struct Copy {
    Copy() = default;
    std::string list;
    Spool* spool = nullptr;
    MessageFacts facts;
    std::vector<AccountId> accounts;
    std::vector<Outgoing> outgoing;
  };
  std::vector<AccountId> accounts;           ///< into their inboxes
  std::vector<Recipient> recipients;         ///< empty: there is one answer for all
  std::vector<Outgoing> outgoing;            ///< into the queue
  std::vector<Copy> copies;                  ///< what goes to members of lists
  std::optional<QueueProgress> in_place_of;  ///< what the queue is done with then
  bool past_quota = false;                   ///< into full mailboxes, too
  std::optional<Origin> origin;              ///< for the trace; without it the mail is in none
};

struct Delivered {
  Delivered() = default;
  enum class Outcome {
    yes,
    gone,        ///< all of the accounts, and it goes nowhere else
    over_quota,  ///< each of the accounts would be, and it goes nowhere else
    busy,        ///< past the deadline
  };
  Outcome outcome = Outcome::yes;
  std::size_t accounts = 0;         ///< how many got it
  std::vector<Outcome> recipients;  ///< of each Delivery::Recipient
};

struct Appended {
  Appended() = default;
  bool over_quota = false;  ///< the account would be: nothing was stored
  std::uint32_t uid_validity = 0;
  Uid uid = 0;
};

/// One of the messages of an APPEND.
struct NewMessage {
  NewMessage() = default;
  Spool* spool = nullptr;
  MessageFacts facts;
  Flags flags;
  WallTime internal_date{};
};

struct Copied {
  Copied() = default;
  bool over_quota = false;         ///< the account would be: nothing was copied
  std::uint32_t uid_validity = 0;  ///< of the target
  std::vector<Uid> from;           ///< ascending; to[i] is the copy of from[i]
  std::vector<Uid> to;
  bool whole = true;  ///< false: the target of a move was deleted when these had moved
};

struct FlagChange {
  enum class How { replace, add, remove } how = How::replace;
  Flags flags;
  std::optional<ModSeq> unchanged_since;  ///< RFC 7162 3.1.3
};

struct FlagsStored {
  FlagsStored() = default;
  std::vector<FlagState> now;  ///< the messages as they are after it, by UID, of those that were not refused
  UidSet refused;              ///< changed after unchanged_since: left as they are
  ModSeq modseq = 0;           ///< of this change, the highest; 0 when nothing changed
  unsigned pieces =
      0;  ///< how many modseqs it took: a large change is made in pieces, others' may lie between
};

struct Expunged {
  Expunged() = default;
  UidSet uids;
  ModSeq modseq = 0;  ///< the highest of this change; 0 when nothing was expunged
};

struct Replaced {
  Replaced() = default;
  enum class Outcome {
    yes,
    no_message,  ///< there was nothing to replace
    no_mailbox,  ///< the target is gone
    over_quota,  ///< the account would be
  } outcome = Outcome::no_message;
  Appended added;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual ChangeHub& changes() = 0;

  /// Nobody waits any longer for what is made in many pieces: it ends with a StoreFault after the piece under
  /// way. What was made stays, but for a copy's.
  virtual void stop() noexcept {}

  // Accounts. Addresses are compared in lower case; what follows '+' in a local part is ignored.

  /// By the address a user logs in with (never an alias, never with a '+').
  virtual Task<std::optional<Credentials>> credentials(std::string address) = 0;
  /// Where mail for an address goes, aliases followed, each account and each address
  /// of another server once; what an address made of a list's is for ("team-owner@", "team-request@" and
  /// "team-bounces@") goes to its owner. "postmaster" alone (RFC
  /// 5321 4.5.1) is the one of the domain that was added first.
  virtual Task<Resolved> resolve(std::string address) = 0;

  /// What an account holds, and may hold: append_all(), copy() and replace() store nothing that would bring
  /// it over that. move() adds nothing to an account.
  virtual Task<Quota> quota(AccountId account) = 0;

  // Mailboxes, by account and name (UTF-8, '/' between levels; "INBOX" in any case is the inbox).

  virtual Task<std::vector<MailboxInfo>> mailboxes(AccountId account) = 0;
  virtual Task<std::vector<std::string>> subscriptions(AccountId account) = 0;
  virtual Task<Subscribed> set_subscribed(AccountId account, std::string name, bool subscribed) = 0;
  /// Makes missing parents too (RFC 3501 6.3.3).
  virtual Task<Created> create_mailbox(AccountId account, std::string name, SpecialUse use) = 0;
  virtual Task<Deleted> delete_mailbox(AccountId account, std::string name) = 0;
  /// Renames children along, makes missing parents of the new name; INBOX: its messages move to a new mailbox
  /// (RFC 3501 6.3.5).
  virtual Task<Renamed> rename_mailbox(AccountId account, std::string from, std::string to) = 0;
  virtual Task<std::optional<MailboxStatus>> status(AccountId account, std::string name) = 0;
  /// With `claim_recent` the messages that were recent are so for this caller alone from now on.
  virtual Task<std::optional<MailboxSnapshot>> open(AccountId account, std::string name,
                                                    bool claim_recent) = 0;

  /// How many messages of each mailbox no session has been shown (\Recent, RFC 3501 2.3.2): asked for all
  /// by one read, since they must be counted.
  virtual Task<std::vector<std::uint64_t>> count_recent(std::vector<MailboxId> mailboxes) = 0;

  // Keywords are numbered per account and never forgotten: a session may remember them.

  virtual Task<std::vector<std::string>> keywords(AccountId account) = 0;
  /// The bits of these keywords, new ones registered; nothing when there would be more than
  /// Flags::max_keywords.
  virtual Task<std::optional<Flags>> keyword_flags(AccountId account, std::vector<std::string> names) = 0;

  // Messages. UIDs that are not there are passed over.

  /// Some of the first of `uids`, in UID order: as many as make a short read. Ask again with
  /// uids.after(last); an empty answer means that none is left.
  virtual Task<std::vector<MessageRow>> fetch(MailboxId mailbox, UidSet uids, std::uint32_t want) = 0;
  /// Up to `length` bytes (1 MiB at most) of a message from `offset`; less at its end, empty if it is gone.
  virtual Task<std::string> read(ContentId content, std::uint64_t offset, std::size_t length) = 0;
  /// As read(), of each range in their order, by one short read: no more than 1 MiB in all.
  virtual Task<std::vector<std::string>> read_each(std::vector<ContentRange> ranges) {
    std::vector<std::string> all;
    for (const ContentRange& range : ranges) {
      std::string bytes = co_await read(range.content, range.offset, range.length);
      all.push_back(std::move(bytes));
    }
    co_return all;
  }
  /// Those of `uids` that a search may find. Messages of which the text index does not know yet are among
  /// them.
  virtual Task<UidSet> candidates(MailboxId, UidSet uids, TermQuery) { co_return uids; }
  /// A part of it only when many flags have changed: see MailboxChanges::more.
  virtual Task<MailboxChanges> changes_since(MailboxId mailbox, ModSeq since) = 0;
  /// New messages that a session tells its client of: those up to `last` that no session had are recent
  /// (\Recent, RFC 3501 2.3.2) for this caller alone from now on. The first of them; above `last` when there
  /// is none.
  virtual Task<Uid> claim_recent(MailboxId mailbox, Uid last) = 0;

  /// One message into the inbox of each account and into the queue, stored once; accounts that are gone are
  /// passed over. Nothing is stored past `deadline` with too much waiting to be written, nor when it goes
  /// nowhere else and no account has room for it. Otherwise all get it: its sender could not be told of only
  /// some (RFC 5321 4.1.1.4), and its bytes are stored anyway. With Delivery::recipients the same holds of
  /// the accounts of each of them by itself.
  /// A list's copy is stored once for all its members, of whom none is passed over for being full.
  virtual Task<Delivered> deliver(Delivery delivery, Spool& spool, MessageFacts facts,
                                  TimePoint deadline) = 0;
  /// IMAP APPEND of one message or several (RFC 3502): all of them or, when the mailbox is gone, none. Their
  /// UIDs follow each other from `uid` on. They are written by one transaction: not too many.
  virtual Task<std::optional<Appended>> append_all(MailboxId mailbox, std::vector<NewMessage> messages) = 0;
  Task<std::optional<Appended>> append(MailboxId mailbox, Spool& spool, MessageFacts facts, Flags flags,
                                       WallTime internal_date) {
    std::vector<NewMessage> one(1);
    one[0].spool = &spool;
    one[0].facts = std::move(facts);
    one[0].flags = flags;
    one[0].internal_date = internal_date;
    co_return co_await append_all(mailbox, std::move(one));
  }
  virtual Task<FlagsStored> store_flags(MailboxId mailbox, UidSet uids, FlagChange change) = 0;
  /// With their flags and internal dates. Nothing when the target is gone.
  virtual Task<std::optional<Copied>> copy(MailboxId from, UidSet uids, MailboxId to) = 0;
  /// RFC 6851: each message is in one of the two at any time.
  virtual Task<std::optional<Copied>> move(MailboxId from, UidSet uids, MailboxId to) = 0;
  /// Removes those of `uids`; with `deleted_only` those among them that have \Deleted.
  virtual Task<Expunged> expunge(MailboxId mailbox, UidSet uids, bool deleted_only) = 0;
  /// RFC 8508: adds a message to `to` and removes the one that `uid` names from `from`, both or neither.
  virtual Task<Replaced> replace(MailboxId from, Uid uid, MailboxId to, NewMessage message) = 0;

  /// Keeps the preview and the sort keys of contents that came before they were kept, so that the next
  /// fetch() gives them. Not too many at once.
  virtual Task<> add_facts(std::vector<LateFacts> late) = 0;

  // For Spool.

  /// Writes the whole pieces (Spool::kPiece) of spool.held() as staged content and takes them off it; durable
  /// or not does not matter yet.
  virtual Task<ContentId> stage(std::optional<ContentId> content, std::string& held) = 0;
  /// Writes a whole message, so that it waits for append_all() without holding memory: nothing more is
  /// added to its spool, and of its facts only sent_date, message_id and references still count.
  virtual Task<> settle(Spool& spool, MessageFacts facts) = 0;
  /// Staged content nobody will deliver; dropped in the background.
  virtual void abandon(ContentId content) noexcept = 0;
  std::size_t held_by_spools = 0;  ///< bytes of memory that all of them take
};

}  // namespace postroom
