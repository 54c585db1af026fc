// The configuration as text: what is in force, and an example to begin with.
#pragma once

#include <string>

#include "config/config.h"

namespace postroom {

/// As TOML that loads to the same configuration; what is not as the defaults have it is marked.
std::string config_as_toml(const Config& config);
/// As one JSON object, sections as objects.
std::string config_as_json(const Config& config);
/// Every key with what it means and its default, commented out: an admin uncomments what should differ.
std::string config_example();

}  // namespace postroom
