// Routes from text and back.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/values.h"

namespace postroom {
namespace {

struct Scheme {
  std::string_view name;
  RouteConfig::Transport transport;
  std::uint16_t port;
};
// IANA's names and ports; LMTP has none of its own.
constexpr std::array<Scheme, 4> kSchemes{{{"smtp", RouteConfig::Transport::smtp, 25},
                                          {"submission", RouteConfig::Transport::submission, 587},
                                          {"submissions", RouteConfig::Transport::submissions, 465},
                                          {"lmtp", RouteConfig::Transport::lmtp, 24}}};

BadValue bad(std::string_view text, std::string_view what) {
  return {"\"" + std::string(text) + "\" " + std::string(what)};
}

constexpr std::string_view kForm =
    "; write it like \"example.net = smtp://mail.example.net:25\" or "
    "\"* = submission://user@smtp.example.net:587\"";

/// What stands between "user@" and the end.
std::optional<BadValue> read_host(std::string_view text, std::string_view host_and_port, RouteConfig& route) {
  const std::size_t colon = host_and_port.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && host_and_port.find(']', colon) == host_and_port.npos;
  const std::string port =
      has_port ? std::string(host_and_port.substr(colon + 1)) : std::to_string(route.port);
  const std::string_view host = has_port ? host_and_port.substr(0, colon) : host_and_port;
  auto address = parse_endpoint(std::string(host) + ":" + port);
  if (const auto* endpoint = std::get_if<Endpoint>(&address)) {
    route.host = endpoint->address;
    route.port = endpoint->port;
  } else {
    const auto number = parse_number(port);
    if (!number || *number == 0 || *number > 65535)
      return bad(text, "has no valid port: it is a number from 1 to 65535");
    if (const auto wrong = check_hostname(host)) return BadValue{wrong->what + std::string(kForm)};
    route.host = lower(host);
    route.port = static_cast<std::uint16_t>(*number);
  }
  if (route.port == 0) return bad(text, "has no valid port: it is a number from 1 to 65535");
  return std::nullopt;
}

/// What stands behind the '='.
std::optional<BadValue> read_server(std::string_view text, std::string_view server, RouteConfig& route) {
  const std::size_t slashes = server.find("://");
  const auto scheme =
      std::ranges::find(kSchemes, server.substr(0, std::min(slashes, server.size())), &Scheme::name);
  if (slashes == std::string_view::npos || scheme == kSchemes.end())
    return bad(text, "has no transport: it is smtp://, submission://, submissions:// or lmtp://");
  route.transport = scheme->transport;
  route.port = scheme->port;

  std::string_view rest = server.substr(slashes + 3);
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    route.user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const bool verified = route.transport == RouteConfig::Transport::submission ||
                          route.transport == RouteConfig::Transport::submissions;
    if (!verified)
      return bad(text, "would send a password without certain TLS; take submission:// or submissions://");
  }
  return read_host(text, rest, route);
}

}  // namespace

std::variant<RouteConfig, BadValue> parse_route(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return bad(text, "is no route" + std::string(kForm));
  const std::string domain = lower(trim(text.substr(0, equals)));
  if (domain != "*")
    if (const auto wrong = check_hostname(domain)) return BadValue{wrong->what + std::string(kForm)};
  RouteConfig route;
  if (auto wrong = read_server(text, trim(text.substr(equals + 1)), route)) return *wrong;
  route.domain = domain;
  return route;
}

std::variant<RouteConfig, BadValue> parse_server(std::string_view text) {
  RouteConfig route;
  if (auto wrong = read_server(text, text, route)) return *wrong;
  return route;
}

std::string format_route(const RouteConfig& route) { return route.domain + " = " + format_server(route); }

std::string format_server(const RouteConfig& route) {
  const auto scheme = std::ranges::find(kSchemes, route.transport, &Scheme::transport);
  const bool v6 = route.host.find(':') != std::string::npos;
  std::string text = std::string(scheme->name) + "://";
  if (!route.user.empty()) text += route.user + "@";
  text += v6 ? "[" + route.host + "]" : route.host;
  return text + ":" + std::to_string(route.port);
}

}  // namespace postroom
