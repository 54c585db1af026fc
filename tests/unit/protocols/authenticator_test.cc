// Logins against a store.
#include "protocols/authenticator.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "protocols/sasl/scram.h"
#include "tests/support/await.h"
#include "tests/support/fake_store.h"

namespace postroom {
namespace {

using Kind = Login::Kind;
using testing::await;

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() { set_password("secret"); }

  void set_password(std::string_view password) {
    alice_.credentials.verifier = *sasl::make_verifier(password, "0123456789abcdef", 100);
  }
  Login password(std::string address, std::string password) {
    return await(runtime_, authenticator_.password(std::move(address), std::move(password)));
  }
  Login apop(std::string address, const std::string& secret) {
    return await(runtime_, authenticator_.apop(std::move(address), "<1@h>", md5_hex("<1@h>" + secret)));
  }

  testing::SimRuntime runtime_;
  testing::FakeStore store_;
  testing::FakeStore::Account& alice_ = store_.add_account("alice@example.org");
  const std::string key_ = std::string(32, 'k');
  Authenticator authenticator_{runtime_, store_, key_};
};

TEST_F(AuthenticatorTest, AcceptsTheRightPassword) {
  const Login login = password("alice@example.org", "secret");
  EXPECT_EQ(login.kind, Kind::accepted);
  EXPECT_EQ(login.account, alice_.credentials.account);
  EXPECT_EQ(login.address, "alice@example.org");
}

TEST_F(AuthenticatorTest, ADomainMayBeTypedAsPeopleWriteIt) {
  store_.add_account("alice@xn--bcher-kva.example").credentials = alice_.credentials;
  EXPECT_EQ(password("Alice@Bücher.Example", "secret").kind, Kind::accepted);
  EXPECT_EQ(password("alice@XN--BCHER-KVA.example", "secret").kind, Kind::accepted);
  EXPECT_EQ(password("alice@buecher.example", "secret").kind, Kind::refused);
}

TEST_F(AuthenticatorTest, RefusesWrongPasswordAndUnknownUserAlike) {
  EXPECT_EQ(password("alice@example.org", "wrong").kind, Kind::refused);
  EXPECT_EQ(password("bob@example.org", "secret").kind, Kind::refused);
  EXPECT_EQ(password("bob@example.org", "").kind, Kind::refused);
  EXPECT_EQ(password("", "").kind, Kind::refused);
}

// The hash is the only thing that takes time: it is done for unknown users too.
class CountingRuntime : public testing::SimRuntime {
 public:
  void submit(Lane lane, Job job, Signal& done) override {
    ++jobs[static_cast<std::size_t>(lane)];
    most_at_once = std::max(most_at_once, ++at_once);
    auto counted = [this, run = std::move(job)] {
      run();
      --at_once;
    };
    SimRuntime::submit(lane, std::move(counted), done);
  }
  int at_once = 0;
  int most_at_once = 0;
  int jobs[kLanes] = {};
};

class CountingTest : public AuthenticatorTest {
 protected:
  int hashes(const std::string& address, const std::string& password) {
    const int before = counting_.jobs[static_cast<std::size_t>(Lane::hash)];
    await(counting_, counted_.password(address, password));
    return counting_.jobs[static_cast<std::size_t>(Lane::hash)] - before;
  }
  CountingRuntime counting_;
  Authenticator counted_{counting_, store_, key_};
};

TEST_F(CountingTest, HashesForUnknownUsersToo) {
  EXPECT_EQ(hashes("alice@example.org", "wrong"), 1);
  EXPECT_EQ(hashes("bob@example.org", "wrong"), 1);
}

TEST_F(CountingTest, RemembersSuccessOnly) {
  EXPECT_EQ(hashes("alice@example.org", "secret"), 1);
  EXPECT_EQ(hashes("alice@example.org", "secret"), 0);
  EXPECT_EQ(hashes("alice@example.org", "wrong"), 1);
  EXPECT_EQ(hashes("alice@example.org", "wrong"), 1);
  EXPECT_EQ(hashes("bob@example.org", "secret"), 1);
}

TEST_F(CountingTest, AChangedPasswordEndsTheMemory) {
  EXPECT_EQ(hashes("alice@example.org", "secret"), 1);
  set_password("changed");
  EXPECT_EQ(hashes("alice@example.org", "secret"), 1);
  EXPECT_EQ(password("alice@example.org", "secret").kind, Kind::refused);
  EXPECT_EQ(password("alice@example.org", "changed").kind, Kind::accepted);
}

Task<> guess(Authenticator& authenticator, Login& login, std::string password);

TEST_F(CountingTest, ManyLoginsOfAClientAreHashedOnce) {
  std::vector<Login> logins(20);
  for (Login& login : logins) counting_.spawn(guess(counted_, login, "secret"));
  counting_.settle();
  EXPECT_EQ(counting_.most_at_once, static_cast<int>(Authenticator::kMaxHashing));
  for (const Login& login : logins) EXPECT_EQ(login.kind, Kind::accepted);
  EXPECT_EQ(counting_.jobs[static_cast<std::size_t>(Lane::hash)], 2) << "the others found it remembered";
  EXPECT_EQ(hashes("alice@example.org", "wrong"), 1);
}

Task<> guess(Authenticator& authenticator, Login& login, std::string password) {
  login = co_await authenticator.password("alice@example.org", std::move(password));
}

TEST_F(AuthenticatorTest, AskedTooMuchAtOnceIsUnavailable) {
  std::vector<Login> logins(Authenticator::kMaxWaiting + 3);
  int number = 0;
  for (Login& login : logins)
    runtime_.spawn(guess(authenticator_, login, "wrong " + std::to_string(number++)));
  runtime_.settle();
  const auto unavailable =
      std::count_if(logins.begin(), logins.end(), [](const Login& l) { return l.kind == Kind::unavailable; });
  EXPECT_EQ(unavailable, 3);
  EXPECT_EQ(password("alice@example.org", "secret").kind, Kind::accepted);
}

TEST_F(AuthenticatorTest, AFaultOfTheStoreIsNoRefusal) {
  store_.fails = true;
  EXPECT_THROW(password("alice@example.org", "secret"), StoreFault);
  EXPECT_THROW(apop("alice@example.org", "secret"), StoreFault);
}

TEST_F(AuthenticatorTest, NobodyActsForSomebodyElse) {
  const auto claim = [this](std::string authzid) {
    sasl::Claim made;
    made.authzid = std::move(authzid);
    made.authcid = "alice@example.org";
    made.password = "secret";
    return await(runtime_, authenticator_.authenticate(std::move(made)));
  };
  EXPECT_EQ(claim("").kind, Kind::accepted);
  EXPECT_EQ(claim("Alice@Example.org").kind, Kind::accepted);
  EXPECT_EQ(claim("bob@example.org").kind, Kind::refused);
}

TEST_F(AuthenticatorTest, ApopChecksTheSealedSecret) {
  alice_.credentials.apop_sealed = seal(key_, "apop:alice@example.org", "tanstaaf");
  EXPECT_EQ(apop("alice@example.org", "tanstaaf").kind, Kind::accepted);
  EXPECT_EQ(apop("alice@example.org", "tanstaa").kind, Kind::refused);
  EXPECT_EQ(apop("bob@example.org", "tanstaaf").kind, Kind::refused);
}

TEST_F(AuthenticatorTest, ApopDigestsMayBeUpperCase) {
  alice_.credentials.apop_sealed = seal(key_, "apop:alice@example.org", "tanstaaf");
  std::string digest = md5_hex("<1@h>tanstaaf");
  for (char& c : digest) c = c >= 'a' ? static_cast<char>(c - 32) : c;
  EXPECT_EQ(await(runtime_, authenticator_.apop("alice@example.org", "<1@h>", digest)).kind, Kind::accepted);
}

TEST_F(AuthenticatorTest, ApopIsOffWithoutASecretOfThisKeyAndUser) {
  EXPECT_EQ(apop("alice@example.org", "").kind, Kind::refused);
  EXPECT_EQ(apop("alice@example.org", "secret").kind, Kind::refused);
  alice_.credentials.apop_sealed = seal(key_, "apop:bob@example.org", "tanstaaf");
  EXPECT_EQ(apop("alice@example.org", "tanstaaf").kind, Kind::refused);
  alice_.credentials.apop_sealed = seal(std::string(32, 'x'), "apop:alice@example.org", "tanstaaf");
  EXPECT_EQ(apop("alice@example.org", "tanstaaf").kind, Kind::refused);
}

}  // namespace
}  // namespace postroom
