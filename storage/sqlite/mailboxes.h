// Mailboxes by account and name, subscriptions, keywords.
#pragma once

#include "storage/sqlite/write.h"
#include "storage/store.h"

namespace postroom::sqlite {

/// What an account may have; beyond that a peer could fill the disk with names.
inline constexpr std::size_t kMaxMailboxes = 10000;
inline constexpr std::size_t kMaxSubscriptions = 10000;
/// Bytes of a mailbox name with all its levels.
inline constexpr std::size_t kMaxName = 1000;

/// "INBOX" in capitals, also as the first level.
std::string canonical_name(std::string_view name);

// As the Store's functions of these names; names are canonical.

std::vector<MailboxInfo> mailboxes(Connection& db, AccountId account);
std::vector<std::string> subscriptions(Connection& db, AccountId account);
Subscribed set_subscribed(Write& write, AccountId account, std::string_view name, bool subscribed);
Created create_mailbox(Write& write, AccountId account, std::string_view name, SpecialUse use, WallTime now);
Deleted delete_mailbox(Write& write, AccountId account, std::string_view name);
/// But for the inbox.
Renamed rename_mailbox(Write& write, AccountId account, std::string_view from, std::string_view to,
                       WallTime now);
std::optional<MailboxStatus> status(Connection& db, AccountId account, std::string_view name);
/// What LIST tells of it: special use, children, subscription.
void read_attributes(Connection& db, AccountId account, std::string_view name, MailboxSnapshot& snapshot);
std::vector<std::string> keywords(Connection& db, AccountId account);

std::optional<MailboxId> find_mailbox(Connection& db, AccountId account, std::string_view name);

/// Above every UID when the mailbox is gone.
Uid first_recent(Connection& db, MailboxId mailbox);
/// As Store::count_recent().
std::vector<std::uint64_t> count_recent(Connection& db, const std::vector<MailboxId>& mailboxes);
/// As Store::claim_recent().
Uid claim_recent(Write& write, MailboxId mailbox, Uid last);

/// The bits of keywords that exist; nothing: one doesn't.
std::optional<Flags> known_keywords(Connection& db, AccountId account, const std::vector<std::string>& names);
/// As Store::keyword_flags().
std::optional<Flags> register_keywords(Write& write, AccountId account,
                                       const std::vector<std::string>& names);

/// The mailbox and all that remembers it is gone for everybody; its messages are removed by the collector.
void doom(Write& write, MailboxId mailbox);

}  // namespace postroom::sqlite
