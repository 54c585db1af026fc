#include "server/relay/connector.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "server/relay/tlsa.h"

namespace postroom::relay {

/// How one host is reached.
struct Connector::Way {
  Way() = default;
  std::string host;
  std::vector<std::string> addresses;  ///< empty: it cannot be
  std::string why;
  bool needs_tls = false;    ///< never without: the route, the DNS (RFC 7672 2.2) or MTA-STS says so
  std::string demanded_by;   ///< who does, for people; empty: the route
  bool require_tls = false;  ///< RFC 8689
  std::string unmet;         ///< Connected::unmet, where it cannot even be dialed
  bool on_trial = false;     ///< what `tls` verifies is an MTA-STS policy in testing (RFC 8461 5)
  TlsPolicy tls;
};

namespace {

// RFC 3463 3.8, RFC 8689 4.2.1
constexpr const char* kNoTls = "4.7.4";
constexpr const char* kBadTls = "4.7.5";
constexpr const char* kEncryptionNeeded = "5.7.10";
constexpr const char* kRequireTlsNeeded = "5.7.30";

/// Connected::unmet after what ended the attempt. What may be a fault of the moment is not it.
std::string unmet_by(const smtp::RemoteReply& reply) {
  if (!reply.ours) return {};
  if (reply.status == kRequireTlsNeeded) return kRequireTlsNeeded;
  return reply.status == kNoTls || reply.status == kBadTls ? kEncryptionNeeded : "";
}

Connected nothing(std::string host, std::string why) {
  Connected connected;
  connected.host = std::move(host);
  connected.why = std::move(why);
  return connected;
}

std::string tlsa_name(const std::string& host, std::uint16_t port) {
  return "_" + std::to_string(port) + "._tcp." + host;
}

constexpr const char* kMtaSts = "the domain's MTA-STS policy";

/// What goes wrong with a policy in testing: the domain may want to know, and so may the administrator.
void log_trial(const std::string& domain, const std::string& host, const std::string& why) {
  log::warning("relay.sts_testing", {{"domain", domain}, {"host", host}, {"why", why}});
}

void log_trial(const std::string& domain, const Connected& connected) {
  if (connected.tls_failed) log_trial(domain, connected.host, connected.why);
  if (connected.client && connected.client->tls().empty())
    log_trial(domain, connected.host, "it does not offer TLS");
}

/// For one host to be reached.
constexpr std::chrono::seconds kDialTime{60};
/// When so much time went into some hosts, the rest is left for another attempt.
constexpr std::chrono::minutes kEnough{10};

}  // namespace

Task<Connected> Connector::connect(const Targets& targets, const Route& route, TlsDemand demand) {
  Connected first;
  const TimePoint enough = runtime_.now() + kEnough;
  bool all_unmet = true;
  for (const Target& target : targets.hosts) {
    Connected connected = co_await connect_to(target, targets, route, demand);
    if (connected.client) co_return connected;
    all_unmet = all_unmet && !connected.unmet.empty() && runtime_.now() <= enough;
    if (first.why.empty()) first = std::move(connected);
    if (runtime_.now() > enough) break;
  }
  if (!all_unmet) first.unmet.clear();
  co_return first;
}

Task<Connected> Connector::connect_to(const Target& target, const Targets& targets, const Route& route,
                                      TlsDemand demand) {
  Way way = co_await way_to(target, targets, route, demand);
  if (way.addresses.empty()) {
    Connected none = nothing(way.host, way.why);
    none.unmet = way.unmet;
    co_return none;
  }
  Connected connected = co_await begin(way, route, true);
  if (way.on_trial) log_trial(targets.domain, connected);
  if (way.on_trial && connected.tls_failed) {
    way.tls.verify = TlsPolicy::Verify::nothing;
    connected = co_await begin(way, route, true);
  }
  // RFC 7435 4.3: where nobody promised TLS, mail goes without it rather than not at all.
  if (!connected.tls_failed || way.needs_tls) co_return connected;
  log::info("relay.tls_failed", {{"host", way.host}, {"why", connected.why}});
  co_return co_await begin(way, route, false);
}

Task<Connector::Way> Connector::way_to(const Target& target, const Targets& targets, const Route& route,
                                       TlsDemand demand) {
  Way way;
  way.host = target.host;
  way.addresses = target.addresses;
  if (target.addresses.empty()) way.tls.server_name = target.host;
  if (route.tls != Route::Tls::if_offered) {
    way.needs_tls = true;
    way.tls.verify = TlsPolicy::Verify::pki;
    way.tls.names.push_back(target.host);
  }
  if (target.addresses.empty()) {
    co_await look_up(way, targets, route, demand);
  }
  if (demand == TlsDemand::required && !way.addresses.empty()) require_tls(way, targets);
  co_return way;
}

/// Where the host is, and what those to whom it belongs say of its TLS. To mail that does without, that says
/// nothing (RFC 8689 8.4).
Task<> Connector::look_up(Way& way, const Targets& targets, const Route& route, TlsDemand demand) {
  Answer<std::string> found = co_await resolver_.addresses(way.host);
  if (found.lookup != Lookup::found) {
    way.why = way.host + " has no address" + (found.why.empty() ? "" : ": " + found.why);
    co_return;
  }
  way.addresses = std::move(found.records);
  if (route.tls != Route::Tls::if_offered || demand == TlsDemand::optional) co_return;
  const bool by_dns = targets.secure && found.secure;
  // RFC 7672 2.2.2, 2.2.3: where the host is an alias, what its real name has comes first.
  if (by_dns && !found.name.empty() && found.name != way.host) {
    co_await look_up_tls(way, found.name, targets, route);
  }
  if (by_dns && !way.needs_tls && !way.addresses.empty()) {
    co_await look_up_tls(way, way.host, targets, route);
  }
  // RFC 8461 2: DANE goes first.
  if (targets.sts.policy && way.tls.verify == TlsPolicy::Verify::nothing)
    obey(*targets.sts.policy, way, targets);
}

/// RFC 8689 4.2.1 (2) and (4): somebody has to vouch for the host, DNSSEC, MTA-STS or who chose the route,
/// and then its certificate for itself.
void Connector::require_tls(Way& way, const Targets& targets) {
  const bool known = way.tls.verify != TlsPolicy::Verify::nothing || targets.secure;
  way.require_tls = true;
  way.on_trial = false;
  way.needs_tls = true;
  if (way.demanded_by.empty()) way.demanded_by = "the message's REQUIRETLS";
  if (way.tls.verify != TlsPolicy::Verify::nothing) return;
  way.tls.verify = TlsPolicy::Verify::pki;
  way.tls.names = {way.host};
  if (known) return;
  way.addresses.clear();
  if (!targets.sts.unsure) way.unmet = kEncryptionNeeded;
  way.why = "neither DNSSEC nor MTA-STS vouches for " + way.host + ", as the message's REQUIRETLS demands";
}

/// It goes by TLS or not at all.
void Connector::demand_tls(Way& way, const char* who) {
  way.needs_tls = true;
  way.demanded_by = who;
}

/// RFC 8461 4 and 5
void Connector::obey(const StsPolicy& policy, Way& way, const Targets& targets) {
  if (policy.mode == StsPolicy::Mode::none || way.addresses.empty()) return;
  const bool enforced = policy.mode == StsPolicy::Mode::enforce;
  if (policy.allows(lower(way.host))) {
    way.on_trial = !enforced;
    way.tls.verify = TlsPolicy::Verify::pki;
    way.tls.names = {way.host};
    if (enforced) demand_tls(way, kMtaSts);
    return;
  }
  way.why = way.host + " is none of the servers that " + kMtaSts + " names";
  if (enforced)
    way.addresses.clear();
  else
    log_trial(targets.domain, way.host, way.why);
}

// RFC 7672 2.2: TLSA records count when DNSSEC vouches for the way to them.
Task<> Connector::look_up_tls(Way& way, std::string base, const Targets& targets, const Route& route) {
  const std::string name = tlsa_name(base, route.port);
  const Answer<Tlsa> tlsa = co_await resolver_.tlsa(name);
  // RFC 7672 2.1.1: perhaps somebody hides them.
  if (tlsa.lookup == Lookup::failed || tlsa.lookup == Lookup::bogus) {
    way.addresses.clear();
    way.why = "the TLSA records of " + base + " cannot be read: " + tlsa.why;
    co_return;
  }
  if (!tlsa.secure || tlsa.lookup != Lookup::found) co_return;
  demand_tls(way, "its TLSA record");
  way.tls.tlsa = usable_tlsa(tlsa.records);
  if (way.tls.tlsa.empty()) co_return;
  way.tls.verify = TlsPolicy::Verify::dane;
  way.tls.server_name = base;  // RFC 7672 8.1
  // RFC 7672 3.2.2: of the base, the host, and the domain that leads to it.
  for (const std::string& each : {base, way.host, targets.domain})
    if (!each.empty() && std::ranges::find(way.tls.names, each) == way.tls.names.end())
      way.tls.names.push_back(each);
}

/// TLS from the first byte on. Why it cannot be, or nothing.
std::string Connector::wrap(std::unique_ptr<Stream>& stream, const TlsPolicy& policy) {
  const std::unique_ptr<TlsConnector> tls = dialer_.tls(policy);
  try {
    stream = tls->start_tls(std::move(stream));
  } catch (const ConnectionEnded& ended) {
    return ended.what();
  }
  return {};
}

Task<Connected> Connector::begin(const Way& way, const Route& route, bool with_tls) {
  if (clients_.aborted()) co_return nothing(way.host, "this server is stopping");
  const TimePoint deadline = runtime_.now() + kDialTime;
  Dialed dialed = co_await dialer_.dial(way.addresses, route.port, deadline);
  const bool by_name = !way.tls.server_name.empty();
  if (!dialed.stream) co_return nothing(way.host, (by_name ? way.host + ": " : "") + dialed.why);
  if (route.tls == Route::Tls::at_once) {
    const std::string why = wrap(dialed.stream, way.tls);
    if (!why.empty()) co_return nothing(way.host, way.host + ": " + why);
  }
  Connected connected;
  connected.host = way.host;
  smtp::Client::Options options;
  options.hostname = hostname_;
  options.lmtp = route.lmtp;
  connected.client = std::make_unique<smtp::Client>(std::move(dialed.stream), std::move(options));
  const Clients::Use use(clients_, *connected.client);
  const smtp::RemoteReply reply = co_await introduce(connected, way, route, with_tls);
  if (reply.positive()) co_return connected;
  co_await connected.client->quit();
  connected.client.reset();
  connected.why = way.host + ": " + reply.shown();
  if (way.require_tls) connected.unmet = unmet_by(reply);
  if (connected.tls_failed && !way.demanded_by.empty())
    connected.why += "; TLS is demanded by " + way.demanded_by;
  co_return connected;
}

/// From the greeting to where mail can be sent.
Task<smtp::RemoteReply> Connector::introduce(Connected& connected, const Way& way, const Route& route,
                                             bool with_tls) {
  smtp::Client& client = *connected.client;
  smtp::RemoteReply reply = co_await client.greet();
  if (!reply.positive()) co_return reply;
  if (with_tls && client.tls().empty() && client.abilities().starttls) {
    const std::unique_ptr<TlsConnector> tls = dialer_.tls(way.tls);
    reply = co_await client.start_tls(*tls);
    connected.tls_failed = !reply.positive();
    if (connected.tls_failed) co_return reply;
  }
  connected.tls_failed = way.needs_tls && client.tls().empty();
  if (connected.tls_failed)
    co_return smtp::RemoteReply::made(451, kNoTls, "it has to have TLS, and does not offer it");
  if (way.require_tls && !client.abilities().requiretls)
    co_return smtp::RemoteReply::made(550, kRequireTlsNeeded, "it does not support REQUIRETLS");
  if (!route.user.empty()) {
    reply = co_await client.login(route.user, route.password);
  }
  co_return reply;
}

}  // namespace postroom::relay
