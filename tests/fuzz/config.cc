// Any bytes are a config or a list of mistakes with places; what loads is written as what loads to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "config/load.h"
#include "config/write.h"

using namespace postroom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LoadedConfig loaded = parse_config(text, "f");
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    if (errors->empty()) std::abort();
    for (const ConfigError& error : *errors) {
      if (error.line == 0 || error.column == 0 || error.message.empty()) std::abort();
    }
    return 0;
  }
  const std::string written = config_as_toml(std::get<Config>(loaded));
  const LoadedConfig again = parse_config(written, "");
  const auto* config = std::get_if<Config>(&again);
  if (config == nullptr || config_as_toml(*config) != written) std::abort();
  return 0;
}
