// Logins against a store.
#include "protocols/authenticator.h"

#include <deque>
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

  void set_password(std::string_view password) { set_password(alice_.credentials, password); }
  static void set_password(Credentials& credentials, std::string_view password,
                           std::string_view salt = "0123456789abcdef") {
    credentials.verifier = *sasl::make_verifier(password, salt, 100);
  }
  Login password(std::string address, std::string password) {
    return await(runtime_, authenticator_.password(std::move(address), std::move(password), ""));
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
    await(counting_, counted_.password(address, password, ""));
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

Task<> guess(Authenticator& authenticator, Login& login, std::string password, std::string origin = "") {
  login = co_await authenticator.password("alice@example.org", std::move(password), std::move(origin));
}

TEST_F(CountingTest, ManyLoginsOfAClientAreHashedOnce) {
  std::vector<Login> logins(20);
  for (Login& login : logins) counting_.spawn(guess(counted_, login, "secret"));
  counting_.settle();
  EXPECT_EQ(counting_.most_at_once, static_cast<int>(Authenticator::kMaxHashing));
  for (const Login& login : logins) EXPECT_EQ(login.kind, Kind::accepted);
  EXPECT_EQ(counting_.jobs[static_cast<std::size_t>(Lane::hash)], 2) << "the others found it remembered";
  EXPECT_EQ(hashes("alice@example.org", "wrong"), 1);
}

// A wrong proof of SCRAM or CRAM-MD5 is no cheaper than a wrong password.
TEST_F(CountingTest, GuessesTakeTheirTurn) {
  for (int i = 0; i < 20; ++i) counting_.spawn(counted_.pay_for_guess(""));
  counting_.settle();
  EXPECT_EQ(counting_.most_at_once, static_cast<int>(Authenticator::kMaxHashing));
  EXPECT_EQ(counting_.jobs[static_cast<std::size_t>(Lane::hash)], 20);
}

class CrowdTest : public AuthenticatorTest {
 protected:
  /// So many wrong passwords at once.
  void flood(std::size_t count, const std::string& origin) {
    for (std::size_t i = 0; i < count; ++i)
      runtime_.spawn(guess(authenticator_, logins_.emplace_back(), "wrong " + std::to_string(i), origin));
  }
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(logins_.begin(), logins_.end(), [&](const Login& l) { return l.kind == kind; }));
  }
  std::deque<Login> logins_;
};

Task<> log_in(Authenticator& authenticator, Login& login, std::string address) {
  login = co_await authenticator.password(std::move(address), "secret", "office");
}

Task<> note_when(Authenticator& authenticator, std::string origin, Runtime& runtime, TimePoint& when) {
  co_await authenticator.password("alice@example.org", "secret", std::move(origin));
  when = runtime.now();
}

TEST_F(CrowdTest, AFloodFromOneOriginHoldsUpOthersByATurn) {
  constexpr auto kSlowest = std::chrono::milliseconds(10);
  runtime_.slow_jobs(kSlowest);
  flood(300, "flood");
  const TimePoint begun = runtime_.now();
  TimePoint other = begun, same = begun;
  runtime_.spawn(note_when(authenticator_, "flood", runtime_, same));
  runtime_.spawn(note_when(authenticator_, "office", runtime_, other));
  EXPECT_TRUE(runtime_.run());
  EXPECT_LE(other - begun, 8 * kSlowest) << "two that are being hashed, one whose turn it was, and its own";
  EXPECT_GE(same - begun, 100 * kSlowest);
  EXPECT_EQ(count(Kind::unavailable), 0U);
}

// Behind one address, at eight o'clock.
TEST_F(CrowdTest, AnOfficeWaitsAndIsNotRefused) {
  runtime_.slow_jobs(std::chrono::milliseconds(50));
  logins_.resize(500);
  for (std::size_t i = 0; i < logins_.size(); ++i) {
    const std::string person = "person" + std::to_string(i) + "@example.org";
    set_password(store_.add_account(person).credentials, "secret", person);
    runtime_.spawn(log_in(authenticator_, logins_[i], person));
  }
  EXPECT_TRUE(runtime_.run());
  EXPECT_EQ(count(Kind::accepted), 500U);
}

TEST_F(CrowdTest, NobodyWaitsForEver) {
  runtime_.slow_jobs(std::chrono::seconds(10));
  flood(20, "flood");
  runtime_.advance(Authenticator::kPatience);
  EXPECT_GE(count(Kind::unavailable), 10U);
  EXPECT_TRUE(runtime_.run());
  const std::size_t unavailable = count(Kind::unavailable);
  EXPECT_LT(unavailable, 20U);
  runtime_.slow_jobs({});
  flood(20, "flood");
  runtime_.settle();
  EXPECT_EQ(count(Kind::unavailable), unavailable) << "who has given up left no place taken";
}

TEST_F(CrowdTest, AskedTooMuchAtOnceByOneOriginIsUnavailableToItOnly) {
  flood(Authenticator::kMaxWaiting + Authenticator::kMaxHashing + 3, "flood");
  Login login;
  runtime_.spawn(guess(authenticator_, login, "secret", "office"));
  runtime_.settle();
  EXPECT_EQ(count(Kind::unavailable), 3U);
  EXPECT_EQ(login.kind, Kind::accepted);
}

TEST_F(CrowdTest, WhoWaitsWhileTheServerStopsWaitsNoLonger) {
  runtime_.slow_jobs(std::chrono::seconds(1));
  flood(20, "flood");
  runtime_.settle();
  authenticator_.stop();
  runtime_.settle();
  EXPECT_EQ(count(Kind::unavailable), 18U);
  EXPECT_TRUE(runtime_.run());
  EXPECT_EQ(password("alice@example.org", "secret").kind, Kind::unavailable);
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
    return await(runtime_, authenticator_.authenticate(std::move(made), ""));
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
