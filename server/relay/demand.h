// What messages demand of the TLS that they go by (RFC 8689), as the relay heeds it.
#pragma once

#include <vector>

#include "protocols/smtp/client.h"
#include "storage/queue.h"

namespace postroom::relay {

/// Of the way that it goes. A report goes on where others would have to be reported (RFC 8689 5).
TlsDemand demand_of(const QueuedMail& mail);

/// Is the server told of it? One that may not take the message then is not asked.
bool requires_tls(const QueuedMail& mail, const smtp::Client& client);

/// What may go anyhow goes first: what ends with the connection that others need would put it off with them.
constexpr TlsDemand kInTurn[] = {TlsDemand::optional, TlsDemand::required, TlsDemand::usual};

/// Those that demand this.
std::vector<QueuedMail> with_demand(const std::vector<QueuedMail>& all, TlsDemand demand);

}  // namespace postroom::relay
