#include "protocols/smtp/forwarding.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/smtp/srs.h"

namespace postroom::smtp {

namespace {

/// The domain that a forwarded message's reverse-path has: the alias's, as the DNS writes it.
std::string domain_of_alias(const std::string& recipient, const std::string& hostname) {
  const std::size_t at = recipient.rfind('@');
  if (at == std::string::npos) return hostname;  // "postmaster"
  return mime::canonical_domain(std::string_view(recipient).substr(at + 1)).value_or(hostname);
}

}  // namespace

Reply sending_is_off() { return {450, "4.7.1", "This server does not send mail to others now"}; }

Task<Resolved> look_up(Store& store, std::string recipient, std::string hostname) {
  if (iequals(recipient, "postmaster@" + hostname)) recipient = "postmaster";
  co_return co_await store.resolve(mime::stored_address(recipient));
}

Task<std::optional<Resolved>> look_up_returned(Store& store, std::string recipient, std::string srs_secret,
                                               WallTime now) {
  const std::optional<std::string> original = srs_reverse(recipient, srs_secret, now);
  // An address literal is nothing that a stranger may have us connect to.
  const bool good = !srs_secret.empty() && original && mime::canonical_address(*original);
  if (!good) co_return std::nullopt;
  Resolved found = co_await store.resolve(mime::stored_address(*original));
  if (found.kind == Resolved::Kind::not_local) {
    found.kind = Resolved::Kind::mailbox;
    found.outside.push_back(*original);
  }
  co_return found;
}

std::optional<Reply> forward(Transaction& transaction, const std::string& recipient, const RecipientDsn& dsn,
                             const Resolved& found, const std::string& hostname, const Options& options,
                             WallTime now) {
  if (!options.relay) return sending_is_off();
  if (transaction.forwarded.empty()) {
    const std::string domain = domain_of_alias(recipient, hostname);
    transaction.forwarded_reverse_path =
        srs_forward(transaction.reverse_path, domain, options.srs_secret, now);
  }
  for (const std::string& address : found.outside)
    if (std::ranges::find(transaction.forwarded, address, &OutgoingRecipient::address) ==
        transaction.forwarded.end()) {
      OutgoingRecipient& further = transaction.forwarded.emplace_back(address);
      further.dsn = dsn;
      further.dsn.notify.success = false;
      // RFC 3461 5.2.1 (d): what the sender knows is the alias.
      const bool unsaid = further.dsn.original_recipient.empty() && is_ascii(recipient);
      if (unsaid) further.dsn.original_recipient = "rfc822;" + recipient;
    }
  return std::nullopt;
}

}  // namespace postroom::smtp
