// Header blocks, as they should be and as they come.
#include "protocols/mime/header.h"

#include <gtest/gtest.h>
#include <vector>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

std::vector<std::pair<std::string, std::string>> fields_of(std::string_view block) {
  std::vector<std::pair<std::string, std::string>> fields;
  HeaderFields walk(block);
  while (const auto field = walk.next()) fields.emplace_back(field->name, field->body);
  return fields;
}
using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(Header, FieldsAreNamesAndFoldedBodies) {
  EXPECT_EQ(fields_of("Subject: a\r\n b\r\n\tc\r\nTo: x\r\n\r\nbody: no\r\n"),
            (Fields{{"Subject", " a\r\n b\r\n\tc"}, {"To", " x"}}));
}

TEST(Header, RawHoldsEveryByteUpToTheBlankLine) {
  const std::string block = "A: 1\r\n 2\r\njunk\r\nB:\n\r\nrest";
  HeaderFields walk(block);
  std::string raw;
  while (const auto field = walk.next()) raw += field->raw;
  EXPECT_EQ(raw, "A: 1\r\n 2\r\njunk\r\nB:\n");
  EXPECT_EQ(walk.rest(), "\r\nrest");
}

TEST(Header, LinesMayEndWithLf) {
  EXPECT_EQ(fields_of("A: 1\n B\nC: 2\n\nD: 3\n"), (Fields{{"A", " 1\n B"}, {"C", " 2"}}));
}

TEST(Header, MayEndWithoutABlankLineOrALineEnd) {
  EXPECT_EQ(fields_of("A: 1\r\nB: 2"), (Fields{{"A", " 1"}, {"B", " 2"}}));
  EXPECT_EQ(fields_of("A: 1\r"), (Fields{{"A", " 1"}}));
  EXPECT_EQ(fields_of(""), Fields{});
}

// RFC 5322 4.5: obsolete white space before the colon; A.6.3: a folded line of white space only.
TEST(Header, ObsoleteWhiteSpaceIsTaken) {
  EXPECT_EQ(fields_of("To   : Mary\r\n  \r\n <m@x>\r\nX: 1\r\n"),
            (Fields{{"To", " Mary\r\n  \r\n <m@x>"}, {"X", " 1"}}));
}

TEST(Header, WhatIsNoFieldHasNoName) {
  EXPECT_EQ(
      fields_of(" folded first\r\nFrom nobody Mon Jan  1 00:00:00 2026\r\nno colon\r\n: empty\r\nA: 1\r\n"),
      (Fields{{"", ""}, {"", ""}, {"", ""}, {"", ""}, {"A", " 1"}}));
}

TEST(Header, AFieldsBodyMayHoldBareCrAndNul) {
  const std::string block("A: x\ry\0z\r\nB: 1\r\n", 16);
  EXPECT_EQ(fields_of(block), (Fields{{"A", std::string(" x\ry\0z", 6)}, {"B", " 1"}}));
}

TEST(Header, UnfoldingRemovesLineEndsOnly) {
  EXPECT_EQ(unfold(" a\r\n b\n\tc \r\n"), "a b\tc");
  EXPECT_EQ(unfold("a\rb"), "a\rb");
  EXPECT_EQ(unfold("   "), "");
}

TEST(Header, ManyFieldsAreReadOnce) {
  const std::string block = repeated("A: 1\r\n", 200'000);
  EXPECT_EQ(fields_of(block).size(), 200'000U);
}

}  // namespace
}  // namespace postroom::mime
