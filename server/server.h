// The server: everything wired together, from open to close.
#pragma once

#include <filesystem>

namespace postroom {

struct Config;

/// Serves until SIGTERM or SIGINT and returns the exit code. Prints one line "ready" with the listeners' real
/// addresses to standard output. SIGHUP reads `config_file` again. Throws std::runtime_error with a sentence
/// for the administrator when it cannot start.
int serve(const Config& config, const std::filesystem::path& config_file);

}  // namespace postroom
