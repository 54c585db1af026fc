// Messages made to hurt: the limits hold, and the work is linear in the message.
#include <algorithm>
#include <gtest/gtest.h>

#include "protocols/mime/facts.h"
#include "protocols/mime/part_index.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

constexpr std::size_t kMiB = std::size_t{1} << 20;

struct Result {
  Part root;
  std::uint64_t work = 0;
};

Result parse(std::string_view message) {
  StructureParser parser;
  parser.feed(message);
  Result result;
  result.root = parser.finish();
  result.work = parser.work();
  return result;
}

std::size_t count(const Part& part) {
  std::size_t sum = 1;
  for (const Part& child : part.children) sum += count(child);
  return sum;
}

std::size_t depth(const Part& part) {
  std::size_t deepest = 0;
  for (const Part& child : part.children) deepest = std::max(deepest, depth(child));
  return deepest + 1;
}

/// What is stored for any message is bounded, whatever its size.
void expect_bounded(const MessageFacts& facts) {
  EXPECT_LE(facts.envelope.size(), kMaxEnvelope);
  EXPECT_LE(facts.body.size(), 4 * kMiB);
  EXPECT_LE(facts.body_structure.size(), 4 * kMiB);
  EXPECT_LE(facts.parts.size(), 4 * kMiB);
  EXPECT_TRUE(PartIndex::parse(facts.parts));
}

TEST(Hostile, TenThousandNestedMultiparts) {
  std::string message;
  for (int i = 0; i < 10'000; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    message += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  const Result result = parse(message);
  EXPECT_EQ(depth(result.root), kMaxDepth + 1);
  EXPECT_LE(result.work, 8 * message.size());
  expect_bounded(facts_of(message));
}

TEST(Hostile, TenThousandNestedMessages) {
  const std::string message = repeated("Content-Type: message/rfc822\r\n\r\n", 10'000);
  const Result result = parse(message);
  EXPECT_EQ(depth(result.root), kMaxDepth + 1);
  const Part* innermost = &result.root;
  while (!innermost->children.empty()) innermost = &innermost->children.front();
  EXPECT_EQ(innermost->type + '/' + innermost->subtype, "application/octet-stream");
  EXPECT_EQ(innermost->body_offset + innermost->body_size, message.size());
  EXPECT_LE(result.work, 4 * message.size());
  expect_bounded(facts_of(message));
}

TEST(Hostile, AHundredThousandParts) {
  const std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                              repeated("--b\r\n\r\nx\r\n", 100'000) + "--b--\r\nepilogue";
  const Result result = parse(message);
  EXPECT_EQ(count(result.root), kMaxParts);
  // The last one holds the rest, up to the close delimiter.
  const Part& last = result.root.children.back();
  EXPECT_EQ(message.substr(last.body_offset + last.body_size), "\r\n--b--\r\nepilogue");
  EXPECT_LE(result.work, 4 * message.size());
  expect_bounded(facts_of(message));
}

TEST(Hostile, AHundredThousandMessagesInADigest) {
  const std::string message =
      "Content-Type: multipart/digest; boundary=b\r\n\r\n" +
      repeated("--b\r\n\r\nSubject: " + repeated("s", 3000) + "\r\n\r\nx\r\n", 20'000) + "--b--\r\n";
  EXPECT_LE(count(parse(message).root), kMaxParts);
  expect_bounded(facts_of(message));
}

TEST(Hostile, EveryLineAlmostABoundary) {
  std::string message;
  for (std::size_t i = 0; i < kMaxDepth; ++i) {
    const std::string boundary = repeated("b", 60) + std::to_string(100 + i);
    message += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  const std::string headers = message;
  message += "\r\n" + repeated("--" + repeated("b", 60) + "\r\n", 50'000);
  // A line costs a look at each of the open boundaries, and no more.
  EXPECT_LE(parse(message).work, 8 * headers.size() + 50'000 * (64 + kMaxDepth + 1));
}

TEST(Hostile, AHundredMegabytesOfHeader) {
  StructureParser parser;
  FactsBuilder builder;
  const std::string slice = repeated("X-Field: " + repeated("x", 60) + "\r\n", 10'000);
  std::uint64_t size = 0;
  while (size < 100 * kMiB) {
    parser.feed(slice);
    builder.feed(slice);
    size += slice.size();
  }
  for (const std::string_view end : {"\r\n", "body"}) {
    parser.feed(end);
    builder.feed(end);
  }
  const Part root = parser.finish();
  EXPECT_EQ(root.header_size, size + 2);
  EXPECT_EQ(root.body_size, 4U);
  EXPECT_LE(parser.work(), size + 4 * kMaxHeader);
  const MessageFacts facts = builder.finish();
  expect_bounded(facts);
  EXPECT_LE(facts.parts.size(), 100U);
}

TEST(Hostile, AHeaderFieldThatNeverEnds) {
  StructureParser parser;
  const std::string slice(kMiB, 'x');
  parser.feed("Subject: ");
  for (int i = 0; i < 20; ++i) parser.feed(slice);
  const Part root = parser.finish();
  EXPECT_EQ(root.header_size, 20 * kMiB + 9);
  EXPECT_LE(root.envelope.wire.size(), kMaxEnvelope);
}

TEST(Hostile, HeadersOfAllPartsTogetherAreBounded) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  const std::string part =
      "--b\r\n" + repeated("X: " + repeated("x", 70) + "\r\n", 1500) + "Content-Type: text/html\r\n\r\n\r\n";
  message += repeated(part, 100);
  const Part root = parse(message).root;
  ASSERT_EQ(root.children.size(), 100U);
  EXPECT_EQ(root.children.front().subtype, "html");
  EXPECT_EQ(root.children.back().subtype, "plain");  // no longer read
  EXPECT_LE(parse(message).work, 2 * message.size());
}

TEST(Hostile, AMillionAddresses) {
  std::string message = "To: ";
  for (int i = 0; i < 1'000'000; ++i) message += "user" + std::to_string(i) + "@example.org, ";
  const MessageFacts facts = facts_of(message + "\r\n\r\n");
  expect_bounded(facts);
  EXPECT_GE(facts.envelope.size(), kMaxEnvelope / 2);
}

TEST(Hostile, AHundredThousandParametersAndEncodedNames) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 200; ++i)
    message += "--b\r\nContent-Type: text/plain; name*0*=utf-8''" + repeated("%00", 4000) +
               "\r\nContent-Description: " + repeated("\"", 15'000) +
               "\r\nContent-Language: " + repeated("a,", 8'000) + "\r\n\r\n\r\n";
  expect_bounded(facts_of(message));
}

TEST(Hostile, NulsOnly) {
  const std::string message(kMiB, '\0');
  EXPECT_LE(parse(message).work, 3 * message.size());
  const MessageFacts facts = facts_of(message);
  EXPECT_EQ(facts.envelope, kEmptyEnvelope);
}

TEST(Hostile, LineEndsOnly) {
  for (const char* piece : {"\r\n", "\n", "\r", "--\r\n", "--b\n", "-", "\r\r\n"}) {
    const std::string message =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeated(piece, kMiB / 4);
    EXPECT_LE(parse(message).work, 4 * message.size()) << piece;
  }
}

TEST(Hostile, OneByteAtATimeCostsTheSame) {
  const std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                              repeated("--b\r\n\r\nsome line\r\n", 500) + "--b--";
  StructureParser parser;
  for (const char& c : message) parser.feed(std::string_view(&c, 1));
  EXPECT_LE(parser.work(), parse(message).work + message.size());
}

}  // namespace
}  // namespace postroom::mime
