// Password and APOP checks against the store.
#include "protocols/authenticator.h"

#include <array>
#include <utility>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/mime/canonical.h"
#include "protocols/sasl/scram.h"

namespace postroom {

namespace {

std::string random_key(Runtime& runtime) {
  std::array<std::byte, 32> bytes;
  runtime.random(bytes);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// What is hashed for an address nobody has, so that it takes as long as for one that somebody has.
Credentials nobody() {
  Credentials credentials;
  credentials.verifier.salt.assign(sasl::kSaltSize, 'x');
  credentials.verifier.iterations = sasl::kIterations;
  return credentials;
}

Login accepted(const Credentials& credentials) {
  Login login;
  login.kind = Login::Kind::accepted;
  login.account = credentials.account;
  login.address = credentials.address;
  return login;
}

}  // namespace

/// One of those who hash. Given to the one whose turn it is, or back.
class Authenticator::Place {
 public:
  explicit Place(Authenticator& of) : of_(of) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    Signal* const next = of_.queue_.take();
    if (next)
      next->raise();
    else
      --of_.hashing_;
  }

 private:
  Authenticator& of_;
};

Authenticator::Authenticator(Runtime& runtime, Store& store, std::string key)
    : runtime_(runtime), store_(store), key_(std::move(key)), proof_key_(random_key(runtime)) {}

Task<Login> Authenticator::authenticate(sasl::Claim claim, std::string origin) {
  Login refused;
  if (!claim.authzid.empty() && !iequals(claim.authzid, claim.authcid)) co_return refused;
  co_return co_await password(std::move(claim.authcid), std::move(claim.password), std::move(origin));
}

Task<Login> Authenticator::password(std::string address, std::string password, std::string origin) {
  std::optional<Credentials> credentials = co_await store_.credentials(mime::stored_address(address));
  const bool known = credentials.has_value();
  if (!known) credentials = nobody();

  const std::string proof = hmac_sha256(proof_key_, credentials->verifier.stored_key + password);
  if (known && remembered_.contains(proof)) co_return accepted(*credentials);

  Login login;
  const bool has_place = co_await wait_for_place(origin);
  if (!has_place) {
    login.kind = Login::Kind::unavailable;
    co_return login;
  }
  const Place place(*this);
  const bool right = co_await verify(std::move(password), credentials->verifier, proof);
  if (!known || !right) co_return login;
  co_return accepted(*credentials);
}

Task<bool> Authenticator::verify(std::string password, Verifier verifier, std::string proof) {
  // Perhaps another connection of the same client has shown it meanwhile.
  if (remembered_.contains(proof)) co_return true;
  auto job = [&] { return sasl::verify(password, verifier); };
  const bool right = co_await perform(runtime_, Lane::hash, job);
  if (right) remember(std::move(proof));
  co_return right;
}

/// False: it was too much to wait for.
Task<bool> Authenticator::wait_for_place(const std::string& origin) {
  if (stopped_) co_return false;
  if (hashing_ < kMaxHashing) {
    ++hashing_;
    co_return true;
  }
  if (queue_.waiting(origin) >= kMaxWaiting) co_return false;
  Signal given(runtime_);
  queue_.add(origin, given);
  const TimePoint deadline = runtime_.now() + kPatience;
  const Wake wake = co_await given.wait(deadline);
  if (wake == Wake::deadline) queue_.remove(origin, given);
  co_return wake == Wake::raised && !stopped_;
}

void Authenticator::stop() {
  stopped_ = true;
  while (Signal* const waiting = queue_.take()) waiting->raise();
}

void Authenticator::remember(std::string proof) {
  if (!remembered_.insert(proof).second) return;
  oldest_first_.push_back(std::move(proof));
  if (oldest_first_.size() <= kMaxRemembered) return;
  remembered_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

/// The secret that APOP and CRAM-MD5 share with the client, if they do.
std::optional<std::string> Authenticator::shared_secret(const Credentials& credentials) const {
  if (credentials.apop_sealed.empty()) return std::nullopt;
  return unseal(key_, "apop:" + credentials.address, credentials.apop_sealed);
}

/// What an address is told that has no such secret: of the server's key, so that it stays the same, and
/// nobody can tell it from a real one or prove to know it.
sasl::Secrets Authenticator::made_up(std::string_view address) const {
  const auto make = [&](std::string_view what) {
    return hmac_sha256(key_, std::string("nobody's ").append(what).append(":").append(address));
  };
  sasl::Secrets secrets;
  secrets.verifier.salt = make("salt").substr(0, sasl::kSaltSize);
  secrets.verifier.iterations = sasl::kIterations;
  secrets.verifier.stored_key = make("stored key");
  secrets.verifier.server_key = make("server key");
  secrets.shared = make("secret");
  return secrets;
}

Task<Authenticator::Known> Authenticator::look_up(std::string address) {
  const std::string stored = mime::stored_address(address);
  const std::optional<Credentials> credentials = co_await store_.credentials(stored);
  Known known;
  // For everybody: the time says nothing.
  known.secrets = made_up(lower(stored));
  if (!credentials) co_return known;
  known.login = accepted(*credentials);
  if (credentials->verifier.iterations > 0) known.secrets.verifier = credentials->verifier;
  if (auto secret = shared_secret(*credentials)) known.secrets.shared = std::move(*secret);
  co_return known;
}

Task<> Authenticator::pay_for_guess(std::string origin) {
  const bool has_place = co_await wait_for_place(origin);
  if (!has_place) co_return;
  const Place place(*this);
  auto job = [] { sasl::verify("a guess", nobody().verifier); };
  co_await perform(runtime_, Lane::hash, job);
}

Task<Login> Authenticator::apop(std::string address, std::string timestamp, std::string digest) {
  const std::optional<Credentials> credentials = co_await store_.credentials(mime::stored_address(address));
  std::optional<std::string> secret;
  if (credentials) secret = shared_secret(*credentials);
  // Two microseconds, not worth a thread. Hashed also without a secret; then no digest is right.
  const std::string expected = md5_hex(timestamp + secret.value_or(proof_key_));
  const bool right = equal_in_constant_time(expected, lower(digest));
  Login login;
  if (!secret || !right) co_return login;
  co_return accepted(*credentials);
}

}  // namespace postroom
