// What the store and the protocols call things.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/runtime.h"
#include "storage/uid_set.h"

namespace postroom {

enum class AccountId : std::int64_t {};
enum class MailboxId : std::int64_t {};
/// The bytes of one message, stored once however many mailboxes hold it.
enum class ContentId : std::int64_t {};

/// Rises with every change to a mailbox (RFC 7162 3.1); 0 means "before any". At most 2^63-1.
using ModSeq = std::uint64_t;

/// Our fault: the disk, a corrupt row, a bug in the SQL. Caught only by a protocol's dispatcher, which
/// answers "try again later" and logs what() once; the detail never goes to the peer.
class StoreFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There is no room on the disk: the same can be tried again later (RFC 3463 3.4: X.3.1).
class StoreFull : public StoreFault {
 public:
  using StoreFault::StoreFault;
};

/// What is on the disk is damaged: the same fails again (RFC 5530 3 CORRUPTION).
class StoreCorrupt : public StoreFault {
 public:
  using StoreFault::StoreFault;
};

/// A message's flags: the system flags and up to 58 keywords of the account, by their number.
struct Flags {
  static constexpr std::uint64_t seen = 1, answered = 2, flagged = 4, deleted = 8, draft = 16;
  static constexpr std::uint64_t system = 31;
  static constexpr unsigned first_keyword = 5;
  static constexpr unsigned max_keywords = 58;
  static constexpr std::uint64_t keyword(unsigned number) {
    return std::uint64_t{1} << (first_keyword + number);
  }

  std::uint64_t bits = 0;
  bool operator==(const Flags&) const = default;
};

/// RFC 6154.
enum class SpecialUse : std::uint8_t { none, all, archive, drafts, flagged, junk, sent, trash };

struct MailboxStatus {
  MailboxStatus() = default;
  MailboxId id{};
  std::uint32_t uid_validity = 0;
  Uid uid_next = 1;
  Uid first_recent = 1;  ///< messages from this UID on have not been shown to any session (\Recent)
  ModSeq highest_modseq = 1;
  std::uint64_t messages = 0;
  std::uint64_t unseen = 0;
  std::uint64_t deleted = 0;       ///< messages that have \Deleted
  std::uint64_t deleted_size = 0;  ///< what they add up to, in bytes
  std::uint64_t size = 0;          ///< sum of the messages' sizes, in bytes
};

/// What all mailboxes of an account together may hold; 0: no limit.
struct QuotaLimits {
  std::uint64_t storage = 0;  ///< bytes
  std::uint64_t messages = 0;
};

/// An account's quota: what its mailboxes hold and may hold (RFC 9208 5.1, 5.2). Each message counts with its
/// whole size in each mailbox, however often its bytes are stored.
struct Quota {
  Quota() = default;
  std::uint64_t storage = 0;  ///< bytes
  std::uint64_t messages = 0;
  QuotaLimits limits;

  bool exceeded() const {
    return (limits.storage > 0 && storage > limits.storage) ||
           (limits.messages > 0 && messages > limits.messages);
  }
  /// Bytes of the largest message that there is room for.
  std::uint64_t room() const {
    if (limits.messages > 0 && messages >= limits.messages) return 0;
    if (limits.storage == 0) return kRoomForAll;
    return storage < limits.storage ? limits.storage - storage : 0;
  }
  static constexpr std::uint64_t kRoomForAll = ~std::uint64_t{0};
};

/// A mailbox in the list of an account's.
struct MailboxInfo {
  MailboxInfo() = default;
  std::string name;  ///< UTF-8, '/' between levels; the inbox is "INBOX"
  SpecialUse special_use = SpecialUse::none;
  MailboxStatus status;
};

/// A mailbox as a session finds it when it selects it.
struct MailboxSnapshot {
  MailboxSnapshot() = default;
  MailboxStatus status;
  SpecialUse special_use = SpecialUse::none;
  bool has_children = false;
  bool subscribed = false;
  UidSet uids;
  std::optional<Uid> first_unseen;
  std::vector<std::string> keywords;  ///< the account's, as Store::keywords()
};

/// What is computed once when a message comes in, kept beside its bytes, and opaque to the store.
struct MessageFacts {
  MessageFacts() = default;
  std::string envelope;          ///< IMAP ENVELOPE, ready to send
  std::string body;              ///< IMAP BODY, ready to send
  std::string body_structure;    ///< IMAP BODYSTRUCTURE, ready to send
  std::string parts;             ///< where each MIME part lies: mime::PartIndex, serialised
  std::string preview;           ///< the beginning of its text (RFC 8970 3.3), UTF-8
  std::string sort_keys;         ///< what SORT and THREAD compare: mime::SortKeys, serialised
  std::int64_t sent_date = 0;    ///< the Date field's day and time as written, ignoring its zone (RFC 3501
                                 ///< SENTSINCE), Unix seconds; 0 without one
  std::uint64_t message_id = 0;  ///< stands for its Message-ID; 0 without one
  std::vector<std::uint64_t> references;  ///< those of its ancestors, the parent last
  std::string message_id_text;            ///< its Message-ID without angle brackets; empty without one

  /// Bytes of all that is stored.
  std::size_t size() const {
    return envelope.size() + body.size() + body_structure.size() + parts.size() + preview.size() +
           sort_keys.size();
  }
};

/// Facts of a content that came before they were kept.
struct LateFacts {
  LateFacts() = default;
  ContentId content{};
  MessageFacts facts;
};

/// What a reader asks of messages; the union of what all parts of a command need is asked for once.
struct Want {
  static constexpr std::uint32_t flags = 1;  ///< also modseq
  static constexpr std::uint32_t envelope = 2;
  static constexpr std::uint32_t body = 4;
  static constexpr std::uint32_t body_structure = 8;
  static constexpr std::uint32_t parts = 16;
  static constexpr std::uint32_t preview = 32;
  static constexpr std::uint32_t sort_keys = 64;
  static constexpr std::uint32_t saved = 128;  ///< also thread
};

/// uid, flags, modseq, internal_date, size, content and sent_date are always there; the rest when wanted.
struct MessageRow {
  MessageRow() = default;
  Uid uid = 0;
  ContentId content{};
  Flags flags;
  ModSeq modseq = 0;
  WallTime internal_date{};
  std::uint64_t size = 0;
  std::int64_t sent_date = 0;
  std::string envelope;
  std::string body;
  std::string body_structure;
  std::string parts;
  /// Nothing, or no sort_keys, though wanted: it came before they were kept. See Store::add_facts().
  std::optional<std::string> preview;
  std::string sort_keys;
  WallTime saved{};          ///< when it came into this mailbox (RFC 8514 3)
  std::uint64_t thread = 0;  ///< what its thread is called after; 0: its own first ancestor, or itself
};

/// Bytes of one message.
struct ContentRange {
  ContentId content{};
  std::uint64_t offset = 0;
  std::size_t length = 0;
};

struct FlagState {
  Uid uid = 0;
  Flags flags;
  ModSeq modseq = 0;
};

/// What happened in a mailbox after a modseq, up to another one.
struct MailboxChanges {
  MailboxChanges() = default;
  ModSeq highest_modseq = 0;  ///< all that happened up to here is in it
  bool more = false;          ///< and this is not all: ask again, from here on
  UidSet added;               ///< messages that came after
  /// Messages that are gone, also those that came and went since. Long after `since`, when expunges are no
  /// longer remembered one by one: every UID that is not there.
  UidSet expunged;
  std::vector<FlagState> changed;  ///< new flags of messages that were there and still are, by UID
};

/// RFC 5802 3: what is kept instead of a password.
struct Verifier {
  Verifier() = default;
  std::string salt;
  std::uint32_t iterations = 0;
  std::string stored_key;
  std::string server_key;
};

/// A user's verifier, and the sealed APOP secret if the user has one.
struct Credentials {
  Credentials() = default;
  AccountId account{};
  std::string address;  ///< the account's own address, in lower case
  Verifier verifier;
  std::string apop_sealed;  ///< seal(key, "apop:" + address, secret); empty: APOP is off for this user
};

/// A list that mail for an address goes to, and from there to its members (RFC 5321 3.9.2).
struct MailingList {
  MailingList() = default;
  std::string address;
  std::string post_to;  ///< whom to write to for all who get this: itself, or a list that it is a member of
  bool anyone = false;  ///< may write to it; otherwise its members only
  // Its members but for lists, each once.
  std::vector<AccountId> accounts;
  std::vector<std::string> outside;
  // Who looks after it.
  std::vector<AccountId> owners;
  std::vector<std::string> owners_outside;

  bool within_another() const { return post_to != address; }
};

/// Where mail for an address goes.
struct Resolved {
  Resolved() = default;
  enum class Kind {
    mailbox,    ///< to these accounts, and on to `outside` and `lists`
    unknown,    ///< the domain is ours, the address is nobody's
    not_local,  ///< the domain is not ours
  };
  Kind kind = Kind::not_local;
  std::vector<AccountId> accounts;
  std::vector<std::string> outside;         ///< addresses on other servers that an alias leads to
  std::vector<MailingList> lists;           ///< each followed by those within it
  std::uint64_t room = Quota::kRoomForAll;  ///< the largest Quota::room() of them
};

}  // namespace postroom
