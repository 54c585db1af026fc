// Content-Type and its like.
#include "protocols/mime/parameters.h"

#include <gtest/gtest.h>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

std::string shown(std::string_view body) {
  const ParameterizedValue value = parse_parameterized(body);
  std::string out = value.value;
  for (const Parameter& parameter : value.parameters) out += " | " + parameter.name + "=" + parameter.value;
  return out;
}

std::string text_of(std::string_view body, std::string_view name) {
  return parameter_text(parse_parameterized(body).parameters, name).value_or("(none)");
}

// RFC 2045 5.1.
TEST(Parameters, Values) {
  EXPECT_EQ(shown("text/plain; charset=us-ascii (Plain text)"), "text/plain | charset=us-ascii");
  EXPECT_EQ(shown("text/plain; charset=\"us-ascii\""), "text/plain | charset=us-ascii");
  EXPECT_EQ(shown(" Multipart/Mixed;\r\n\tBOUNDARY=\"a b\\\"c\" "), "multipart/mixed | boundary=a b\"c");
  EXPECT_EQ(shown("text / (comment) html (and (more))"), "text/html");
  EXPECT_EQ(shown("attachment; filename=genome.jpeg; modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\""),
            "attachment | filename=genome.jpeg | modification-date=Wed, 12 Feb 1997 16:29:51 -0500");
  EXPECT_EQ(shown(""), "");
}

TEST(Parameters, WhatSendersWrite) {
  EXPECT_EQ(shown("text/plain;charset=utf-8;format=flowed;"), "text/plain | charset=utf-8 | format=flowed");
  EXPECT_EQ(shown("text/plain;; ;charset = utf-8"), "text/plain | charset=utf-8");
  EXPECT_EQ(shown("text/plain charset=utf-8"), "text/plain | charset=utf-8");
  EXPECT_EQ(shown("multipart/mixed; boundary=----=_Part_1?x/y:z"),
            "multipart/mixed | boundary=----=_Part_1?x/y:z");
  EXPECT_EQ(shown("attachment; filename=my  holiday (1).jpg; size=3"), "attachment | filename=my | size=3");
  EXPECT_EQ(shown("attachment; filename=my holiday.jpg; size=3"),
            "attachment | filename=my holiday.jpg | size=3");
  EXPECT_EQ(shown("attachment; filename=a.txt size=3"), "attachment | filename=a.txt | size=3");
  EXPECT_EQ(shown("text/plain; charset=\"utf-8; format=flowed"), "text/plain | charset=utf-8; format=flowed");
  EXPECT_EQ(shown("text/plain; charset=; format=flowed"), "text/plain | charset= | format=flowed");
  EXPECT_EQ(shown("text/plain; nonsense; =x; \"y\"; a=b"), "text/plain | a=b");
  EXPECT_EQ(shown("; filename=x"), " | filename=x");
}

TEST(Parameters, TheFirstOfANameCounts) { EXPECT_EQ(shown("a/b; x=1; X=2"), "a/b | x=1"); }

// RFC 2231 3.
TEST(Parameters, ContinuationsAreJoined) {
  EXPECT_EQ(
      shown("message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n "
            "URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\""),
      "message/external-body | access-type=URL | url=ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar");
  EXPECT_EQ(shown("a/b; n*1=b; n*0=a; n*2=c"), "a/b | n=abc");
  EXPECT_EQ(shown("a/b; n*0=a; n*2=c"), "a/b | n=a");
  EXPECT_EQ(shown("a/b; n*1=b"), "a/b | n*1=b");
  EXPECT_EQ(shown("a/b; n*0=a; n*01=b; n*99999999999999999999=c"),
            "a/b | n=a | n*01=b | n*99999999999999999999=c");
}

// RFC 2231 4 and 4.1.
TEST(Parameters, ExtendedFormsGoOnAsTheyAre) {
  const char* plain = "application/x-stuff;\r\n title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A";
  EXPECT_EQ(shown(plain), "application/x-stuff | title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A");
  EXPECT_EQ(text_of(plain, "title"), "This is ***fun***");
  const char* pieces =
      "application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n "
      "title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"";
  EXPECT_EQ(shown(pieces),
            "application/x-stuff | "
            "title*=us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!");
  EXPECT_EQ(text_of(pieces, "title"), "This is even more ***fun*** isn't it!");
}

TEST(Parameters, ExtendedTextIsPreferred) {
  EXPECT_EQ(text_of("attachment; filename=\"e.txt\"; filename*=UTF-8''%e2%82%ac.txt", "filename"), "€.txt");
  EXPECT_EQ(text_of("attachment; filename*0*=iso-8859-1''%E4; filename*1*=%F6", "filename"), "äö");
  EXPECT_EQ(text_of("attachment; filename*0*=utf-8''%c3; filename*1*=%a4", "filename"), "ä");
}

TEST(Parameters, DamagedExtendedTextIsReadAsFarAsItGoes) {
  EXPECT_EQ(text_of("attachment; filename*=%e2%82%ac.txt", "filename"), "€.txt");
  EXPECT_EQ(text_of("attachment; filename*=x-nobody''%c3%a4", "filename"), "ä");
  EXPECT_EQ(text_of("attachment; filename*=utf-8''100%", "filename"), "100%");
  EXPECT_EQ(text_of("attachment; filename*0=plain; filename*1*=%20x", "filename"), "plain x");
}

TEST(Parameters, EncodedWordsAreDecoded) {
  EXPECT_EQ(text_of("attachment; filename=\"=?utf-8?B?w6QudHh0?=\"", "filename"), "ä.txt");
  EXPECT_EQ(text_of("attachment; filename=\"\xC3\xA4.txt\"", "filename"), "ä.txt");
  EXPECT_EQ(text_of("attachment", "filename"), "(none)");
}

TEST(Parameters, AreLimitedInNumber) {
  std::string body = "a/b";
  for (int i = 0; i < 5000; ++i) body += "; p" + std::to_string(i) + "=x";
  EXPECT_EQ(parse_parameterized(body).parameters.size(), kMaxParameters);
}

TEST(Parameters, HostileValuesAreReadOnce) {
  for (const char* piece : {"(", "a=b ", ";", "=", "\"", "a=\"", "a", "/", "a*0=", "filename=a ", "\\"})
    parse_parameterized("a/b;" + repeated(piece, 1'000'000 / std::string_view(piece).size()));
}

}  // namespace
}  // namespace postroom::mime
