// RDATA, whole and cut anywhere.
#include "server/relay/dns_records.h"

#include <gtest/gtest.h>

namespace postroom::relay {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// The text of a record, or "malformed".
template <class Parse>
std::string read(Parse parse, std::string_view rdata) {
  return parse(rdata).value_or("malformed");
}

std::string read_mx(std::string_view rdata) {
  const auto mx = parse_mx(rdata);
  return mx ? std::to_string(mx->preference) + " " + mx->host : "malformed";
}

TEST(DnsRecords, Mx) {
  EXPECT_EQ(read_mx("\0\12\4Mail\7EXAMPLE\3org\0"sv), "10 mail.example.org");
  EXPECT_EQ(read_mx("\377\377\1a\0"sv), "65535 a");
  EXPECT_EQ(read_mx("\0\0\0"sv), "0 ");  // RFC 7505 3
  EXPECT_EQ(read_mx("\1\2\4_x-y\0"sv), "258 _x-y");
}

TEST(DnsRecords, MxWithoutAWholeName) {
  constexpr std::string_view whole = "\0\12\4mail\7example\3org\0"sv;
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(read_mx(whole.substr(0, size)), "malformed") << size;
  EXPECT_EQ(read_mx(std::string(whole) + "x"), "malformed");
  EXPECT_EQ(read_mx("\0\12\300\14"sv), "malformed");        // a pointer
  EXPECT_EQ(read_mx("\0\12\1a\0\1b\0"sv), "malformed");     // two names
  EXPECT_EQ(read_mx("\0\12\3a.b\0"sv), "malformed");        // a dot in a label
  EXPECT_EQ(read_mx("\0\12\3a\r\n\0"sv), "malformed");      // more lines than one
  EXPECT_EQ(read_mx("\0\12\3b\303\274\0"sv), "malformed");  // not ASCII
}

TEST(DnsRecords, MxWithALongName) {
  const std::string label = "\77"s + std::string(63, 'a');
  const std::string three = "\0\0"s + label + label + label;
  EXPECT_EQ(parse_mx(three + "\75"s + std::string(61, 'b') + "\0"s).value().host.size(), 253u);
  EXPECT_FALSE(parse_mx(three + "\76"s + std::string(62, 'b') + "\0"s));
  EXPECT_FALSE(parse_mx("\0\0\100"s + std::string(64, 'a') + "\0"s));
}

TEST(DnsRecords, Addresses) {
  EXPECT_EQ(read(parse_a, "\300\0\2\1"sv), "192.0.2.1");
  EXPECT_EQ(read(parse_a, "\300\0\2"sv), "malformed");
  EXPECT_EQ(read(parse_a, "\300\0\2\1\0"sv), "malformed");
  EXPECT_EQ(read(parse_a, ""), "malformed");
  constexpr std::string_view v6 = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"sv;
  EXPECT_EQ(read(parse_aaaa, v6), "2001:db8::1");
  EXPECT_EQ(read(parse_aaaa, v6.substr(1)), "malformed");
  EXPECT_EQ(read(parse_aaaa, "\300\0\2\1"sv), "malformed");
}

TEST(DnsRecords, Tlsa) {
  const auto tlsa = parse_tlsa("\3\1\2\0\377"sv);
  ASSERT_TRUE(tlsa);
  EXPECT_EQ(tlsa->usage, 3);
  EXPECT_EQ(tlsa->selector, 1);
  EXPECT_EQ(tlsa->matching, 2);
  EXPECT_EQ(tlsa->data, "\0\377"sv);
  EXPECT_FALSE(parse_tlsa("\3\1"sv));
}

TEST(DnsRecords, Txt) {
  EXPECT_EQ(read(parse_txt, "\6v=spf1\5 -all"sv), "v=spf1 -all");
  EXPECT_EQ(read(parse_txt, "\0"sv), "");
  EXPECT_EQ(read(parse_txt, "\2\0\377"sv), "\0\377"sv);
  EXPECT_EQ(read(parse_txt, ""), "malformed");
  EXPECT_EQ(read(parse_txt, "\6v=spf"sv), "malformed");
  EXPECT_EQ(read(parse_txt, "\1a\1"sv), "malformed");
}

TEST(DnsRecords, Names) {
  EXPECT_TRUE(is_dns_name("example.org"));
  EXPECT_TRUE(is_dns_name("_25._tcp.Mail-1.example.org"));
  const std::string label(63, 'a');
  const std::string three = label + "." + label + "." + label + ".";
  EXPECT_TRUE(is_dns_name(three + std::string(61, 'b')));
  EXPECT_FALSE(is_dns_name(three + std::string(62, 'b')));
  for (const std::string_view bad :
       {""sv, "."sv, "a..b"sv, ".a"sv, "a."sv, "a b"sv, "a\0b"sv, "b\303\274cher"sv, "a\\046b"sv, "*.a"sv})
    EXPECT_FALSE(is_dns_name(bad)) << bad;
  EXPECT_FALSE(is_dns_name(label + "a.org"));
}

}  // namespace
}  // namespace postroom::relay
