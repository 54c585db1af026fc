// Forwarding: mail that an alias of ours sends on to another server (RFC 5321 3.9.1), and what comes back.
#pragma once

#include <optional>
#include <string>

#include "protocols/smtp/options.h"
#include "protocols/smtp/reply.h"
#include "protocols/smtp/transaction.h"

namespace postroom::smtp {

/// No mail goes to other servers, but may again soon: whoever turned that off forgot the alias or list.
Reply sending_is_off();

/// Where mail for an address goes: as Store::resolve(), and besides, the postmaster of `hostname`, whom our
/// reports name, is ours (RFC 5321 4.5.1).
Task<Resolved> look_up(Store& store, std::string recipient, std::string hostname);
/// Where a report goes that comes back to an address which srs_forward() made: to whom it was made for.
/// Nothing: it was not. For mail from nobody only: others would have us send whatever they like to that
/// person.
Task<std::optional<Resolved>> look_up_returned(Store& store, std::string recipient, std::string srs_secret,
                                               WallTime now);

/// Sends the message on to all that `recipient`, an alias, leads to elsewhere: under an address of ours in
/// the alias's domain (srs.h). What its sender wants to hear of goes along, but for success: that is for us
/// to tell (RFC 3461 5.2.7.3 (c)). Why not; nothing: it does.
std::optional<Reply> forward(Transaction& transaction, const std::string& recipient, const RecipientDsn& dsn,
                             const Resolved& found, const std::string& hostname, const Options& options,
                             WallTime now);

}  // namespace postroom::smtp
