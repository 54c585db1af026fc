// secret.key: what seals secrets that must be readable again (APOP), kept beside the database, not in it.
#pragma once

#include <filesystem>
#include <string>

namespace postroom {

/// The 32 bytes of DATA/secret.key, made at first use; when there are APOP secrets already that it cannot
/// unseal, a warning is logged. Throws std::runtime_error with a sentence for the administrator: unreadable,
/// wrong size, or readable by others than its owner.
std::string read_or_create_secret_key(const std::filesystem::path& data);

}  // namespace postroom
