// Verifiers and SASLprep.
#include "protocols/sasl/scram.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace postroom::sasl {
namespace {

// The example of RFC 7677 3, its keys computed independently.
TEST(Scram, MakesTheVerifierOfRfc7677) {
  const auto verifier = make_verifier("pencil", *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(base64_encode(verifier->stored_key), "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  EXPECT_EQ(base64_encode(verifier->server_key), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
  EXPECT_EQ(verifier->iterations, 4096u);
}

TEST(Scram, VerifiesTheRightPasswordOnly) {
  const Verifier made = *make_verifier("pencil", "salt", 10);
  EXPECT_TRUE(verify("pencil", made));
  EXPECT_FALSE(verify("Pencil", made));
  EXPECT_FALSE(verify("pencil ", made));
  EXPECT_FALSE(verify("", made));
  EXPECT_FALSE(verify(std::string(kMaxPassword + 1, 'x'), made));
}

TEST(Scram, SpellingsOfOnePasswordAreEqual) {
  const Verifier made = *make_verifier("caf\xc3\xa9", "salt", 10);  // e with acute
  EXPECT_TRUE(verify("cafe\xcc\x81", made));                        // e, combining acute
}

TEST(Scram, NothingMatchesAVerifierThatIsNone) {
  Verifier nobody;
  nobody.salt = "salt";
  nobody.iterations = 10;
  EXPECT_FALSE(verify("pencil", nobody));
}

TEST(Scram, MakesNoVerifierOfWhatIsNoPassword) {
  EXPECT_FALSE(make_verifier("", "salt", 10));
  EXPECT_FALSE(make_verifier(std::string(kMaxPassword + 1, 'x'), "salt", 10));
  EXPECT_FALSE(make_verifier("a\nb", "salt", 10));
  EXPECT_FALSE(make_verifier("\xff", "salt", 10));
  EXPECT_TRUE(make_verifier(std::string(kMaxPassword, 'x'), "salt", 10));
}

// RFC 4013 3
TEST(Saslprep, Examples) {
  EXPECT_EQ(saslprep("I\xc2\xadX"), "IX");            // SOFT HYPHEN mapped to nothing
  EXPECT_EQ(saslprep("user"), "user");                // no transformation
  EXPECT_EQ(saslprep("USER"), "USER");                // case preserved
  EXPECT_EQ(saslprep("\xc2\xaa"), "a");               // NFKC
  EXPECT_EQ(saslprep("\xe2\x85\xa8"), "IX");          // NFKC, will match the first
  EXPECT_EQ(saslprep("\x07"), std::nullopt);          // prohibited
  EXPECT_EQ(saslprep("\xd8\xa7\x31"), std::nullopt);  // bidirectional check
}

TEST(Saslprep, MapsSpacesAndTakesWhatCameAfterUnicode32) {
  EXPECT_EQ(saslprep("a\xc2\xa0"
                     "b"),
            "a b");                                             // NO-BREAK SPACE
  EXPECT_EQ(saslprep("\xf0\x9f\xa6\x8a"), "\xf0\x9f\xa6\x8a");  // U+1F98A, an emoji
}

TEST(Saslprep, LongestGrowthFits) {
  std::string text;
  for (int i = 0; i < 340; ++i) text += "\xef\xb7\xba";  // U+FDFA: one becomes 18
  const auto prepared = saslprep(text);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->size(), 340u * 33);
}

}  // namespace
}  // namespace postroom::sasl
