// Authenticator: is it who they say? One for all protocols.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

#include "base/runtime.h"
#include "protocols/login_queue.h"
#include "protocols/sasl/mechanism.h"
#include "storage/store.h"

namespace postroom {

struct Login {
  Login() = default;
  enum class Kind {
    accepted,
    refused,      ///< no such user, or not their secret: the two are not told apart, in word or in time
    unavailable,  ///< too many logins wait to be checked: try again later. No less a failed one for whoever
                  ///< counts them: a flood must not be free
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

  /// What a SASL exchange came to. Nobody may act for somebody else yet: `authzid` is refused unless it
  /// is the same address.
  Task<Login> authenticate(sasl::Claim claim, std::string origin);

  /// PLAIN, LOGIN, USER/PASS. Waits for its turn among those of all origins (Peer::origin).
  Task<Login> password(std::string address, std::string password, std::string origin);

  /// Who says to be `address`: what a mechanism has to know to check the proof, and what a right one comes
  /// to. For an address nobody has, or who has no such secret, they are made up, always the same: no proof is
  /// right, and only that tells. Quick: nothing of it is slow on purpose.
  struct Known {
    Known() = default;
    sasl::Secrets secrets;
    Login login;
  };
  Task<Known> look_up(std::string address);

  /// For a wrong proof, which costs us nothing to check: takes its turn and its time as a wrong password
  /// does, so that guessing is no faster.
  Task<> pay_for_guess(std::string origin);

  /// RFC 1939 7: `digest` is the lower-case hex MD5 of `timestamp` followed by the shared secret.
  Task<Login> apop(std::string address, std::string timestamp, std::string digest);

  /// The server stops: who waits for a turn waits no longer, and nobody else does.
  void stop();

  /// From one origin, which may be an office of hundreds who all begin at eight o'clock: they wait, and are
  /// not refused. Each has a connection of its own, so it is those that bound how many wait in all.
  static constexpr std::size_t kMaxWaiting = 1000;
  /// Then a login is unavailable; clients wait no less for an answer.
  static constexpr std::chrono::seconds kPatience{30};
  /// So many hashes at once. Who waits here and not in the lane may find its password remembered when its
  /// turn comes.
  static constexpr std::size_t kMaxHashing = 2;
  static constexpr std::size_t kMaxRemembered = 4096;

 private:
  class Place;
  Task<bool> wait_for_place(const std::string& origin);
  Task<bool> verify(std::string password, Verifier verifier, std::string proof);
  void remember(std::string proof);
  std::optional<std::string> shared_secret(const Credentials& credentials) const;
  sasl::Secrets made_up(std::string_view address) const;

  Runtime& runtime_;
  Store& store_;
  std::string key_;
  std::size_t hashing_ = 0;
  LoginQueue queue_;  // of those who wait for a place to hash
  bool stopped_ = false;

  // A client with many connections would make us hash its password for each. A proof of what was verified
  // lately is HMAC(a key of this process, verifier || password): without the verifier of now it is not found,
  // so a changed password ends it.
  std::string proof_key_;
  std::unordered_set<std::string> remembered_;
  std::deque<std::string> oldest_first_;
};

}  // namespace postroom
