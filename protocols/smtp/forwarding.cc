#include "protocols/smtp/forwarding.h"

#include <algorithm>

#include "protocols/mime/canonical.h"
#include "protocols/smtp/srs.h"

namespace postroom::smtp {

Task<Resolved> look_up(Store& store, std::string recipient, std::string srs_secret, WallTime now) {
  Resolved found = co_await store.resolve(mime::stored_address(recipient));
  if (found.kind != Resolved::Kind::unknown || srs_secret.empty()) co_return found;
  const std::optional<std::string> original = srs_reverse(recipient, srs_secret, now);
  if (!original) co_return found;
  found = co_await store.resolve(mime::stored_address(*original));
  if (found.kind == Resolved::Kind::not_local) {
    found.kind = Resolved::Kind::mailbox;
    found.outside.push_back(*original);
  }
  co_return found;
}

std::optional<Reply> forward(Transaction& transaction, const std::string& recipient, const RecipientDsn& dsn,
                             const Resolved& found, const Options& options, WallTime now) {
  // It may be on again soon: whoever turned it off forgot the alias.
  if (!options.relay) return Reply(450, "4.7.1", "This server does not send mail to others now");
  if (transaction.forwarded.empty()) {
    const std::string domain = recipient.substr(recipient.rfind('@') + 1);
    transaction.forward_path = srs_forward(transaction.reverse_path, domain, options.srs_secret, now);
  }
  for (const std::string& address : found.outside)
    if (std::ranges::find(transaction.forwarded, address, &OutgoingRecipient::address) ==
        transaction.forwarded.end()) {
      OutgoingRecipient& further = transaction.forwarded.emplace_back(address);
      further.dsn = dsn;
      further.dsn.notify.success = false;
    }
  return std::nullopt;
}

}  // namespace postroom::smtp
