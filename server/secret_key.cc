// secret.key: see secret_key.h.
#include "server/secret_key.h"

#include <stdexcept>

#include "base/crypto.h"
#include "server/private_file.h"

namespace postroom {

namespace {
constexpr std::size_t kKeySize = 32;
}

std::string read_or_create_secret_key(const std::filesystem::path& data) {
  const std::filesystem::path file = data / "secret.key";
  if (!read_private_file(file)) {
    make_private_directory(data);
    create_private_file(file, random_bytes(kKeySize));  // or another process just did
  }
  std::optional<std::string> key = read_private_file(file);
  if (key && key->size() == kKeySize) return *std::move(key);
  throw std::runtime_error(file.string() + " is not a key of 32 bytes: restore it from a backup");
}

}  // namespace postroom
