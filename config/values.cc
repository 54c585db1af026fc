// Config values from text and back.
#include "config/values.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

#include "base/text.h"

namespace postroom {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
constexpr std::string_view kForm = "write it like \"127.0.0.1:25\" or, for IPv6, \"[::]:25\"";

BadValue bad(std::string_view text, std::string_view what) {
  return {"\"" + std::string(text) + "\" " + std::string(what)};
}

BadValue no_address(std::string_view text, std::string_view host, std::string_view port) {
  const std::string port_text(port);
  if (host.empty() || host == "*") {
    return bad(text,
               "has no address; did you mean \"[::]:" + port_text + "\" (every address of this machine)?");
  }
  if (host == "localhost") {
    return bad(text, "has a name where an address is needed; did you mean \"127.0.0.1:" + port_text + "\"?");
  }
  if (host.find(':') != std::string_view::npos) {
    in6_addr parsed;
    const std::string plain(host);
    if (inet_pton(AF_INET6, plain.c_str(), &parsed) == 1) {
      return bad(text, "needs brackets around the IPv6 address; did you mean \"[" + plain + "]:" + port_text +
                           "\"?");
    }
  }
  return bad(text, "has no valid address before the port; " + std::string(kForm));
}

/// Like inet_pton's answer, in the canonical spelling; empty when it is no address.
std::string canonical_address(int family, std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed;
  std::array<char, INET6_ADDRSTRLEN> text;
  const std::string plain(host);
  if (plain.find('\0') != std::string::npos || inet_pton(family, plain.c_str(), parsed.data()) != 1)
    return {};
  return inet_ntop(family, parsed.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

bool is_label(std::string_view label) {
  const auto ldh = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-';
  };
  return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), ldh) &&
         label.front() != '-' && label.back() != '-';
}

}  // namespace

std::variant<Endpoint, BadValue> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    if (parse_number(text)) return no_address(text, "", text);
    return bad(text, "has no port; " + std::string(kForm));
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const auto port = parse_number(port_text);
  if (!port || *port > 65535) return bad(text, "has no valid port: it is a number from 0 to 65535");

  const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  std::string address = canonical_address(brackets ? AF_INET6 : AF_INET, host);
  if (address.empty()) return no_address(text, host, port_text);
  return Endpoint{std::move(address), static_cast<std::uint16_t>(*port)};
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

std::variant<std::string, BadValue> parse_ipv4(std::string_view text) {
  std::string address = canonical_address(AF_INET, text);
  if (address.empty()) return bad(text, "is no IPv4 address; write it like \"192.0.2.1\"");
  return address;
}

std::variant<std::string, BadValue> parse_ipv6(std::string_view text) {
  std::string address = canonical_address(AF_INET6, text);
  if (address.empty()) return bad(text, "is no IPv6 address; write it like \"2001:db8::1\"");
  return address;
}

std::optional<BadValue> check_hostname(std::string_view name) {
  if (name.empty()) return BadValue{"\"\" is empty; leave the key out to use the machine's own name"};
  if (name.size() > 253) return bad(name.substr(0, 40), "… is longer than the 253 characters DNS allows");
  for (const std::string_view label : split(name, '.')) {
    if (is_label(label)) continue;
    return bad(
        name,
        "is no host name: parts of letters, digits and inner hyphens, up to 63 of them, with dots between "
        "(other scripts in their \"xn--\" form)");
  }
  return {};
}

std::optional<log::Level> parse_level(std::string_view name) {
  const auto found = std::find(kLevels.begin(), kLevels.end(), name);
  if (found == kLevels.end()) return {};
  return static_cast<log::Level>(found - kLevels.begin());
}

std::string_view format_level(log::Level level) { return kLevels.at(static_cast<std::size_t>(level)); }

std::span<const std::string_view> level_names() { return kLevels; }

std::string format_exact_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> units{"", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + std::string(units[unit]);
}

}  // namespace postroom
