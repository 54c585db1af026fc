// Reading the configuration file: TOML into Config, every mistake with the place where it was made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace postroom {

struct ConfigError {
  std::string file;
  std::uint32_t line = 0;  ///< from 1; 0: the file as a whole
  std::uint32_t column = 0;
  std::string message;  ///< what is wrong, and what was perhaps meant

  /// "postroom.toml:3:1: unknown key …".
  std::string text() const;
};

/// Either the configuration or everything that is wrong with it, in the order of the file.
using LoadedConfig = std::variant<Config, std::vector<ConfigError>>;

inline constexpr std::string_view kDefaultConfigFile = "/etc/postroom/postroom.toml";

/// Pure. Relative paths in it are taken from the folder of `file_name`.
LoadedConfig parse_config(std::string_view text, std::string_view file_name);

/// Reads and parses `file`. When `optional` a file that is not there is one that sets nothing. Fills in the
/// machine's name where no hostname is set.
LoadedConfig load_config(const std::string& file, bool optional);

/// What a configuration without a hostname gets: the machine's name, or "localhost" when it has none that
/// could be used.
std::string machine_name();

}  // namespace postroom
