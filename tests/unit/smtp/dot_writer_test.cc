// Dots are stuffed, and no content can end the data, in every slicing.
#include "protocols/smtp/dot_writer.h"

#include <gtest/gtest.h>
#include <string>

#include "protocols/smtp/dot_reader.h"

namespace postroom::smtp {
namespace {

std::string write(std::string_view content, std::size_t piece_size) {
  DotWriter writer;
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece_size)
    writer.feed(content.substr(at, piece_size), out);
  writer.finish(out);
  return out;
}

void expect_written(std::string_view content, std::string_view written) {
  for (const std::size_t size : {1u, 2u, 3u, 5u, 1000u})
    EXPECT_EQ(write(content, size), written) << ::testing::PrintToString(content) << " in pieces of " << size;
}

TEST(DotWriter, StuffsDots) {
  expect_written("a\r\n.\r\n..b\r\nc.\r\n", "a\r\n..\r\n...b\r\nc.\r\n.\r\n");
  expect_written(".a\r\n", "..a\r\n.\r\n");
  expect_written("a\r\n\r\n.", "a\r\n\r\n..\r\n.\r\n");
}

TEST(DotWriter, EndsTheLastLine) {
  expect_written("", ".\r\n");
  expect_written("a", "a\r\n.\r\n");
  expect_written("a\r\n", "a\r\n.\r\n");
  expect_written("a\r", "a\r\n.\r\n");
  expect_written("a\n", "a\r\n.\r\n");
}

TEST(DotWriter, MakesLinesOfBareLineEnds) {
  expect_written("a\n.\r\nRSET\r\n", "a\r\n..\r\nRSET\r\n.\r\n");
  expect_written("a\r\n.\nb", "a\r\n..\r\nb\r\n.\r\n");
  expect_written("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n");
  expect_written("a\r\r\nb\r\r.\n\n", "a\r\nb\r\n..\r\n\r\n.\r\n");
}

/// Every content of up to eight of the bytes that matter: read back it ends where it ends, and nowhere
/// before.
TEST(DotWriter, NoContentEndsTheData) {
  const std::string_view bytes = "\r\n.a";
  for (unsigned number = 0; number < 1u << 16; ++number) {
    std::string content;
    for (unsigned i = 0; i < 8; ++i) content += bytes[number >> (2 * i) & 3u];
    const std::string sent = "\r\n" + write(content, 3);
    ASSERT_EQ(sent.find("\r\n.\r\n") + 5, sent.size()) << ::testing::PrintToString(content);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (sent[i] == '\n') {
        ASSERT_EQ(sent[i - 1], '\r');
      }
      if (sent[i] == '\r') {
        ASSERT_EQ(sent[i + 1], '\n');
      }
    }
    ASSERT_EQ(write(content, 3), write(content, 8));
  }
}

TEST(DotWriter, IsUndoneByTheReader) {
  const std::string content = "..\r\n.\r\n\r\n.a\r\nb.\r\n";
  const std::string sent = write(content, 4);
  DotReader reader;
  std::string back;
  for (std::string_view rest = sent; !reader.done();) {
    const DotReader::Piece piece = reader.next(rest);
    back += piece.content;
    rest.remove_prefix(piece.consumed);
  }
  EXPECT_EQ(back, content);
}

}  // namespace
}  // namespace postroom::smtp
