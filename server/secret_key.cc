// secret.key: see secret_key.h.
#include "server/secret_key.h"

#include <stdexcept>

#include "base/crypto.h"
#include "base/log.h"
#include "server/private_file.h"
#include "storage/sqlite/accounts.h"

namespace postroom {

namespace {
constexpr std::size_t kKeySize = 32;

/// What was sealed with a key that is gone cannot be read any more.
void warn_of_lost_secrets(const std::filesystem::path& data) {
  const std::filesystem::path file = data / "postroom.db";
  if (!std::filesystem::exists(file)) return;
  sqlite::Connection db = sqlite::open_database(file);
  if (!sqlite::any_apop(db)) return;
  log::warning(
      "apop.secrets_lost",
      {{"cause", "there was no secret.key, and a new one was made"},
       {"consequence",
        "APOP logins fail until `postroom user apop enable` is run again for each user who has it"}});
}

}  // namespace

std::string read_or_create_secret_key(const std::filesystem::path& data) {
  const std::filesystem::path file = data / "secret.key";
  if (!read_private_file(file)) {
    make_private_directory(data);
    // False: another process just did.
    if (create_private_file(file, random_bytes(kKeySize))) warn_of_lost_secrets(data);
  }
  std::optional<std::string> key = read_private_file(file);
  if (key && key->size() == kKeySize) return *std::move(key);
  throw std::runtime_error(file.string() + " is not a key of 32 bytes: restore it from a backup");
}

}  // namespace postroom
