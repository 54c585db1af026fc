// From the configuration to what the relay is set up with.
#pragma once

#include "config/config.h"
#include "server/relay/relay.h"
#include "server/unbound_resolver.h"
#include "server/uv_dialer.h"

namespace postroom {

DnsOptions dns_options(const Config& config);
DialOptions dial_options(const Config& config);

/// Reads the file of passwords, if there is to be a relay; `srs_secret` is that of smtp::Options. Throws
/// std::runtime_error with a sentence for the administrator: it cannot be read, others can read it, or it has
/// none for a route's user.
relay::Relay::Options relay_options(const Config& config, std::string srs_secret);

}  // namespace postroom
