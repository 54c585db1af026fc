// The one table of configuration keys. Loading, `config show`, `config example` and every suggestion come
// from it: a new key is one line here, and one member in config.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

#include "config/config.h"

namespace postroom {

/// What is wrong, and where in the file.
struct Problem {
  toml::source_region where;
  std::string what;
};
using Problems = std::vector<Problem>;

struct Key {
  std::string_view section;  ///< "" for the keys before the first section
  std::string_view name;
  std::string_view type;  ///< as people say it: "a list of addresses"
  std::string_view doc;   ///< lines of text, without '#'

  /// Puts the node's value into the configuration, or says what is wrong with it.
  void (*read)(const toml::node& node, const Key& key, Config& config, Problems& problems);
  /// The value as TOML writes it, on one line; so written it is JSON too.
  std::string (*print)(const Config& config);
  /// Where a service listens; null for other keys.
  Endpoints ListenConfig::* endpoints = nullptr;
};

std::span<const Key> config_keys();

/// A section and what the example says above it.
struct Section {
  std::string_view name;
  std::string_view doc;
};
std::span<const Section> config_sections();

/// In quotes, with the escapes TOML and JSON have in common.
std::string quoted(std::string_view text);

}  // namespace postroom
