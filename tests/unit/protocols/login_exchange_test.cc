// Logins by SASL as the protocols carry them: what a client can learn, and what somebody between can do.
#include "protocols/login_exchange.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/text.h"
#include "tests/support/await.h"
#include "tests/support/session_world.h"

namespace postroom {
namespace {

using Kind = LoginStep::Kind;
using testing::await;

/// The value of an attribute in a message of the server.
std::string attribute(const std::string& message, std::string_view name) {
  for (const std::string_view part : split(message, ','))
    if (part.starts_with(name)) return std::string(part.substr(name.size()));
  return {};
}

class LoginExchangeTest : public ::testing::Test {
 protected:
  LoginExchangeTest() {
    world_.add_user("alice@example.org", "secret");
    world_.store.account("alice@example.org").credentials.apop_sealed =
        seal(std::string(32, 'k'), "apop:alice@example.org", "tanstaaf");
    world_.add_user("bob@example.org", "other");  // without a secret for APOP
  }

  void connect(bool tls) {
    Connection connection = world_.connection();
    stream_ = std::move(connection.stream);
    if (tls) stream_ = world_.tls.start_tls(std::move(stream_));
  }
  void begin(std::string_view mechanism) {
    exchange_.emplace(world_.service, *stream_, world_.peer, *sasl::find_mechanism(mechanism));
  }
  /// In plain text; what the server says is decoded, too.
  LoginStep say(const std::string& text) { return decoded(exchange_->next(base64_encode(text))); }
  LoginStep say_first(const std::string& text) { return decoded(exchange_->begin(base64_encode(text))); }
  LoginStep decoded(Task<LoginStep> task) {
    LoginStep step = await(world_.runtime, std::move(task));
    step.challenge = base64_decode(step.challenge).value();
    return step;
  }

  /// What the server says to a whole login by SCRAM, before the client's last empty line.
  LoginStep scram(const std::string& name, const std::string& password, const std::string& header = "n,,",
                  const std::string& binding = "") {
    const std::string bare = "n=" + name + ",r=client";
    const LoginStep challenge = say_first(header + bare);
    if (attribute(challenge.challenge, "r=").empty()) return challenge;
    const std::string& said = challenge.challenge;
    const std::string without = "c=" + base64_encode(header + binding) + ",r=" + attribute(said, "r=");
    const auto iterations = static_cast<std::uint32_t>(parse_number(attribute(said, "i=")).value());
    const std::string salted =
        pbkdf2_sha256(password, base64_decode(attribute(said, "s=")).value(), iterations);
    const std::string auth_message = bare + "," + said + "," + without;
    std::string proof = hmac_sha256(salted, "Client Key");
    const std::string signature = hmac_sha256(sha256(proof), auth_message);
    std::ranges::transform(proof, signature, proof.begin(), std::bit_xor<>());
    server_signature_ = base64_encode(hmac_sha256(hmac_sha256(salted, "Server Key"), auth_message));
    return say(without + ",p=" + base64_encode(proof));
  }
  std::string salt_of(const std::string& name) {
    begin("SCRAM-SHA-256");
    return attribute(say_first("n,,n=" + name + ",r=client").challenge, "s=");
  }
  LoginStep cram(const std::string& name, const std::string& secret) {
    begin("CRAM-MD5");
    const LoginStep challenge = decoded(exchange_->begin(std::nullopt));
    return say(name + " " + hmac_md5_hex(secret, challenge.challenge));
  }

  testing::SessionWorld world_;
  std::unique_ptr<Stream> stream_;
  std::optional<LoginExchange> exchange_;
  std::string server_signature_;
};

TEST_F(LoginExchangeTest, ScramLogsInAndTheServerProvesItselfToo) {
  connect(false);
  begin("SCRAM-SHA-256");
  const LoginStep step = scram("Alice@example.org", "secret");
  ASSERT_EQ(step.kind, Kind::challenge);
  EXPECT_EQ(step.challenge, "v=" + server_signature_);
  const LoginStep end = say("");
  EXPECT_EQ(end.kind, Kind::ended);
  EXPECT_EQ(end.login.kind, Login::Kind::accepted);
  EXPECT_EQ(end.login.address, "alice@example.org");
}

TEST_F(LoginExchangeTest, NobodyIsLoggedInBeforeTheLastLine) {
  connect(false);
  begin("SCRAM-SHA-256");
  EXPECT_EQ(scram("alice@example.org", "secret").login.kind, Login::Kind::refused);
  EXPECT_EQ(await(world_.runtime, exchange_->next("*")).kind, Kind::cancelled);
}

TEST_F(LoginExchangeTest, AWrongPasswordEndsAsAFailedLoginAlsoIfCancelled) {
  connect(false);
  begin("SCRAM-SHA-256");
  EXPECT_EQ(scram("alice@example.org", "wrong").challenge, "e=invalid-proof");
  const LoginStep end = await(world_.runtime, exchange_->next("*"));
  EXPECT_EQ(end.kind, Kind::ended);
  EXPECT_EQ(end.login.kind, Login::Kind::refused);
  EXPECT_EQ(end.name, "alice@example.org");
}

TEST_F(LoginExchangeTest, PlusBindsTheLoginToTheConnection) {
  connect(true);
  const std::string header = "p=tls-exporter,,";
  begin("SCRAM-SHA-256-PLUS");
  const std::string bound = scram("alice@example.org", "secret", header, "a fake tls-exporter").challenge;
  EXPECT_EQ(bound, "v=" + server_signature_);
  EXPECT_EQ(say("").login.kind, Login::Kind::accepted);
  begin("SCRAM-SHA-256-PLUS");
  EXPECT_EQ(scram("alice@example.org", "secret", header, "of whoever is between").challenge,
            "e=channel-bindings-dont-match");
  EXPECT_EQ(say("").login.kind, Login::Kind::refused);
}

TEST_F(LoginExchangeTest, PlusNeedsTls) {
  using Refusal = LoginExchange::Refusal;
  const sasl::Mechanism* const plus = sasl::find_mechanism("SCRAM-SHA-256-PLUS");
  world_.peer.loopback = false;
  connect(false);
  const sasl::Offer offer = sasl_offer(world_.service, *stream_, world_.peer);
  EXPECT_EQ(LoginExchange::refusal(plus, offer), Refusal::unknown);
  EXPECT_EQ(LoginExchange::refusal(sasl::find_mechanism("PLAIN"), offer), Refusal::needs_tls);
  EXPECT_EQ(LoginExchange::refusal(sasl::find_mechanism("SCRAM-SHA-256"), offer), Refusal::needs_tls);
  EXPECT_EQ(LoginExchange::refusal(sasl::find_mechanism("CRAM-MD5"), offer), Refusal::none) << "as APOP";
  connect(true);
  EXPECT_EQ(LoginExchange::refusal(plus, sasl_offer(world_.service, *stream_, world_.peer)), Refusal::none);
}

// Nobody is told of -PLUS, so a client that could do it and says so is right (RFC 5802 6).
TEST_F(LoginExchangeTest, AClientThatMissesPlusMayLogIn) {
  connect(true);
  begin("SCRAM-SHA-256");
  const std::string said = scram("alice@example.org", "secret", "y,,").challenge;
  EXPECT_EQ(said, "v=" + server_signature_);
}

TEST_F(LoginExchangeTest, UnknownUsersLookLikeKnownOnes) {
  connect(false);
  const std::string salt = salt_of("nobody@example.org");
  EXPECT_EQ(base64_decode(salt)->size(), base64_decode(salt_of("alice@example.org"))->size());
  EXPECT_EQ(salt, salt_of("nobody@example.org")) << "it stays the same";
  EXPECT_EQ(salt, salt_of("Nobody@Example.ORG")) << "as that of a user does";
  EXPECT_NE(salt, salt_of("noone@example.org"));
  begin("SCRAM-SHA-256");
  EXPECT_EQ(scram("nobody@example.org", "secret").challenge, "e=invalid-proof");
  EXPECT_EQ(say("").login.kind, Login::Kind::refused);
}

// An account that has no verifier yet is one that SCRAM does not know.
TEST_F(LoginExchangeTest, WhoHasNoVerifierLooksLikeNobody) {
  connect(false);
  world_.store.add_account("carol@example.org");
  EXPECT_EQ(base64_decode(salt_of("carol@example.org"))->size(), sasl::kSaltSize);
  begin("SCRAM-SHA-256");
  EXPECT_EQ(scram("carol@example.org", "").challenge, "e=invalid-proof");
}

TEST_F(LoginExchangeTest, NobodyActsForSomebodyElse) {
  connect(false);
  begin("SCRAM-SHA-256");
  scram("alice@example.org", "secret", "n,a=Alice@example.org,");
  EXPECT_EQ(say("").login.kind, Login::Kind::accepted);
  begin("SCRAM-SHA-256");
  scram("alice@example.org", "secret", "n,a=bob@example.org,");
  const LoginStep end = say("");
  EXPECT_TRUE(end.for_another);
  EXPECT_EQ(end.login.kind, Login::Kind::refused);
  begin("PLAIN");
  using namespace std::string_literals;
  EXPECT_TRUE(say_first("bob@example.org\0alice@example.org\0secret"s).for_another);
  begin("PLAIN");
  EXPECT_FALSE(say_first("bob@example.org\0alice@example.org\0wrong"s).for_another);
}

TEST_F(LoginExchangeTest, EachExchangeHasANonceOfItsOwn) {
  connect(false);
  begin("SCRAM-SHA-256");
  const std::string one = attribute(say_first("n,,n=alice@example.org,r=client").challenge, "r=");
  begin("SCRAM-SHA-256");
  const std::string other = attribute(say_first("n,,n=alice@example.org,r=client").challenge, "r=");
  EXPECT_TRUE(one.starts_with("client") && other.starts_with("client"));
  EXPECT_GE(one.size(), 6U + 24);
  EXPECT_NE(one, other);
}

TEST_F(LoginExchangeTest, CramMd5TakesTheSecretOfApop) {
  connect(false);
  EXPECT_EQ(cram("alice@example.org", "tanstaaf").login.kind, Login::Kind::accepted);
  EXPECT_EQ(cram("alice@example.org", "secret").login.kind, Login::Kind::refused)
      << "the password is another";
  EXPECT_EQ(cram("bob@example.org", "").login.kind, Login::Kind::refused);
  EXPECT_EQ(cram("bob@example.org", "other").login.kind, Login::Kind::refused);
  EXPECT_EQ(cram("nobody@example.org", "").login.kind, Login::Kind::refused);
}

TEST_F(LoginExchangeTest, CramMd5ForgetsOldChallenges) {
  connect(false);
  begin("CRAM-MD5");
  const std::string challenge = decoded(exchange_->begin(std::nullopt)).challenge;
  EXPECT_TRUE(challenge.starts_with("<") && challenge.ends_with("@mail.example.org>"));
  const std::string answer = "alice@example.org " + hmac_md5_hex("tanstaaf", challenge);
  EXPECT_EQ(say(answer).login.kind, Login::Kind::accepted);
  begin("CRAM-MD5");
  decoded(exchange_->begin(std::nullopt));
  EXPECT_EQ(say(answer).login.kind, Login::Kind::refused);
}

TEST_F(LoginExchangeTest, AFaultOfTheStoreIsNoRefusal) {
  connect(false);
  world_.store.fails = true;
  begin("SCRAM-SHA-256");
  EXPECT_THROW(say_first("n,,n=alice@example.org,r=client"), StoreFault);
}

}  // namespace
}  // namespace postroom
