// base/text.h
#include "base/text.h"

#include <array>
#include <gtest/gtest.h>
#include <limits>

namespace postroom {
namespace {

using namespace std::string_literals;

TEST(Text, CaseIsAsciiOnly) {
  EXPECT_EQ(lower("MiXeD 09 \xC3\x84"), "mixed 09 \xC3\x84");
  EXPECT_EQ(upper("MiXeD 09 \xC3\xA4"), "MIXED 09 \xC3\xA4");
  EXPECT_TRUE(iequals("StartTLS", "STARTtls"));
  EXPECT_FALSE(iequals("STARTTLS", "STARTTL"));
  EXPECT_FALSE(iequals("[", "{"));  // they differ in the bit that makes letters lower
  EXPECT_TRUE(istarts_with("mail FROM:<>", "MAIL FROM:"));
  EXPECT_FALSE(istarts_with("MAIL", "MAIL FROM:"));
}

TEST(Text, Trim) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \t\r\n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, NumbersAreAllDigitsAndInRange) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number("007"), 7U);
  for (const char* wrong : {"", "18446744073709551616", "-1", "+1", " 1", "1 ", "1a", "0x1"})
    EXPECT_FALSE(parse_number(wrong)) << wrong;
}

TEST(Text, Split) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a.b", '.'), (Parts{"a", "b"}));
  EXPECT_EQ(split(".", '.'), (Parts{"", ""}));
  EXPECT_EQ(split("", '.'), (Parts{""}));
}

TEST(Text, Joins) {
  EXPECT_EQ(join(std::vector<std::string>{"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
}

// RFC 3629 4, every edge of its table.
TEST(Text, Utf8) {
  for (const char* right :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xE2\x82\xAC."})
    EXPECT_TRUE(is_utf8(right)) << right;
  EXPECT_TRUE(is_utf8("a\0b"s));
  for (const char* wrong : {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2.", "\xE0\x9F\xBF",
                            "\xE0\xA0", "\xE2\x82.", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
                            "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "ok\xC3"})
    EXPECT_FALSE(is_utf8(wrong)) << wrong;
}

TEST(Text, Utf8IsWritten) {
  std::string all;
  for (const char32_t c : {U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xffff', U'\x10000', U'\x10ffff'}) {
    std::string one;
    append_utf8(one, c);
    EXPECT_TRUE(is_utf8(one));
    EXPECT_EQ(utf8_sequence(one), one.size());
    all += one;
  }
  EXPECT_EQ(all, "a\x7f\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Text, Utf8SequencesThatAreCutOff) {
  EXPECT_EQ(utf8_sequence("ab"), 1U);
  EXPECT_EQ(utf8_sequence("\xC3\xA9."), 2U);
  EXPECT_EQ(utf8_sequence("\xC3"), 2U);
  EXPECT_EQ(utf8_sequence("\xF0\x90"), 4U);
  EXPECT_EQ(utf8_sequence("\xF0\x8F"), 0U);
  EXPECT_EQ(utf8_sequence("\xA9"), 0U);
}

// RFC 4648 10.
TEST(Text, Base64Vectors) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF\xFE"s, "+//+"},
      {"\0"s, "AA=="},
  };
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(base64_decode(text), plain);
  }
}

TEST(Text, Base64IsStrict) {
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v=", "Zm9v\n", "Zm 9v",
                            "Zh==", "Zm9=", "Zg==Zg==", "-__-", "Zm9\x80", "Zg=a"})
    EXPECT_FALSE(base64_decode(wrong)) << wrong;
}

TEST(Text, Hex) { EXPECT_EQ(hex_encode("\0\x7F\xFF"s), "007fff"); }

TEST(Text, NearestSuggestsOnlyWhatIsNear) {
  constexpr std::array<std::string_view, 4> words = {"hostname", "data", "listen", "limits"};
  EXPECT_EQ(nearest("hostnmae", words), "hostname");
  EXPECT_EQ(nearest("Limit", words), "limits");
  EXPECT_EQ(nearest("date", words), "data");
  EXPECT_FALSE(nearest("certificate", words));
  EXPECT_FALSE(nearest("", words));
  EXPECT_FALSE(nearest(std::string(100000, 'x'), words));
}

TEST(Text, Ascii) {
  EXPECT_TRUE(is_ascii(""));
  EXPECT_TRUE(is_ascii("joerg\x7f"));
  EXPECT_FALSE(is_ascii("j\xc3\xb6rg"));
  EXPECT_FALSE(is_ascii("\x80"));
}

TEST(Text, Sizes) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("1KiB"), 1024U);
  EXPECT_EQ(parse_size("50MiB"), 50U << 20);
  EXPECT_EQ(parse_size("5 gib"), std::uint64_t{5} << 30);
  EXPECT_EQ(parse_size("16777215TiB"), std::uint64_t{16777215} << 40);
  for (const char* wrong : {"", "MiB", "50MB", "50 ", "50  MiB", "-1", "1.5GiB", "16777216TiB", "50MiBs"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;

  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(4198), "4.1 KiB");
  EXPECT_EQ(format_size(50U << 20), "50 MiB");
  EXPECT_EQ(format_size((1U << 20) - 1), "1 MiB");
  EXPECT_EQ(format_size(std::numeric_limits<std::uint64_t>::max()), "16777216 TiB");
}

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(parse_duration("5m"), std::chrono::minutes(5));
  EXPECT_EQ(parse_duration("4h"), std::chrono::hours(4));
  EXPECT_EQ(parse_duration("5d"), std::chrono::hours(120));
  EXPECT_EQ(parse_duration("0s"), std::chrono::seconds(0));
  for (const char* wrong : {"", "s", "5", "5 m", "-5m", "5M", "5m3s", "3651d", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Duration, IsWrittenInItsLargestUnit) {
  for (const char* same : {"90s", "5m", "4h", "5d", "0s"})
    EXPECT_EQ(format_duration(*parse_duration(same)), same);
  EXPECT_EQ(format_duration(std::chrono::hours(24)), "1d");
}

}  // namespace
}  // namespace postroom
