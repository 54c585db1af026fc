// CRAM-MD5, and what an exchange does with one who was told that it has failed.
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/text.h"
#include "protocols/sasl/exchange.h"

namespace postroom::sasl {
namespace {

using Kind = Turn::Kind;

Circumstances example() {
  Circumstances circumstances;
  circumstances.nonce = "1896.697170952";
  circumstances.host = "postoffice.reston.mci.net";
  return circumstances;
}

Secrets tanstaaftanstaaf() {
  Secrets secrets;
  secrets.shared = "tanstaaftanstaaf";
  return secrets;
}

Turn answer(std::string_view response) {
  Exchange exchange(*find_mechanism("CRAM-MD5"), example());
  EXPECT_EQ(exchange.begin(std::nullopt).kind, Kind::challenge);
  const Turn turn = exchange.next(base64_encode(response));
  if (turn.kind != Kind::look_up) return turn;
  return exchange.know(tanstaaftanstaaf());
}

// RFC 2195 2
TEST(CramMd5, ExampleOfRfc2195) {
  Exchange exchange(*find_mechanism("CRAM-MD5"), example());
  EXPECT_EQ(exchange.begin(std::nullopt).challenge,
            "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+");
  EXPECT_EQ(exchange.next("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw").claim.authcid, "tim");
  const Turn turn = exchange.know(tanstaaftanstaaf());
  EXPECT_EQ(turn.kind, Kind::proven);
  EXPECT_EQ(turn.claim.authcid, "tim");
}

TEST(CramMd5, TakesDigestsInAnyCaseAndNamesWithSpaces) {
  EXPECT_EQ(answer("tim B913A602C7EDA7A495B4E6E7334D3890").kind, Kind::proven);
  const Turn turn = answer("tim o b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_EQ(turn.kind, Kind::proven);
  EXPECT_EQ(turn.claim.authcid, "tim o");
}

TEST(CramMd5, RefusesWhatIsNoProof) {
  for (const char* response :
       {"", "tim", "tim ", " b913a602c7eda7a495b4e6e7334d3890", "tim b913a602c7eda7a495b4e6e7334d3891",
        "tim b913a602c7eda7a495b4e6e7334d389", "\xff b913a602c7eda7a495b4e6e7334d3890"})
    EXPECT_EQ(answer(response).kind, Kind::failed) << response;
}

TEST(CramMd5, TheServerSpeaksFirst) {
  Exchange exchange(*find_mechanism("CRAM-MD5"), example());
  EXPECT_EQ(exchange.begin("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw").kind, Kind::failed);
}

// A guess that was wrong is a failed login, whatever the client makes of it.
TEST(Exchange, WhoWasToldOfTheFailureCannotCancelIt) {
  for (const char* line : {"*", "", "####", "YQ=="}) {
    Exchange exchange(*find_mechanism("SCRAM-SHA-256"), example());
    const Turn turn = exchange.begin(base64_encode("nonsense"));
    ASSERT_EQ(turn.kind, Kind::challenge);
    EXPECT_EQ(base64_decode(turn.challenge), "e=invalid-encoding");
    EXPECT_EQ(exchange.next(line).kind, Kind::failed) << line;
  }
}

}  // namespace
}  // namespace postroom::sasl
