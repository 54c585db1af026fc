#include "server/relay/demand.h"

#include <algorithm>
#include <iterator>

namespace postroom::relay {

TlsDemand demand_of(const QueuedMail& mail) {
  const bool report = mail.reverse_path.empty() && mail.tls == TlsDemand::required;
  return report ? TlsDemand::usual : mail.tls;
}

bool requires_tls(const QueuedMail& mail, const smtp::Client& client) {
  if (mail.tls != TlsDemand::required) return false;
  const bool able = client.abilities().requiretls && !client.tls().empty();
  return able || demand_of(mail) == TlsDemand::required;
}

std::vector<QueuedMail> with_demand(const std::vector<QueuedMail>& all, TlsDemand demand) {
  std::vector<QueuedMail> some;
  std::ranges::copy_if(all, std::back_inserter(some),
                       [demand](const QueuedMail& mail) { return demand_of(mail) == demand; });
  return some;
}

}  // namespace postroom::relay
