// base/crypto.h against the vectors of the RFCs.
#include "base/crypto.h"

#include <gtest/gtest.h>
#include <set>

#include "base/text.h"

namespace postroom {
namespace {

using namespace std::string_literals;

// RFC 6234 8.5.
TEST(Crypto, Sha256) {
  EXPECT_EQ(hex_encode(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_encode(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// RFC 4231 4.3 and 4.7 (a key longer than a block).
TEST(Crypto, HmacSha256) {
  EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(131, '\xAA'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 1939 7, the APOP example.
TEST(Crypto, Md5) {
  EXPECT_EQ(md5_hex("<1896.697170952@dbc.mtview.ca.us>tanstaaf"), "c4c9334bac560ecc979e58001b3e22fb");
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
}

// RFC 7914 11.
TEST(Crypto, Pbkdf2) {
  EXPECT_EQ(hex_encode(pbkdf2_sha256("passwd", "salt", 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  EXPECT_EQ(hex_encode(pbkdf2_sha256("Password", "NaCl", 80000)),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

// RFC 7677 3: one SCRAM-SHA-256 login, from the password to both proofs.
TEST(Crypto, ScramSha256Example) {
  const std::string auth =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const std::string salted = pbkdf2_sha256("pencil", base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==").value(), 4096);
  const std::string client_key = hmac_sha256(salted, "Client Key");
  const std::string signature = hmac_sha256(sha256(client_key), auth);
  std::string proof = client_key;
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  EXPECT_EQ(base64_encode(proof), "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(base64_encode(hmac_sha256(hmac_sha256(salted, "Server Key"), auth)),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(Crypto, ConstantTimeComparison) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("a\0b"s, "a\0b"s));
  EXPECT_FALSE(equal_in_constant_time("a\0b"s, "a\0c"s));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

TEST(Crypto, RandomIsNotTheSameTwice) {
  EXPECT_EQ(random_bytes(std::size_t{24}).size(), 24U);
  EXPECT_NE(random_bytes(std::size_t{24}), random_bytes(std::size_t{24}));
  std::set<char> seen;
  for (const char c : random_password(5000)) seen.insert(c);
  EXPECT_EQ(seen.size(), 56U);                                       // the whole alphabet,
  for (const char c : "0O1lIo"s) EXPECT_EQ(seen.count(c), 0U) << c;  // which has no look-alikes
  EXPECT_EQ(random_password(20).size(), 20U);
}

class Sealed : public ::testing::Test {
 protected:
  const std::string key = std::string(32, 'k');
  const std::string sealed = seal(key, "apop:alice@example.org", "tanstaaf");
};

TEST_F(Sealed, OpensForItsKeyAndContext) {
  EXPECT_EQ(unseal(key, "apop:alice@example.org", sealed), "tanstaaf");
  EXPECT_EQ(unseal(key, "", seal(key, "", "")), "");
  EXPECT_EQ(sealed.find("tanstaaf"), std::string::npos);
  EXPECT_NE(sealed, seal(key, "apop:alice@example.org", "tanstaaf"));  // a nonce of its own
}

TEST_F(Sealed, DoesNotOpenForOthers) {
  EXPECT_FALSE(unseal(std::string(32, 'x'), "apop:alice@example.org", sealed));
  EXPECT_FALSE(unseal(key, "apop:bob@example.org", sealed));
}

TEST_F(Sealed, NoticesEveryChange) {
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(key, "apop:alice@example.org", changed)) << i;
  }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_FALSE(unseal(key, "apop:alice@example.org", sealed.substr(0, length))) << length;
  EXPECT_FALSE(unseal(key, "apop:alice@example.org", sealed + "x"));
}

TEST_F(Sealed, RefusesAKeyOfAnotherLength) {
  EXPECT_ANY_THROW(seal("short", "", "x"));
  EXPECT_ANY_THROW(unseal("short", "", sealed));
}

}  // namespace
}  // namespace postroom
