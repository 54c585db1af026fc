// Authenticator: is it who they say? One for all protocols.
#pragma once

#include <string>
#include <string_view>

#include "base/runtime.h"
#include "storage/store.h"

namespace postroom {

struct Login {
  Login() = default;
  enum class Kind {
    accepted,
    refused,      ///< no such user, or not their secret: the two are not told apart, in word or in time
    unavailable,  ///< too many logins wait to be checked: try again later
  };
  Kind kind = Kind::refused;
  AccountId account{};
  std::string address;  ///< the account's own address
};

class Authenticator {
 public:
  /// `key` is the content of secret.key: it unseals the APOP secrets.
  Authenticator(Runtime& runtime, Store& store, std::string key);
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  /// PLAIN, LOGIN, USER/PASS. Hashes on the compute lane, at most kMaxWaiting at a time.
  Task<Login> password(std::string address, std::string password);

  /// RFC 1939 7: `digest` is the lower-case hex MD5 of `timestamp` followed by the shared secret.
  Task<Login> apop(std::string address, std::string timestamp, std::string digest);

  static constexpr std::size_t kMaxWaiting = 256;

 private:
  Runtime& runtime_;
  Store& store_;
  std::string key_;
  std::size_t waiting_ = 0;
};

}  // namespace postroom
