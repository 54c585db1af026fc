// mime/part_decoder.h, mime/base64_part.h: parts without their transfer encoding, and with one.
#include "protocols/mime/part_decoder.h"

#include <gtest/gtest.h>

#include "protocols/mime/base64_part.h"

namespace postroom::mime {
namespace {

/// In pieces of `size`; each time by a copy of the decoder.
std::string decoded(const PartIndex::Entry& part, std::string_view body, std::size_t size) {
  PartDecoder decoder(part);
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    PartDecoder next = decoder;
    next.feed(body.substr(0, size), out);
    decoder = next;
  }
  decoder.finish(out);
  return out;
}

std::string decoded(const PartIndex::Entry& part, std::string_view body) {
  const std::string whole = decoded(part, body, body.size());
  for (std::size_t size = 1; size < 6; ++size) EXPECT_EQ(decoded(part, body, size), whole) << size;
  return whole;
}

PartIndex::Entry part(std::string type, Encoding encoding, std::string charset = {}) {
  PartIndex::Entry entry;
  entry.type = std::move(type);
  entry.encoding = encoding;
  entry.charset = std::move(charset);
  return entry;
}

TEST(PartDecoder, TextHasTheInternetsLineEnds) {
  const auto plain = part("text/plain", Encoding::identity);
  EXPECT_EQ(decoded(plain, "a\nb\r\nc\rd\n\n"), "a\r\nb\r\nc\rd\r\n\r\n");
  EXPECT_EQ(decoded(plain, "\n"), "\r\n");
  EXPECT_EQ(decoded(part("text/html", Encoding::base64), "YQpiDQpjCg=="), "a\r\nb\r\nc\r\n");
  EXPECT_EQ(decoded(part("text/plain", Encoding::quoted_printable), "a=0Ab=\r\nc=0D=0A"), "a\r\nbc\r\n");
}

TEST(PartDecoder, AllElseIsLeftAsItIs) {
  EXPECT_EQ(decoded(part("image/png", Encoding::base64), "YQpiDQpjCg=="), "a\nb\r\nc\n");
  EXPECT_EQ(decoded(part("application/x", Encoding::identity), "a\nb"), "a\nb");
  // U+0A0D and U+0A00 are letters; LF is 00 0A.
  EXPECT_EQ(decoded(part("text/plain", Encoding::base64, "utf-16be"), "Cg0KAAAK"),
            std::string("\x0a\x0d\x0a\x00\x00\x0a", 6));
}

TEST(Base64Part, ReplacesTheEncoding) {
  EXPECT_EQ(header_with_encoding("A: b\r\nContent-Transfer-Encoding: 8bit;\r\n x\r\nC: d\r\n\r\n", "base64"),
            "A: b\r\nC: d\r\nContent-Transfer-Encoding: base64\r\n\r\n");
  EXPECT_EQ(header_with_encoding("\r\n", "base64"), "Content-Transfer-Encoding: base64\r\n\r\n");
  EXPECT_EQ(header_with_encoding("", "base64"), "Content-Transfer-Encoding: base64\r\n\r\n");
  EXPECT_EQ(header_with_encoding("A: b", "base64"), "A: b\r\nContent-Transfer-Encoding: base64\r\n\r\n");
}

TEST(Base64Part, GivesBackWhatWentIn) {
  for (const std::size_t size : {0u, 1u, 56u, 57u, 58u, 113u, 114u, 1000u}) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7);
    for (const std::size_t piece : {1u, 10u, 57u, 1000u}) {
      Base64Lines lines;
      std::string text;
      for (std::size_t at = 0; at < size; at += piece)
        lines.feed(std::string_view(bytes).substr(at, piece), text);
      lines.finish(text);
      EXPECT_EQ(decode(Encoding::base64, text), bytes);
      EXPECT_EQ(text.size(), (size + 2) / 3 * 4 + (size + 56) / 57 * 2);
    }
  }
}

}  // namespace
}  // namespace postroom::mime
