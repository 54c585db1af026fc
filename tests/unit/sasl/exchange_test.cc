// The base64 exchange and its mechanisms.
#include "protocols/sasl/exchange.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace postroom::sasl {
namespace {

using Kind = Turn::Kind;

std::string plain(std::string_view authzid, std::string_view authcid, std::string_view password) {
  std::string message(authzid);
  message.append(1, '\0').append(authcid).append(1, '\0').append(password);
  return base64_encode(message);
}

Exchange start(std::string_view name) { return Exchange(*find_mechanism(name), Circumstances()); }

TEST(Mechanisms, AreFoundInAnyCase) {
  ASSERT_NE(find_mechanism("plain"), nullptr);
  EXPECT_EQ(find_mechanism("Plain")->name, "PLAIN");
  EXPECT_EQ(find_mechanism("PLAINS"), nullptr);
  EXPECT_EQ(find_mechanism(""), nullptr);
}

TEST(Mechanisms, NamesForCapabilityLines) {
  Offer plain, tls, neither;
  plain.login = tls.login = tls.binding = true;
  EXPECT_EQ(mechanism_names("", tls), "LOGIN PLAIN SCRAM-SHA-256");
  EXPECT_EQ(mechanism_names("AUTH=", plain), "AUTH=LOGIN AUTH=PLAIN AUTH=SCRAM-SHA-256");
  EXPECT_EQ(mechanism_names("", neither), "");
}

TEST(Plain, WithInitialResponse) {
  Turn turn = start("PLAIN").begin(plain("", "alice@example.org", "secret"));
  ASSERT_EQ(turn.kind, Kind::done);
  EXPECT_EQ(turn.claim.authzid, "");
  EXPECT_EQ(turn.claim.authcid, "alice@example.org");
  EXPECT_EQ(turn.claim.password, "secret");
}

TEST(Plain, WithoutInitialResponseIsAskedWithAnEmptyChallenge) {
  Exchange exchange = start("PLAIN");
  Turn turn = exchange.begin(std::nullopt);
  ASSERT_EQ(turn.kind, Kind::challenge);
  EXPECT_EQ(turn.challenge, "");
  turn = exchange.next(plain("bob", "alice", "p w"));
  ASSERT_EQ(turn.kind, Kind::done);
  EXPECT_EQ(turn.claim.authzid, "bob");
  EXPECT_EQ(turn.claim.password, "p w");
}

TEST(Plain, RefusesWhatRfc4616DoesNotAllow) {
  for (const std::string& message :
       {plain("", "", "secret"), plain("", "alice", ""), base64_encode("alice"),
        base64_encode(std::string("a\0b", 3)), plain("", "alice", std::string("a\0b", 3)),
        plain("", "alice", "\xff"), std::string("=")})
    EXPECT_EQ(start("PLAIN").begin(message).kind, Kind::failed) << message;
}

TEST(Login, AsksForNameAndPassword) {
  Exchange exchange = start("LOGIN");
  Turn turn = exchange.begin(std::nullopt);
  ASSERT_EQ(turn.kind, Kind::challenge);
  EXPECT_EQ(base64_decode(turn.challenge), "Username:");
  turn = exchange.next(base64_encode("alice"));
  ASSERT_EQ(turn.kind, Kind::challenge);
  EXPECT_EQ(base64_decode(turn.challenge), "Password:");
  turn = exchange.next(base64_encode("secret"));
  ASSERT_EQ(turn.kind, Kind::done);
  EXPECT_EQ(turn.claim.authcid, "alice");
  EXPECT_EQ(turn.claim.password, "secret");
}

TEST(Login, TakesTheNameAsInitialResponse) {
  Exchange exchange = start("LOGIN");
  Turn turn = exchange.begin(base64_encode("alice"));
  ASSERT_EQ(turn.kind, Kind::challenge);
  EXPECT_EQ(base64_decode(turn.challenge), "Password:");
  EXPECT_EQ(exchange.next(base64_encode("secret")).kind, Kind::done);
}

TEST(Login, RefusesEmptyNameOrPassword) {
  Exchange no_name = start("LOGIN");
  no_name.begin(std::nullopt);
  no_name.next("");
  EXPECT_EQ(no_name.next(base64_encode("secret")).kind, Kind::failed);
  Exchange no_password = start("LOGIN");
  no_password.begin(base64_encode("alice"));
  EXPECT_EQ(no_password.next("").kind, Kind::failed);
}

TEST(Exchange, StarCancels) {
  Exchange exchange = start("PLAIN");
  exchange.begin(std::nullopt);
  EXPECT_EQ(exchange.next("*").kind, Kind::cancelled);
}

TEST(Exchange, WhatIsNotBase64IsMalformed) {
  for (const char* line : {"a", "####", "YQ", "YQ=", " YQ==", "YQ==\n", "Y*=="}) {
    Exchange exchange = start("PLAIN");
    exchange.begin(std::nullopt);
    EXPECT_EQ(exchange.next(line).kind, Kind::malformed) << line;
  }
}

}  // namespace
}  // namespace postroom::sasl
