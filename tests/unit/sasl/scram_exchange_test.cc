// SCRAM as a client sees it: the example of RFC 7677, and all that a client may do wrong.
#include "protocols/sasl/scram_exchange.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/sasl/scram.h"

namespace postroom::sasl {
namespace {

using Kind = Turn::Kind;

const std::string kSalt = *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");

Secrets pencil(std::uint32_t iterations = 4096) {
  Secrets secrets;
  secrets.verifier = *make_verifier("pencil", kSalt, iterations);
  return secrets;
}

/// A client that does everything right, but for what a test has it do wrong.
class ScramTest : public ::testing::Test {
 protected:
  ScramTest() {
    circumstances_.nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    circumstances_.exporter = "exporter's bytes";
    circumstances_.binding_offered = true;
  }

  void begin(bool plus) { scram_.emplace(circumstances_, plus); }
  /// The client-first-message, and what the server says to it.
  Turn first(const std::string& header, const std::string& bare) {
    header_ = header;
    bare_ = bare;
    const Turn turn = scram_->step(header + bare);
    if (turn.kind != Kind::look_up) return turn;
    claim_ = turn.claim;
    const Turn challenge = scram_->know(pencil());
    server_first_ = challenge.challenge;
    return challenge;
  }
  std::string nonce() const { return server_first_.substr(2, server_first_.find(',') - 2); }
  /// The client-final-message with the proof of `password` and these bindings.
  std::string final_message(const std::string& binding, const std::string& password = "pencil",
                            const std::string& more = "") {
    const std::string without = "c=" + base64_encode(header_ + binding) + ",r=" + nonce() + more;
    const std::string salted = pbkdf2_sha256(password, kSalt, 4096);
    std::string proof = hmac_sha256(salted, "Client Key");
    const std::string signature = hmac_sha256(sha256(proof), bare_ + "," + server_first_ + "," + without);
    std::ranges::transform(proof, signature, proof.begin(), std::bit_xor<>());
    return without + ",p=" + base64_encode(proof);
  }
  std::string refusal_of_first(const std::string& message, bool plus = false) {
    begin(plus);
    const Turn turn = scram_->step(message);
    EXPECT_TRUE(turn.refusal.empty() || turn.challenge == "e=" + turn.refusal);
    return turn.refusal;
  }
  std::string refusal_of_final(const std::string& message) { return scram_->step(message).refusal; }

  Circumstances circumstances_;
  std::optional<ScramExchange> scram_;
  std::string header_, bare_, server_first_;
  Claim claim_;
};

// RFC 7677 3
TEST_F(ScramTest, ExampleOfRfc7677) {
  circumstances_.binding_offered = false;
  begin(false);
  const Turn empty = scram_->step(std::nullopt);
  EXPECT_EQ(empty.kind, Kind::challenge);
  EXPECT_EQ(empty.challenge, "");
  const Turn turn = first("n,,", "n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(claim_.authcid, "user");
  ASSERT_EQ(turn.kind, Kind::challenge);
  EXPECT_EQ(turn.challenge,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const Turn last = scram_->step(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  ASSERT_EQ(last.kind, Kind::challenge);
  EXPECT_EQ(last.refusal, "");
  EXPECT_EQ(last.challenge, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  const Turn end = scram_->step("");
  EXPECT_EQ(end.kind, Kind::proven);
  EXPECT_EQ(end.claim.authcid, "user");
  EXPECT_EQ(end.claim.password, "");
}

TEST_F(ScramTest, OnlyAnEmptyAnswerFollowsTheServersSignature) {
  begin(false);
  first("n,,", "n=user,r=abc");
  EXPECT_EQ(scram_->step(final_message("")).refusal, "");
  EXPECT_EQ(scram_->step("more").kind, Kind::failed);
}

TEST_F(ScramTest, BindsToTheExporter) {
  begin(true);
  first("p=tls-exporter,,", "n=user,r=abc");
  EXPECT_EQ(scram_->step(final_message("exporter's bytes")).challenge.substr(0, 2), "v=");
  EXPECT_EQ(scram_->step("").kind, Kind::proven);
}

// Who stands between has a TLS connection of its own to each side.
TEST_F(ScramTest, AnotherChannelDoesNotMatch) {
  begin(true);
  first("p=tls-exporter,,", "n=user,r=abc");
  EXPECT_EQ(refusal_of_final(final_message("another's bytes!")), "channel-bindings-dont-match");
  begin(true);
  first("p=tls-exporter,,", "n=user,r=abc");
  EXPECT_EQ(refusal_of_final(final_message("")), "channel-bindings-dont-match");
}

// RFC 5802 6
TEST_F(ScramTest, TakingPlusOutOfTheOfferIsNoticed) {
  EXPECT_EQ(refusal_of_first("y,,n=user,r=abc"), "server-does-support-channel-binding");
  circumstances_.binding_offered = false;
  EXPECT_EQ(refusal_of_first("y,,n=user,r=abc"), "");
}

TEST_F(ScramTest, AChangedFlagIsNoticed) {
  begin(false);
  first("n,,", "n=user,r=abc");
  header_ = "y,,";  // what the client had sent
  EXPECT_EQ(refusal_of_final(final_message("")), "channel-bindings-dont-match");
}

TEST_F(ScramTest, TheMechanismAndItsFlagAgree) {
  EXPECT_EQ(refusal_of_first("p=tls-exporter,,n=user,r=abc"), "channel-binding-not-supported");
  EXPECT_EQ(refusal_of_first("n,,n=user,r=abc", true), "other-error");
  EXPECT_EQ(refusal_of_first("y,,n=user,r=abc", true), "other-error");
  EXPECT_EQ(refusal_of_first("p=tls-unique,,n=user,r=abc", true), "unsupported-channel-binding-type");
  circumstances_.exporter.clear();
  EXPECT_EQ(refusal_of_first("p=tls-exporter,,n=user,r=abc", true), "unsupported-channel-binding-type");
}

TEST_F(ScramTest, AWrongPasswordIsNoProof) {
  begin(false);
  first("n,,", "n=user,r=abc");
  EXPECT_EQ(refusal_of_final(final_message("", "Pencil")), "invalid-proof");
  for (const char* proof : {"AAAA", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="}) {
    begin(false);
    first("n,,", "n=user,r=abc");
    EXPECT_EQ(refusal_of_final("c=biws,r=" + nonce() + ",p=" + proof), "invalid-proof");
  }
}

TEST_F(ScramTest, WhatWasSaidBeforeIsWorthNothing) {
  begin(false);
  first("n,,", "n=user,r=abc");
  const std::string said = final_message("");
  EXPECT_EQ(scram_->step(said).challenge.substr(0, 2), "v=");
  circumstances_.nonce = "another-one";
  begin(false);
  first("n,,", "n=user,r=abc");
  EXPECT_EQ(refusal_of_final(said), "other-error") << "the nonce is an old one";
  begin(false);
  first("n,,", "n=user,r=abc");
  const std::string proof = said.substr(said.rfind(','));
  EXPECT_EQ(refusal_of_final("c=biws,r=" + nonce() + proof), "invalid-proof");
}

TEST_F(ScramTest, ANonceIsTheClientsAndTheServers) {
  for (const char* wrong : {"abc", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "abc%hvYDpWUa2RaTCAfuxFIlj)hNlF$k00"}) {
    begin(false);
    first("n,,", "n=user,r=abc");
    EXPECT_EQ(refusal_of_final(std::string("c=biws,r=") + wrong + ",p=AAAA"), "other-error");
  }
}

TEST_F(ScramTest, NamesAreDecodedAndChecked) {
  begin(false);
  first("n,a=a=2Cb=3Dc,", "n==2C=3D=2C,r=abc");
  EXPECT_EQ(claim_.authzid, "a,b=c");
  EXPECT_EQ(claim_.authcid, ",=,");
  begin(false);
  const std::string name =
      "us\xc2\xad"
      "er";  // a soft hyphen (RFC 4013 3): allowed, and looked for as it is
  first("n,,", "n=" + name + ",r=abc");
  EXPECT_EQ(claim_.authcid, name);
  EXPECT_EQ(scram_->step(final_message("")).challenge.substr(0, 2), "v=");
  for (const char* wrong : {"n=a=b", "n=a=2c", "n=a=", "n=\x07"})
    EXPECT_EQ(refusal_of_first(std::string("n,,") + wrong + ",r=abc"), "invalid-username-encoding");
}

TEST_F(ScramTest, ExtensionsAreReadOverAndMandatoryOnesRefused) {
  begin(false);
  first("n,,", "n=user,r=abc,x=anything,y=else");
  EXPECT_EQ(scram_->step(final_message("", "pencil", ",z=more")).challenge.substr(0, 2), "v=");
  EXPECT_EQ(refusal_of_first("n,,m=must,n=user,r=abc"), "extensions-not-supported");
}

TEST_F(ScramTest, WhatIsNotOfTheGrammarIsRefused) {
  using namespace std::string_literals;
  for (const std::string& message : {""s,
                                     ","s,
                                     "n"s,
                                     "n,,"s,
                                     "n,,n=user"s,
                                     "n,,n=user,r="s,
                                     "n,,n=,r=abc"s,
                                     "n,,r=abc,n=user"s,
                                     "x,,n=u,r=a"s,
                                     "n,b=x,n=u,r=a"s,
                                     "n,a=,n=u,r=a"s,
                                     "n,a==2,n=u,r=a"s,
                                     "p=,,n=u,r=a"s,
                                     "p=a/b,,n=u,r=a"s,
                                     "N,,n=u,r=a"s,
                                     "n,,n=u,r=a b"s,
                                     "n,,n=u,r=a,"s + "x",
                                     "n,,n=u,r=a,1=x"s,
                                     "n,,n=u\0,r=a"s,
                                     "n,,n=\xff,r=a"s})
    EXPECT_EQ(refusal_of_first(message), "invalid-encoding") << message;
  for (const char* message : {"", "c=biws", "c=biws,r=abc", "c=biws,p=AAAA", "r=abc,c=biws,p=AAAA",
                              "c=####,r=abc,p=AAAA", "c=biws,r=abc,p=####", "c=biws,r=abc,p=",
                              "c=biws,r=abc,p=AAAA,x=y", "c=biws,r=abc,x,p=AAAA", "c=\xff,r=abc,p=AAAA"}) {
    begin(false);
    first("n,,", "n=user,r=abc");
    EXPECT_EQ(refusal_of_final(message), "invalid-encoding") << message;
  }
}

}  // namespace
}  // namespace postroom::sasl
