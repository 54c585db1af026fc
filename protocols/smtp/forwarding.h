// Forwarding: mail that an alias of ours sends on to another server (RFC 5321 3.9.1), and what comes back.
#pragma once

#include <optional>
#include <string>

#include "protocols/smtp/options.h"
#include "protocols/smtp/reply.h"
#include "protocols/smtp/transaction.h"

namespace postroom::smtp {

/// Where mail for an address goes: as Store::resolve(), and an address that srs_forward() made leads to
/// whom it was made for.
Task<Resolved> look_up(Store& store, std::string recipient, std::string srs_secret, WallTime now);

/// Sends the message on to all that `recipient`, an alias, leads to elsewhere: under an address of ours in
/// the alias's domain (srs.h). What its sender wants to hear of goes along, but for success: that is for us
/// to tell (RFC 3461 5.2.7.3 (c)). Why not; nothing: it does.
std::optional<Reply> forward(Transaction& transaction, const std::string& recipient, const RecipientDsn& dsn,
                             const Resolved& found, const Options& options, WallTime now);

}  // namespace postroom::smtp
