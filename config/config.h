// What an admin can set: plain structs whose members are the keys and whose initialisers are the defaults.
// config/keys.cc describes every key once; config/load.h reads a file into these.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace postroom {

/// A numeric address (IPv4 or IPv6, without brackets) and a port; port 0 lets the system choose one.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

using Endpoints = std::vector<Endpoint>;

/// Where each service listens; an empty list turns it off. Names are IANA's, but for "lmtp".
struct ListenConfig {
  Endpoints smtp{{"::", 25}};
  Endpoints submission{{"::", 587}};
  Endpoints submissions{{"::", 465}};
  Endpoints lmtp;
  Endpoints pop3{{"::", 110}};
  Endpoints pop3s{{"::", 995}};
  Endpoints imap{{"::", 143}};
  Endpoints imaps{{"::", 993}};
  bool operator==(const ListenConfig&) const = default;
};

/// PEM files, absolute or relative to the working directory once loaded.
struct CertificateConfig {
  std::string certificate;
  std::string key;
  bool operator==(const CertificateConfig&) const = default;
};

struct TlsConfig {
  /// Both empty: a self-signed certificate is made in the data directory at first start.
  std::string certificate;
  std::string key;
  std::vector<CertificateConfig> more;  ///< for clients that ask for one of their names
};

struct LimitsConfig {
  std::uint64_t message_size = 50ULL << 20;  ///< bytes
  std::uint32_t recipients = 1000;           ///< of one message; RFC 5321 4.5.3.1.8 asks for at least 100
  std::uint32_t connections = 10000;         ///< of all services together
  std::uint32_t connections_per_address = 500;
  std::uint64_t user_storage =
      0;  ///< bytes in all mailboxes of a user who has no limit of their own; 0: none
  std::uint32_t user_messages = 0;  ///< messages in them; 0: none
  // What a user may send; 0: no limit.
  std::uint32_t sent_messages_per_hour = 500;
  std::uint32_t sent_messages_per_day = 2000;
  std::uint32_t sent_recipients_per_hour = 1000;
  std::uint32_t sent_recipients_per_day = 5000;
};

struct LoginConfig {
  bool plaintext = false;  ///< passwords without TLS from other hosts than this one
};

struct DnsConfig {
  Endpoints forwarders;      ///< empty: the DNS is asked from its root on
  std::string trust_anchor;  ///< a file, as a path like those of TlsConfig; empty: the root's keys
  /// As a trust anchor: DNSSEC is not looked at.
  static constexpr std::string_view kNoTrustAnchor = "none";
  bool operator==(const DnsConfig&) const = default;
};

/// By which server mail for a domain goes.
struct RouteConfig {
  enum class Transport : std::uint8_t {
    smtp,         ///< TLS if it is offered
    submission,   ///< STARTTLS, with a certificate that is right
    submissions,  ///< TLS from the start, with a certificate that is right
    lmtp,         ///< RFC 2033
  };
  std::string domain;  ///< in lower case; "*": all others
  Transport transport = Transport::smtp;
  std::string user;  ///< to log in as; empty: not
  std::string host;  ///< a name or a numeric address, without brackets
  std::uint16_t port = 25;
  bool operator==(const RouteConfig&) const = default;
};

/// Mail from our users to other servers.
struct RelayConfig {
  bool enabled = true;
  std::vector<RouteConfig> routes;
  std::string passwords;    ///< a file, absolute or relative to the working directory once loaded
  std::string source_ipv4;  ///< in its canonical spelling; empty: the system chooses
  std::string source_ipv6;
  /// One at least.
  std::vector<std::chrono::seconds> retry{std::chrono::minutes(5),  std::chrono::minutes(15),
                                          std::chrono::minutes(30), std::chrono::hours(1),
                                          std::chrono::hours(2),    std::chrono::hours(4)};
  std::chrono::seconds delay_notice = std::chrono::hours(4);
  std::chrono::seconds give_up = std::chrono::hours(5 * 24);
  bool operator==(const RelayConfig&) const = default;
};

struct LogConfig {
  log::Level level = log::Level::info;
  std::chrono::seconds trace = std::chrono::hours(30 * 24);  ///< how long it is kept; 0: there is none
};

struct Config {
  Config() = default;
  std::string hostname;  ///< load_config() fills in the machine's own name when it is not set
  std::string data = "/var/lib/postroom";
  ListenConfig listen;
  TlsConfig tls;
  LimitsConfig limits;
  LoginConfig login;
  DnsConfig dns;
  RelayConfig relay;
  LogConfig log;
};

}  // namespace postroom
