#include "server/relay_options.h"

#include <arpa/inet.h>
#include <map>
#include <stdexcept>

#include "base/text.h"
#include "config/values.h"
#include "server/private_file.h"

namespace postroom {

namespace {

/// By "user@host", the host in lower case as that of a route is.
using Passwords = std::map<std::string, std::string>;

/// From lines of "user@host password"; `file` is for errors.
Passwords parse_passwords(std::string_view text, const std::string& file) {
  Passwords passwords;
  std::size_t number = 0;
  for (const std::string_view each : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(each);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t space = line.find_first_of(" \t");
    const std::string_view who = line.substr(0, space);
    const std::size_t at = who.rfind('@');
    if (space == std::string_view::npos || at == std::string_view::npos)
      throw std::runtime_error(file + ":" + std::to_string(number) + ": a line is \"user@host password\"");
    passwords[std::string(who.substr(0, at)) + lower(who.substr(at))] = trim(line.substr(space));
  }
  return passwords;
}

Passwords read_passwords(const std::string& file) {
  if (file.empty()) return {};
  const auto text = read_private_file(file);
  if (!text) throw std::runtime_error("there is no " + file + ", which [relay] passwords names");
  return parse_passwords(*text, file);
}

bool is_address(const std::string& host) {
  in6_addr parsed;
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 || inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

relay::Route::Tls tls_of(RouteConfig::Transport transport) {
  switch (transport) {
    case RouteConfig::Transport::submission: return relay::Route::Tls::required;
    case RouteConfig::Transport::submissions: return relay::Route::Tls::at_once;
    default: return relay::Route::Tls::if_offered;
  }
}

relay::Route route_of(const RouteConfig& config, const Passwords& passwords, const std::string& file) {
  relay::Route route;
  route.host = config.host;
  route.port = config.port;
  route.numeric = is_address(config.host);
  route.lmtp = config.transport == RouteConfig::Transport::lmtp;
  route.tls = tls_of(config.transport);
  route.user = config.user;
  if (config.user.empty()) return route;
  const std::string who = config.user + "@" + config.host;
  const auto password = passwords.find(who);
  if (password == passwords.end())
    throw std::runtime_error("there is no password for " + who + ": " +
                             (file.empty() ? "name the file that has it as [relay] passwords"
                                           : "add the line \"" + who + " password\" to " + file));
  route.password = password->second;
  return route;
}

}  // namespace

DnsOptions dns_options(const Config& config) {
  DnsOptions options;
  options.forwarders = config.dns.forwarders;
  options.trust_anchor = config.dns.trust_anchor;
  return options;
}

DialOptions dial_options(const Config& config) {
  return {.source_ipv4 = config.relay.source_ipv4, .source_ipv6 = config.relay.source_ipv6};
}

relay::Relay::Options relay_options(const Config& config, std::string srs_secret) {
  relay::Relay::Options options;
  options.srs_secret = std::move(srs_secret);
  options.hostname = config.hostname;
  options.schedule.waits = config.relay.retry;
  options.schedule.give_up = config.relay.give_up;
  options.schedule.tell_delay = config.relay.delay_notice;
  if (!config.relay.enabled) return options;
  const std::string file = config.relay.passwords;
  const Passwords passwords = read_passwords(file);
  for (const RouteConfig& route : config.relay.routes)
    options.routes.add(route.domain, route_of(route, passwords, file));
  options.routes.read_others_by([passwords, file](const std::string& text) {
    const auto route = parse_server(text);
    if (const auto* const wrong = std::get_if<BadValue>(&route)) throw std::runtime_error(wrong->what);
    return route_of(std::get<RouteConfig>(route), passwords, file);
  });
  return options;
}

}  // namespace postroom
