// Quoted-printable as we write it: lines of no more than 76 characters, that the decoder reads back.
#include "protocols/mime/quoted_printable.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "protocols/mime/transfer.h"

namespace postroom::mime {
namespace {

std::string there_and_back(std::string_view text) {
  const std::string encoded = encode_quoted_printable(text);
  for (const std::string_view line : split(encoded, '\n')) EXPECT_LE(trim(line).size(), 76U) << encoded;
  return decode(Encoding::quoted_printable, encoded);
}

TEST(QuotedPrintable, Examples) {
  EXPECT_EQ(encode_quoted_printable(""), "");
  EXPECT_EQ(encode_quoted_printable("plain text\r\n"), "plain text\r\n");
  EXPECT_EQ(encode_quoted_printable("a\nb"), "a\r\nb");
  EXPECT_EQ(encode_quoted_printable("1+1=2\xc3\xbc\r\n"), "1+1=3D2=C3=BC\r\n");
  EXPECT_EQ(encode_quoted_printable("blank \r\ntab\t"), "blank=20\r\ntab=09");
  EXPECT_EQ(encode_quoted_printable(std::string("\0\r\x7f", 3)), "=00=0D=7F");
}

TEST(QuotedPrintable, LongLines) {
  for (std::size_t size = 70; size < 240; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(there_and_back(text), text);
    std::string umlauts;
    for (std::size_t i = 0; i < size; ++i) umlauts += i % 3 == 0 ? "\xc3\xbc" : " ";
    umlauts.append("\r\n").append(text);
    EXPECT_EQ(there_and_back(umlauts), umlauts);
  }
  EXPECT_EQ(encode_quoted_printable(std::string(76, 'x')), std::string(76, 'x'));
  EXPECT_EQ(encode_quoted_printable(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx");
}

TEST(QuotedPrintable, EveryByteComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    if (byte != '\n') all += static_cast<char>(byte);
  EXPECT_EQ(there_and_back(all), all);
}

}  // namespace
}  // namespace postroom::mime
