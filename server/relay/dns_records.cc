#include "server/relay/dns_records.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

#include "base/text.h"

namespace postroom::relay {

namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

std::size_t octet(char c) { return static_cast<unsigned char>(c); }

bool is_label(std::string_view label) {
  const auto fits = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= kMaxLabel && std::ranges::all_of(label, fits);
}

/// A domain name that fills `wire` to its end; empty for the root.
std::optional<std::string> parse_name(std::string_view wire) {
  std::string name;
  while (!wire.empty()) {
    const std::size_t length = octet(wire.front());
    wire.remove_prefix(1);
    if (length == 0) {
      if (!wire.empty() || name.size() > kMaxName) return {};
      return name;
    }
    const std::string_view label = wire.substr(0, length);
    if (label.size() < length || !is_label(label)) return {};
    name += (name.empty() ? "" : ".") + lower(label);
    wire.remove_prefix(length);
  }
  return {};
}

std::optional<std::string> parse_address(int family, std::string_view rdata, std::size_t size) {
  std::array<char, INET6_ADDRSTRLEN> text;
  if (rdata.size() != size || inet_ntop(family, rdata.data(), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

}  // namespace

bool is_dns_name(std::string_view name) {
  return name.size() <= kMaxName && std::ranges::all_of(split(name, '.'), is_label);
}

std::optional<Mx> parse_mx(std::string_view rdata) {
  if (rdata.size() < 3) return {};
  auto host = parse_name(rdata.substr(2));
  if (!host) return {};
  return Mx(static_cast<std::uint16_t>(octet(rdata[0]) << 8 | octet(rdata[1])), *std::move(host));
}

std::optional<std::string> parse_a(std::string_view rdata) {
  return parse_address(AF_INET, rdata, sizeof(in_addr));
}

std::optional<std::string> parse_aaaa(std::string_view rdata) {
  return parse_address(AF_INET6, rdata, sizeof(in6_addr));
}

std::optional<Tlsa> parse_tlsa(std::string_view rdata) {
  if (rdata.size() < 3) return {};
  Tlsa tlsa;
  tlsa.usage = static_cast<std::uint8_t>(rdata[0]);
  tlsa.selector = static_cast<std::uint8_t>(rdata[1]);
  tlsa.matching = static_cast<std::uint8_t>(rdata[2]);
  tlsa.data = rdata.substr(3);
  return tlsa;
}

std::optional<std::string> parse_txt(std::string_view rdata) {
  if (rdata.empty()) return {};
  std::string text;
  while (!rdata.empty()) {
    const std::size_t length = octet(rdata.front());
    rdata.remove_prefix(1);
    if (rdata.size() < length) return {};
    text += rdata.substr(0, length);
    rdata.remove_prefix(length);
  }
  return text;
}

}  // namespace postroom::relay
