// The table of keys, and how each type of value is read and printed.
#include "config/keys.h"

#include <limits>

#include "base/text.h"
#include "config/values.h"

namespace postroom {
namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string: return "text";
    case toml::node_type::integer: return "a number";
    case toml::node_type::floating_point: return "a number with a fraction";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::array: return "a list";
    case toml::node_type::table: return "a section";
    default: return "a date or time";
  }
}

void wrong_type(const toml::node& node, const Key& key, Problems& problems) {
  std::string what = "\"" + std::string(key.name) + "\" is " + std::string(key.type) + ", not " +
                     std::string(type_name(node));
  if (const auto* text = node.as_string(); text != nullptr && key.type.starts_with("a list")) {
    what += "; did you mean [" + quoted(text->get()) + "]?";
  } else if (text != nullptr && (text->get() == "true" || text->get() == "false")) {
    what += "; did you mean " + text->get() + " without the quotes?";
  }
  problems.push_back({node.source(), std::move(what)});
}

void bad_value(const toml::node& node, const Key& key, std::string_view what, Problems& problems) {
  problems.push_back({node.source(), "\"" + std::string(key.name) + "\": " + std::string(what)});
}

// The types. Each has a name, reads a TOML node into a member and prints a member.

struct Hostname {
  static constexpr std::string_view name = "a host name in quotes";
  static void read(const toml::node& node, const Key& key, std::string& out, Problems& problems) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong_type(node, key, problems);
    if (const auto bad = check_hostname(text->get())) return bad_value(node, key, bad->what, problems);
    out = lower(text->get());
  }
  static std::string print(const std::string& value) { return quoted(value); }
};

struct Path {
  static constexpr std::string_view name = "a path in quotes";
  static void read(const toml::node& node, const Key& key, std::string& out, Problems& problems) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong_type(node, key, problems);
    if (text->get().empty()) return bad_value(node, key, "the path is empty", problems);
    if (text->get().find('\0') != std::string::npos)
      return bad_value(node, key, "a path holds no NUL", problems);
    out = text->get();
  }
  static std::string print(const std::string& value) { return quoted(value); }
};

struct PathOrNone : Path {
  static constexpr std::string_view name = "a path in quotes, or \"none\"";
};

struct Addresses {
  static constexpr std::string_view name = "a list of \"address:port\"";
  static void read(const toml::node& node, const Key& key, Endpoints& out, Problems& problems) {
    const auto* list = node.as_array();
    if (list == nullptr) return wrong_type(node, key, problems);
    out.clear();
    for (const toml::node& item : *list) {
      const auto* text = item.as_string();
      if (text == nullptr) {
        bad_value(item, key, "each address of the list stands in quotes, like \"[::]:25\"", problems);
        continue;
      }
      auto parsed = parse_endpoint(text->get());
      if (const auto* bad = std::get_if<BadValue>(&parsed)) {
        bad_value(item, key, bad->what, problems);
      } else {
        out.push_back(std::get<Endpoint>(std::move(parsed)));
      }
    }
  }
  static std::string print(const Endpoints& value) {
    std::string text;
    for (const Endpoint& endpoint : value)
      text += (text.empty() ? "" : ", ") + quoted(format_endpoint(endpoint));
    return "[" + text + "]";
  }
};

/// Addresses that are asked, not listened at.
struct Servers : Addresses {
  static void read(const toml::node& node, const Key& key, Endpoints& out, Problems& problems) {
    Addresses::read(node, key, out, problems);
    for (const Endpoint& endpoint : out)
      if (endpoint.port == 0)
        bad_value(node, key, quoted(format_endpoint(endpoint)) + " has no port to ask at", problems);
  }
};

/// In bytes, `least` to `most`.
template <std::uint64_t least, std::uint64_t most>
struct Size {
  static constexpr std::string_view name = "a size like \"50MiB\"";
  static constexpr std::string_view or_none = "a size like \"50MiB\", or \"none\"";
  static void read(const toml::node& node, const Key& key, std::uint64_t& out, Problems& problems) {
    std::optional<std::uint64_t> bytes;
    if (const auto* text = node.as_string()) {
      bytes = parse_size(text->get());
      if (!bytes)
        return bad_value(node, key, quoted(text->get()) + " is no size; write it like \"50MiB\"", problems);
    } else if (const auto* number = node.as_integer()) {
      if (number->get() >= 0) bytes = static_cast<std::uint64_t>(number->get());
    } else {
      return wrong_type(node, key, problems);
    }
    if (!bytes || *bytes < least || *bytes > most) {
      return bad_value(
          node, key,
          "must be from \"" + format_exact_size(least) + "\" to \"" + format_exact_size(most) + "\"",
          problems);
    }
    out = *bytes;
  }
  static std::string print(std::uint64_t value) { return quoted(format_exact_size(value)); }
};

template <std::int64_t least, std::int64_t most>
struct Count {
  static constexpr std::string_view name = "a number";
  static constexpr std::string_view or_none = "a number, or \"none\"";
  static void read(const toml::node& node, const Key& key, std::uint32_t& out, Problems& problems) {
    static_assert(least >= 0 && most <= std::numeric_limits<std::uint32_t>::max());
    const auto* number = node.as_integer();
    if (number == nullptr) return wrong_type(node, key, problems);
    if (number->get() < least || number->get() > most) {
      return bad_value(node, key, "must be from " + std::to_string(least) + " to " + std::to_string(most),
                       problems);
    }
    out = static_cast<std::uint32_t>(number->get());
  }
  static std::string print(std::uint32_t value) { return std::to_string(value); }
};

/// What another type reads, or "none", which is 0.
template <class Type>
struct OrNone {
  static constexpr std::string_view name = Type::or_none;
  template <class Number>
  static void read(const toml::node& node, const Key& key, Number& out, Problems& problems) {
    const auto* text = node.as_string();
    if (text == nullptr || text->get() != "none") return Type::read(node, key, out, problems);
    out = 0;
  }
  template <class Number>
  static std::string print(Number value) {
    return value == 0 ? quoted("none") : Type::print(value);
  }
};

struct Switch {
  static constexpr std::string_view name = "true or false";
  static void read(const toml::node& node, const Key& key, bool& out, Problems& problems) {
    const auto* value = node.as_boolean();
    if (value == nullptr) return wrong_type(node, key, problems);
    out = value->get();
  }
  static std::string print(bool value) { return value ? "true" : "false"; }
};

struct LogLevel {
  static constexpr std::string_view name = "\"debug\", \"info\", \"warning\" or \"error\"";
  static void read(const toml::node& node, const Key& key, log::Level& out, Problems& problems) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong_type(node, key, problems);
    if (const auto level = parse_level(text->get())) {
      out = *level;
      return;
    }
    const auto near = nearest(text->get(), level_names());
    bad_value(node, key,
              quoted(text->get()) + " is no level; " +
                  (near ? "did you mean " + quoted(*near) + "?" : "it is " + std::string(name)),
              problems);
  }
  static std::string print(log::Level value) { return quoted(format_level(value)); }
};

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

template <auto member>
constexpr Key listen(std::string_view name, std::string_view doc) {
  Key key = in<Addresses, &Config::listen, member>("listen", name, doc);
  key.endpoints = member;
  return key;
}

constexpr std::uint64_t kKiB = 1024, kGiB = 1024 * 1024 * 1024;

constexpr Section kSections[] = {
    {"", ""},
    {"listen", "Where each service listens: a list of \"address:port\". [] turns a service off."},
    {"tls", ""},
    {"limits", ""},
    {"login", ""},
    {"dns",
     "How the servers of other domains are found. DNSSEC is always looked at, since it tells\n"
     "which of them can be trusted to use TLS (RFC 7672)."},
    {"log", ""},
};

constexpr Key kKeys[] = {
    top<Hostname, &Config::hostname>("hostname",
                                     "The name this server calls itself in greetings and Received fields.\n"
                                     "It should be the name that your MX record points to.\n"
                                     "Left out: the name of the machine."),
    top<Path, &Config::data>(
        "data",
        "The folder that holds all mail and accounts (postroom.db) and the key that\n"
        "protects APOP secrets (secret.key). Copy the folder only while no server runs on\n"
        "it, and you have it all; from one that runs, take a consistent copy of the mail\n"
        "with: sqlite3 postroom.db \"VACUUM INTO 'copy.db'\", and the key beside it."),

    listen<&ListenConfig::smtp>("smtp", "Mail from other servers, RFC 5321."),
    listen<&ListenConfig::submission>("submission", "Mail from your users, who log in; STARTTLS, RFC 6409."),
    listen<&ListenConfig::submissions>("submissions", "Mail from your users, TLS from the start, RFC 8314."),
    listen<&ListenConfig::pop3>("pop3", "POP3 with APOP and STLS, RFC 1939."),
    listen<&ListenConfig::pop3s>("pop3s", "POP3, TLS from the start."),
    listen<&ListenConfig::imap>("imap", "IMAP with STARTTLS, RFC 3501."),
    listen<&ListenConfig::imaps>("imaps", "IMAP, TLS from the start."),

    in<Path, &Config::tls, &TlsConfig::certificate>(
        "tls", "certificate",
        "The certificate with its chain, as PEM; a path from this file's folder on.\n"
        "Left out: a self-signed one is made in the data folder at first start.\n"
        "Renewed files are taken up on SIGHUP (systemctl reload postroom)."),
    in<Path, &Config::tls, &TlsConfig::key>("tls", "key", "The certificate's private key, as PEM."),

    in<Size<64 * kKiB, kGiB>, &Config::limits, &LimitsConfig::message_size>(
        "limits", "message_size", "The largest message that is taken in."),
    in<Count<100, 100'000>, &Config::limits, &LimitsConfig::recipients>(
        "limits", "recipients",
        "The most recipients one message may name, and the most accounts they may lead to\n"
        "by aliases; RFC 5321 asks for at least 100."),
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

    in<Switch, &Config::login, &LoginConfig::plaintext>(
        "login", "plaintext",
        "true: passwords may cross the network without TLS. From this machine itself\n"
        "they always may, and APOP never sends one."),

    in<Servers, &Config::dns, &DnsConfig::forwarders>(
        "dns", "forwarders",
        "The name servers to ask; they have to pass DNSSEC's records on. []: none but those\n"
        "that the DNS itself names, from its root on, which needs port 53 open to the outside.\n"
        "/etc/resolv.conf is not read."),
    in<PathOrNone, &Config::dns, &DnsConfig::trust_anchor>(
        "dns", "trust_anchor",
        "A file with the DS or DNSKEY records in which DNSSEC begins, for a DNS with a root of\n"
        "its own; \"none\" does without DNSSEC. Left out: the keys of the root."),

    in<LogLevel, &Config::log, &LogConfig::level>(
        "log", "level",
        "What is written to stderr: \"debug\", \"info\", \"warning\" or \"error\" and what is graver."),
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
