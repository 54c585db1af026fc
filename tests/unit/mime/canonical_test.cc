// One spelling for each address.
#include "protocols/mime/canonical.h"

#include <gtest/gtest.h>

namespace postroom::mime {
namespace {

using Result = std::optional<std::string>;

TEST(CanonicalDomain, IsLowerCaseAscii) {
  EXPECT_EQ(canonical_domain("Example.ORG"), "example.org");
  EXPECT_EQ(canonical_domain("localhost"), "localhost");
  EXPECT_EQ(canonical_domain("a-b.9c.example"), "a-b.9c.example");
}

TEST(CanonicalDomain, IsTheSameHoweverItIsWritten) {
  for (const char* written : {"bücher.example", "BÜCHER.example", "xn--bcher-kva.example",
                              "XN--BCHER-KVA.EXAMPLE", "bu\u0308cher.example", "bücher。example"}) {
    EXPECT_EQ(canonical_domain(written), "xn--bcher-kva.example") << written;
  }
  EXPECT_EQ(canonical_domain("straße.example"),
            "xn--strae-oqa.example");  // UTS #46 non-transitional: not "ss"
  EXPECT_EQ(canonical_domain("例え.テスト"), "xn--r8jz45g.xn--zckzah");
}

TEST(CanonicalDomain, RefusesWhatDnsCannotHold) {
  for (const char* written :
       {"", ".", "example.", ".example", "a..b", "-a.example", "a-.example", "a_b.example", "a b.example",
        "[192.0.2.1]", "a@b", "exa\tmple", "xn--a", "xn--bcher-kva-.example", "\u200b.example",
        "a\u0338/b.example", "\xff.example", "\xc3.example"}) {
    EXPECT_EQ(canonical_domain(written), Result()) << written;
  }
  EXPECT_EQ(canonical_domain(std::string(63, 'a') + ".example").has_value(), true);
  EXPECT_EQ(canonical_domain(std::string(64, 'a') + ".example"), Result());
  std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  EXPECT_EQ(canonical_domain(longest + std::string(61, 'd')).has_value(), true);
  EXPECT_EQ(canonical_domain(longest + std::string(62, 'd')), Result());
  EXPECT_EQ(canonical_domain(std::string(100'000, '.')), Result());
}

TEST(CanonicalAddress, LowersBothParts) {
  EXPECT_EQ(canonical_address("Alice.B+x@Example.ORG"), "alice.b+x@example.org");
  EXPECT_EQ(canonical_address("!#$%&'*/=?^_`{|}~-@example.org"), "!#$%&'*/=?^_`{|}~-@example.org");
  EXPECT_EQ(canonical_address("ÄLIÇE@bücher.example"), "äliçe@xn--bcher-kva.example");
  EXPECT_EQ(canonical_address("a\u0308@example.org"), "ä@example.org");
}

TEST(CanonicalAddress, RefusesWhatIsNone) {
  for (const char* written :
       {"", "@", "alice", "alice@", "@example.org", "a..b@example.org", ".a@example.org", "a.@example.org",
        "a b@example.org", "\"a b\"@example.org", "a@b@example.org", "a,b@example.org", "<a@example.org>",
        "a@[192.0.2.1]", "a\x01@example.org", "\xff@example.org", "a@example..org"}) {
    EXPECT_EQ(canonical_address(written), Result()) << written;
  }
  EXPECT_TRUE(canonical_address(std::string(64, 'a') + "@example.org"));
  EXPECT_FALSE(canonical_address(std::string(65, 'a') + "@example.org"));
}

}  // namespace
}  // namespace postroom::mime
