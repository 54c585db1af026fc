// The table of keys.
#include "config/keys.h"

#include "base/text.h"
#include "config/key_types.h"

namespace postroom {
namespace {

using namespace key_type;

// From a member to its entry.

template <class Type, auto member>
constexpr Key top(std::string_view name, std::string_view doc) {
  return {"",
          name,
          Type::name,
          doc,
          [](const toml::node& node, const Key& key, Config& config, Problems& problems) {
            Type::read(node, key, config.*member, problems);
          },
          [](const Config& config) { return Type::print(config.*member); }};
}

template <class Type, auto section, auto member>
constexpr Key in(std::string_view section_name, std::string_view name, std::string_view doc) {
  return {section_name,
          name,
          Type::name,
          doc,
          [](const toml::node& node, const Key& key, Config& config, Problems& problems) {
            Type::read(node, key, config.*section.*member, problems);
          },
          [](const Config& config) { return Type::print(config.*section.*member); }};
}

template <auto member, class Type = List<Address>>
constexpr Key listen(std::string_view name, std::string_view doc) {
  Key key = in<Type, &Config::listen, member>("listen", name, doc);
  key.endpoints = member;
  return key;
}

template <auto member>
constexpr Key sent(std::string_view name, std::string_view doc) {
  return in<OrNone<Count<1, 100'000'000>>, &Config::limits, member>("limits", name, doc);
}

constexpr std::uint64_t kKiB = 1024, kGiB = 1024 * 1024 * 1024;

constexpr Section kSections[] = {
    {"", ""},
    {"listen", "Where each service listens: a list of \"address:port\". [] turns a service off."},
    {"tls", ""},
    {"limits", ""},
    {"login", ""},
    {"relay",
     "How mail goes to other servers: from your users, by aliases that lead there, and\n"
     "reports to senders."},
    {"dns",
     "How the servers of other domains are found. DNSSEC is looked at, since it tells\n"
     "which of them can be trusted to use TLS (RFC 7672)."},
    {"log", ""},
};

constexpr Key kKeys[] = {
    top<Hostname, &Config::hostname>(
        "hostname",
        "The name this server calls itself in greetings, in Received fields and\n"
        "towards other servers; its reports come from there. Your MX record\n"
        "should point to it, and the PTR record of your address name it.\n"
        "Left out: the name of the machine."),
    top<Path, &Config::data>(
        "data",
        "The folder that holds all mail and accounts (postroom.db) and the key that\n"
        "protects APOP secrets and signs the addresses under which aliases pass mail on\n"
        "(secret.key): with a new key, returns of such mail are for \"no such user\".\n"
        "Copy the folder only while no server runs on it, and you have it all; while\n"
        "one runs, `postroom backup` does that."),

    listen<&ListenConfig::smtp>("smtp", "Mail from other servers, RFC 5321."),
    listen<&ListenConfig::submission>("submission", "Mail from your users, who log in; STARTTLS, RFC 6409."),
    listen<&ListenConfig::submissions>("submissions", "Mail from your users, TLS from the start, RFC 8314."),
    listen<&ListenConfig::lmtp, LmtpAddresses>(
        "lmtp",
        "Mail for your users from a mail server or filter of your own that stands before this one,\n"
        "RFC 2033: it hears of each recipient apart whether the mail was taken. There is no login,\n"
        "so let nobody else reach it. Not on port 25, which is for SMTP:\n"
        "  lmtp = [\"127.0.0.1:24\"]"),
    listen<&ListenConfig::pop3>("pop3", "POP3 with APOP and STLS, RFC 1939."),
    listen<&ListenConfig::pop3s>("pop3s", "POP3, TLS from the start."),
    listen<&ListenConfig::imap>("imap", "IMAP with STARTTLS, RFC 3501."),
    listen<&ListenConfig::imaps>("imaps", "IMAP, TLS from the start."),

    in<Path, &Config::tls, &TlsConfig::certificate>(
        "tls", "certificate",
        "The certificate with its chain, as PEM; a path from this file's folder on.\n"
        "Left out: a self-signed one is made in the data folder at first start.\n"
        "Renewed files are noticed within a minute, and sessions that are open go on."),
    in<Path, &Config::tls, &TlsConfig::key>("tls", "key", "The certificate's private key, as PEM."),
    in<Certificates, &Config::tls, &TlsConfig::more>(
        "tls", "more",
        "Further certificates with their keys, each for the clients that ask for one of the DNS\n"
        "names in it (SNI, RFC 6066); all others see the one above. Two for the same names, one\n"
        "of them with an RSA key, serve as a pair.\n"
        "  more = [[\"example.net/fullchain.pem\", \"example.net/privkey.pem\"]]"),

    in<Size<64 * kKiB, kGiB>, &Config::limits, &LimitsConfig::message_size>(
        "limits", "message_size", "The largest message that is taken in."),
    in<Count<100, 100'000>, &Config::limits, &LimitsConfig::recipients>(
        "limits", "recipients",
        "The most recipients one message may name, and the most accounts and addresses on\n"
        "other servers they may lead to by aliases; RFC 5321 asks for at least 100."),
    in<Count<1, 1'000'000>, &Config::limits, &LimitsConfig::connections>(
        "limits", "connections", "The most connections at one time, of all services together."),
    in<Count<1, 1'000'000>, &Config::limits, &LimitsConfig::connections_per_address>(
        "limits", "connections_per_address",
        "The most connections at one time from one address. An office behind one address\n"
        "needs some five for each person."),
    in<OrNone<Size<kKiB, 1024 * 1024 * kGiB>>, &Config::limits, &LimitsConfig::user_storage>(
        "limits", "user_storage",
        "What all mailboxes of a user may hold, for users who have no limit of their own\n"
        "(postroom user quota). Mail for a full one is refused for the time being."),
    in<OrNone<Count<1, 1'000'000'000>>, &Config::limits, &LimitsConfig::user_messages>(
        "limits", "user_messages", "The most messages in all mailboxes of such a user."),
    sent<&LimitsConfig::sent_messages_per_hour>(
        "sent_messages_per_hour",
        "What one user may send, counted in memory: so a stolen password is worth little to a\n"
        "spammer. A message to five people is one message and five recipients. \"none\" lifts this\n"
        "limit, and each of the following."),
    sent<&LimitsConfig::sent_messages_per_day>("sent_messages_per_day", "The same within a day."),
    sent<&LimitsConfig::sent_recipients_per_hour>("sent_recipients_per_hour", "Recipients of all that."),
    sent<&LimitsConfig::sent_recipients_per_day>("sent_recipients_per_day", "The same within a day."),

    in<Switch, &Config::login, &LoginConfig::plaintext>(
        "login", "plaintext",
        "true: passwords may cross the network without TLS. From this machine itself\n"
        "they always may, and APOP never sends one."),

    in<Switch, &Config::relay, &RelayConfig::enabled>(
        "relay", "enabled",
        "false: none goes out. Users who have logged in can write to one another only, aliases\n"
        "to other servers answer 450, and what is queued waits."),
    in<List<Route>, &Config::relay, &RelayConfig::routes>(
        "relay", "routes",
        "Servers that take the mail for a domain, \"*\" for all others, instead of those that\n"
        "its MX records name. All mail by way of your provider, where your login is\n"
        "alice@example.net:\n"
        "  routes = [\"* = submission://alice@example.net@smtp.example.net:587\"]\n"
        "smtp:// uses TLS if it is offered, and insists on it where DANE or MTA-STS does;\n"
        "submission:// (STARTTLS) and submissions:// (TLS from the start) always do, with a\n"
        "right certificate; lmtp:// hands over locally."),
    in<Path, &Config::relay, &RelayConfig::passwords>(
        "relay", "passwords",
        "The passwords of the routes' users: a file with lines of \"user@host password\", to be\n"
        "read by nobody else; a path from this file's folder on. For the login above:\n"
        "  alice@example.net@smtp.example.net PASSWORD"),
    in<Ipv4, &Config::relay, &RelayConfig::source_ipv4>(
        "relay", "source_ipv4",
        "The address of this machine that mail goes out from, to servers that are reached by\n"
        "IPv4. Left out: the system chooses."),
    in<Ipv6, &Config::relay, &RelayConfig::source_ipv6>("relay", "source_ipv6", "The same for IPv6."),
    in<Times, &Config::relay, &RelayConfig::retry>(
        "relay", "retry",
        "How long to wait after each failure before mail is tried again; the last one stands\n"
        "for all that follow."),
    in<Time, &Config::relay, &RelayConfig::delay_notice>(
        "relay", "delay_notice", "After this, the sender is told that a message has not gone out yet."),
    in<Time, &Config::relay, &RelayConfig::give_up>(
        "relay", "give_up", "After this, a message goes back to its sender. RFC 5321 asks for 4 to 5 days."),
    in<Servers, &Config::dns, &DnsConfig::forwarders>(
        "dns", "forwarders",
        "The name servers to ask; they have to pass DNSSEC's records on. []: none but those\n"
        "that the DNS itself names, from its root on, which needs port 53 open to the outside.\n"
        "/etc/resolv.conf is not read. In Docker, to know other containers by name:\n"
        "[\"127.0.0.11:53\"], and trust_anchor = \"none\", since these names are not signed."),
    in<PathOrNone, &Config::dns, &DnsConfig::trust_anchor>(
        "dns", "trust_anchor",
        "A file with the DS or DNSKEY records in which DNSSEC begins, for a DNS with a root of\n"
        "its own; \"none\" does without DNSSEC. Left out: the keys of the root."),

    in<LogLevel, &Config::log, &LogConfig::level>(
        "log", "level",
        "What is written to stderr: \"debug\", \"info\", \"warning\" or \"error\" and what is graver."),
    in<OrNone<Time>, &Config::log, &LogConfig::trace>(
        "log", "trace",
        "How long is remembered what became of each mail, for \"postroom trace\". It names senders\n"
        "and recipients. \"none\": not at all."),
};

}  // namespace

std::span<const Key> config_keys() { return kKeys; }
std::span<const Section> config_sections() { return kSections; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00" + hex_encode({&c, 1});
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace postroom
