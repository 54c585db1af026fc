// The types that keys have: how each reads a TOML node into a member, and prints a member.
#pragma once

#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "base/text.h"
#include "config/keys.h"
#include "config/values.h"

namespace postroom::key_type {

inline std::string_view type_name(const toml::node& node) {
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

inline void wrong_type(const toml::node& node, const Key& key, Problems& problems) {
  std::string what = "\"" + std::string(key.name) + "\" is " + std::string(key.type) + ", not " +
                     std::string(type_name(node));
  if (const auto* text = node.as_string();
      text != nullptr && key.type.starts_with("a list") && !key.type.ends_with(']')) {
    what += "; did you mean [" + quoted(text->get()) + "]?";
  } else if (text != nullptr && (text->get() == "true" || text->get() == "false")) {
    what += "; did you mean " + text->get() + " without the quotes?";
  }
  problems.push_back({node.source(), std::move(what)});
}

inline void bad_value(const toml::node& node, const Key& key, std::string_view what, Problems& problems) {
  problems.push_back({node.source(), "\"" + std::string(key.name) + "\": " + std::string(what)});
}

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

/// Certificates with their keys, as a list of lists: so it is JSON too.
struct Certificates {
  static constexpr std::string_view name = "a list of [\"certificate\", \"key\"]";
  using Values = std::vector<CertificateConfig>;
  static void read(const toml::node& node, const Key& key, Values& out, Problems& problems) {
    const auto* list = node.as_array();
    if (list == nullptr) return wrong_type(node, key, problems);
    out.clear();
    for (const toml::node& item : *list) {
      const auto* pair = item.as_array();
      if (pair == nullptr || pair->size() != 2) {
        bad_value(item, key,
                  "each item of the list is a list of two files, like [\"fullchain.pem\", \"privkey.pem\"]",
                  problems);
        continue;
      }
      CertificateConfig read;
      Path::read(*pair->get(0), key, read.certificate, problems);
      Path::read(*pair->get(1), key, read.key, problems);
      out.push_back(std::move(read));
    }
  }
  static std::string print(const Values& values) {
    std::string text;
    for (const auto& [certificate, key] : values)
      text += (text.empty() ? "[" : ", [") + quoted(certificate) + ", " + quoted(key) + "]";
    return "[" + text + "]";
  }
};

struct PathOrNone : Path {
  static constexpr std::string_view name = "a path in quotes, or \"none\"";
};

/// An address without a port.
template <std::variant<std::string, BadValue> (*parse)(std::string_view)>
struct BareAddress {
  static void read(const toml::node& node, const Key& key, std::string& out, Problems& problems) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong_type(node, key, problems);
    auto parsed = parse(text->get());
    if (const auto* bad = std::get_if<BadValue>(&parsed)) return bad_value(node, key, bad->what, problems);
    out = std::get<std::string>(std::move(parsed));
  }
  static std::string print(const std::string& value) { return quoted(value); }
};

struct Ipv4 : BareAddress<&parse_ipv4> {
  static constexpr std::string_view name = "an IPv4 address in quotes";
};

struct Ipv6 : BareAddress<&parse_ipv6> {
  static constexpr std::string_view name = "an IPv6 address in quotes";
};

/// A list of texts, of which `Item` knows one.
template <class Item>
struct List {
  static constexpr std::string_view name = Item::list;
  using Values = std::vector<typename Item::Value>;
  static void read(const toml::node& node, const Key& key, Values& out, Problems& problems) {
    const auto* list = node.as_array();
    if (list == nullptr) return wrong_type(node, key, problems);
    out.clear();
    for (const toml::node& item : *list) {
      const auto* text = item.as_string();
      if (text == nullptr) {
        bad_value(item, key, "each item of the list stands in quotes, like " + quoted(Item::example),
                  problems);
        continue;
      }
      auto parsed = Item::parse(text->get());
      if (const auto* bad = std::get_if<BadValue>(&parsed)) {
        bad_value(item, key, bad->what, problems);
      } else {
        out.push_back(std::get<typename Item::Value>(std::move(parsed)));
      }
    }
  }
  static std::string print(const Values& values) {
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : ", ") + quoted(Item::format(value));
    return "[" + text + "]";
  }
};

struct Address {
  using Value = Endpoint;
  static constexpr std::string_view list = "a list of \"address:port\"";
  static constexpr std::string_view example = "[::]:25";
  static auto parse(std::string_view text) { return parse_endpoint(text); }
  static std::string format(const Endpoint& value) { return format_endpoint(value); }
};

/// RFC 2033 5: a client of SMTP that came to one by MX would not be understood.
struct LmtpAddresses : List<Address> {
  static void read(const toml::node& node, const Key& key, Endpoints& out, Problems& problems) {
    List<Address>::read(node, key, out, problems);
    for (const Endpoint& endpoint : out)
      if (endpoint.port == 25)
        bad_value(node, key, quoted(format_endpoint(endpoint)) + " has the port of SMTP; LMTP's is often 24",
                  problems);
  }
};

/// Addresses that are asked, not listened at.
struct Servers : List<Address> {
  static void read(const toml::node& node, const Key& key, Endpoints& out, Problems& problems) {
    List<Address>::read(node, key, out, problems);
    for (const Endpoint& endpoint : out)
      if (endpoint.port == 0)
        bad_value(node, key, quoted(format_endpoint(endpoint)) + " has no port to ask at", problems);
  }
};

struct Route {
  using Value = RouteConfig;
  static constexpr std::string_view list = "a list of routes";
  static constexpr std::string_view example = "* = submission://user@smtp.example.net";
  static auto parse(std::string_view text) { return parse_route(text); }
  static std::string format(const RouteConfig& value) { return format_route(value); }
};

/// At least a second.
struct Time {
  using Value = std::chrono::seconds;
  static constexpr std::string_view name = "a time like \"4h\"";
  static constexpr std::string_view or_none = "a time like \"4h\", or \"none\"";
  static constexpr std::string_view list = "a list of times";
  static constexpr std::string_view example = "5m";
  static std::variant<Value, BadValue> parse(std::string_view text) {
    const auto time = parse_duration(text);
    if (!time || time->count() == 0)
      return BadValue{quoted(text) + " is no time; write it like \"30s\", \"5m\", \"4h\" or \"5d\""};
    return *time;
  }
  static std::string format(Value value) { return format_duration(value); }

  static void read(const toml::node& node, const Key& key, Value& out, Problems& problems) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong_type(node, key, problems);
    const auto parsed = parse(text->get());
    if (const auto* bad = std::get_if<BadValue>(&parsed)) return bad_value(node, key, bad->what, problems);
    out = std::get<Value>(parsed);
  }
  static std::string print(Value value) { return quoted(format(value)); }
};

/// One at least.
struct Times : List<Time> {
  static void read(const toml::node& node, const Key& key, Values& out, Problems& problems) {
    List<Time>::read(node, key, out, problems);
    if (const auto* list = node.as_array(); list != nullptr && list->empty())
      bad_value(node, key, "the list is empty", problems);
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
    out = Number();
  }
  template <class Number>
  static std::string print(Number value) {
    return value == Number() ? quoted("none") : Type::print(value);
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

}  // namespace postroom::key_type
