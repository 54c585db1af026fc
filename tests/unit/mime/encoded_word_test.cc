// RFC 2047's examples, and what senders make of it.
#include "protocols/mime/encoded_word.h"

#include <gtest/gtest.h>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

struct Example {
  const char* encoded;
  const char* text;
};

class Rfc2047 : public ::testing::TestWithParam<Example> {};

TEST_P(Rfc2047, Section8) { EXPECT_EQ(decode_words(GetParam().encoded), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    EncodedWord, Rfc2047,
    ::testing::Values(Example{"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
                              "Keith Moore <moore@cs.utk.edu>"},
                      Example{"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
                              "Keld Jørn Simonsen <keld@dkuug.dk>"},
                      Example{"=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
                              "André Pirard <PIRARD@vm1.ulg.ac.be>"},
                      Example{"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?"
                              "dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                              "If you can read this you understand the example."},
                      Example{"=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=", "םולש ןב ילטפנ"},
                      Example{"(=?ISO-8859-1?Q?a?=)", "(a)"}, Example{"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
                      Example{"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
                      Example{"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
                      Example{"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
                      Example{"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"}));

TEST(EncodedWord, ACharacterSplitBetweenWordsIsPutTogether) {
  EXPECT_EQ(decode_words("=?utf-8?Q?=E2=82?= =?UTF-8?B?rA==?="), "€");
  EXPECT_EQ(decode_words("=?iso-2022-jp?B?GyRCJDM=?= =?iso-2022-jp?B?JHMbKEI=?="), "こん");
}

// RFC 2231 5.
TEST(EncodedWord, ALanguageIsPassedOver) {
  EXPECT_EQ(decode_words("=?US-ASCII*EN?Q?Keith_Moore?="), "Keith Moore");
}

TEST(EncodedWord, WordsWithinWordsAndQuotesAreDecodedToo) {
  EXPECT_EQ(decode_words("\"=?utf-8?q?J=C3=B6rg?=\" a=?utf-8?q?=C3=A9?=b"), "\"Jörg\" aéb");
}

TEST(EncodedWord, AnUnknownCharsetStaysAsWritten) {
  EXPECT_EQ(decode_words("a =?x-nobody?Q?b?= =?x-nobody?Q?c?= d"), "a =?x-nobody?Q?b?= =?x-nobody?Q?c?= d");
  EXPECT_EQ(decode_words("=?\xF4?Q?b?="), "=?ô?Q?b?=");
}

TEST(EncodedWord, WhatIsNoWordStaysAsWritten) {
  for (const char* text :
       {"=?", "=?utf-8?", "=?utf-8?q", "=?utf-8?q?", "=?utf-8?q?a", "=?utf-8?q?a?", "=?utf-8?x?a?=",
        "=?"
        "?q?a?=",
        "=?utf-8?q?a? b", "1 =? 2", "a?=b"})
    EXPECT_EQ(decode_words(text), text);
}

TEST(EncodedWord, DamagedTextDecodesAsFarAsItGoes) {
  EXPECT_EQ(decode_words("=?utf-8?q?a=4?="), "a=4");
  EXPECT_EQ(decode_words("=?utf-8?q?=FFa?="),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(decode_words("=?utf-8?b?YWJj*ZA?="), "abcd");
  EXPECT_EQ(decode_words("=?utf-8?q?two words?="), "two words");
  EXPECT_EQ(decode_words("=?utf-8?q?"
                         "?="),
            "");
}

// RFC 6532, and what came before it.
TEST(EncodedWord, RawBytesAreUtf8OrWindows1252) {
  EXPECT_EQ(decode_words("Gr\xC3\xBC\xC3\x9F"
                         "e"),
            "Grüße");
  EXPECT_EQ(decode_words("Gr\xFC\xDF"
                         "e \x80"),
            "Grüße €");
  EXPECT_EQ(decode_words("\xC3\xBC =?iso-8859-1?q?=FC?= \xC3"), "ü ü Ã");
}

TEST(EncodedWord, ManyBeginningsAreNotManySearches) {
  const std::string text = repeated("=?a?q?", 300'000);
  EXPECT_EQ(decode_words(text), text);
  const std::string marks = repeated("=?", 500'000);
  EXPECT_EQ(decode_words(marks), marks);
}

}  // namespace
}  // namespace postroom::mime
