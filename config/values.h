// What a value in the configuration may be: from text and back. Pure, and free of TOML.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.h"

namespace postroom {

/// What is wrong with a value, in words that follow its name: "is no address: …".
struct BadValue {
  std::string what;
};

/// "127.0.0.1:25" or "[::1]:25". Names are not looked up: a name can move, and DNS may be down at start.
std::variant<Endpoint, BadValue> parse_endpoint(std::string_view text);
/// The way parse_endpoint() reads it.
std::string format_endpoint(const Endpoint& endpoint);

/// "192.0.2.1", in its canonical spelling.
std::variant<std::string, BadValue> parse_ipv4(std::string_view text);
/// "2001:db8::1", the same.
std::variant<std::string, BadValue> parse_ipv6(std::string_view text);

/// A host name as EHLO and DNS have it (RFC 5321 4.1.2, RFC 1123 2.1), or what is wrong with it.
std::optional<BadValue> check_hostname(std::string_view name);

/// "example.net = submission://user@mail.example.net:587", or "*" as the domain: for all others. Without a
/// port it is the transport's own.
std::variant<RouteConfig, BadValue> parse_route(std::string_view text);
/// The way parse_route() reads it.
std::string format_route(const RouteConfig& route);

/// Its part behind the '=', without the domain.
std::variant<RouteConfig, BadValue> parse_server(std::string_view text);
/// The way parse_server() reads it, with its port.
std::string format_server(const RouteConfig& route);

std::optional<log::Level> parse_level(std::string_view name);
std::string_view format_level(log::Level level);
/// In the order of log::Level.
std::span<const std::string_view> level_names();

/// Exactly these bytes, the way parse_size() reads them: "50MiB", "1000".
std::string format_exact_size(std::uint64_t bytes);

}  // namespace postroom
