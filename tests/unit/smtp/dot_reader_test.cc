// The end of DATA, in every slicing, and nothing but it.
#include "protocols/smtp/dot_reader.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace postroom::smtp {
namespace {

struct Result {
  std::string content;
  std::string rest;  ///< after the end
  bool done = false;
  bool operator==(const Result&) const = default;
};

/// The rule, written as plainly as can be: over the whole input, byte by byte.
Result reference(const std::string& input) {
  Result result;
  std::size_t at = 0;
  bool line_start = true;
  while (at < input.size()) {
    if (line_start && input.compare(at, 3, ".\r\n") == 0) {
      result.done = true;
      result.rest = input.substr(at + 3);
      return result;
    }
    if (line_start && input[at] == '.') {
      ++at;
      line_start = false;
      continue;
    }
    line_start = at > 0 && input[at] == '\n' && input[at - 1] == '\r';
    result.content += input[at++];
  }
  return result;
}

/// As the session does it, the input in pieces of the given sizes.
Result read(const std::string& input, const std::vector<std::size_t>& sizes) {
  DotReader reader;
  Result result;
  std::size_t piece = 0;
  std::string_view left = input;
  while (!left.empty() && !reader.done()) {
    std::string_view chunk = left.substr(0, sizes[piece++ % sizes.size()]);
    left.remove_prefix(chunk.size());
    while (!chunk.empty() && !reader.done()) {
      const DotReader::Piece next = reader.next(chunk);
      result.content += next.content;
      chunk.remove_prefix(next.consumed);
    }
    if (reader.done()) result.rest = std::string(chunk) + std::string(left);
  }
  result.done = reader.done();
  return result;
}

const std::vector<std::vector<std::size_t>> kSlicings{{1}, {2},    {3},    {4},    {5},
                                                      {7}, {1000}, {1, 2}, {2, 1}, {3, 1}};

void expect_same(const std::string& input) {
  const Result expected = reference(input);
  for (const auto& sizes : kSlicings) {
    Result result = read(input, sizes);
    // What is held back at the end of an unfinished input is not lost, only not handed out yet.
    if (!expected.done) {
      ASSERT_FALSE(result.done) << ::testing::PrintToString(input);
      ASSERT_TRUE(expected.content.starts_with(result.content)) << ::testing::PrintToString(input);
      ASSERT_LE(expected.content.size() - result.content.size(), 1u);
      continue;
    }
    ASSERT_EQ(result, expected) << ::testing::PrintToString(input) << " in pieces of " << sizes[0];
  }
}

TEST(DotReader, EndsAtItsEnd) {
  EXPECT_EQ(read(".\r\nQUIT\r\n", {1000}), (Result{"", "QUIT\r\n", true}));
  EXPECT_EQ(read("a\r\n.\r\n", {1000}), (Result{"a\r\n", "", true}));
  EXPECT_EQ(read("a\r\n..\r\n...b\r\n.c\r\n.\r\nx", {1}), (Result{"a\r\n.\r\n..b\r\nc\r\n", "x", true}));
}

// All that servers were found to take for the end of data, and what comes near it.
TEST(DotReader, NothingElseEndsData) {
  for (const std::string& end :
       {std::string("\n.\n"), std::string("\n.\r\n"), std::string("\r\n.\n"), std::string("\r.\r"),
        std::string("\r.\r\n"), std::string("\r\n.\r"), std::string("\r\n.\r\r\n"), std::string("\r\r\n.\r"),
        std::string("\r\n.\0\r\n", 6), std::string("\r\n\0.\r\n", 6), std::string("\r\n. \r\n"),
        std::string("\r\n..\r\n"), std::string("\r\n.\n\r\n"), std::string("\r.\n"), std::string("\n.\r"),
        std::string("\n\n.\r\n"), std::string("\r\n.\n.\r"), std::string(".\r\n")}) {
    const std::string input = "a" + end + "MAIL FROM:<mallory@example.org>\r\n.\r\nQUIT\r\n";
    for (const auto& sizes : kSlicings) {
      const Result result = read(input, sizes);
      EXPECT_TRUE(result.done) << ::testing::PrintToString(end);
      EXPECT_EQ(result.rest, "QUIT\r\n") << ::testing::PrintToString(end);
      EXPECT_NE(result.content.find("MAIL FROM"), std::string::npos) << ::testing::PrintToString(end);
    }
  }
}

// Every text of up to seven of the bytes that matter.
TEST(DotReader, DoesAsTheRuleSays) {
  const std::string alphabet = ".\r\nx";
  for (int length = 1; length <= 7; ++length) {
    std::string input(static_cast<std::size_t>(length), alphabet[0]);
    for (int number = 0, all = 1 << (2 * length); number < all; ++number) {
      for (int i = 0; i < length; ++i)
        input[static_cast<std::size_t>(i)] = alphabet[static_cast<std::size_t>(number >> (2 * i) & 3)];
      expect_same(input);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(DotReader, DoesAsTheRuleSaysOnLongerTexts) {
  std::mt19937 random(1);
  const std::string alphabet = "..\r\n\r\nxy";
  for (int i = 0; i < 2000; ++i) {
    std::string input;
    for (int j = 0; j < 60; ++j)
      input += random() % 4 == 0 ? std::string("\r\n") : std::string(1, alphabet[random() % alphabet.size()]);
    expect_same(input + "\r\n.\r\nNOOP\r\n");
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace postroom::smtp
