// Transfer encodings, whole and in pieces, sound and damaged.
#include "protocols/mime/transfer.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

std::string base64(std::string_view text) { return decode(Encoding::base64, text); }
std::string qp(std::string_view text) { return decode(Encoding::quoted_printable, text); }
std::string uu(std::string_view text) { return decode(Encoding::uuencode, text); }

TEST(Transfer, Names) {
  EXPECT_EQ(encoding_of(""), Encoding::identity);
  EXPECT_EQ(encoding_of(" 8BIT "), Encoding::identity);
  EXPECT_EQ(encoding_of("binary"), Encoding::identity);
  EXPECT_EQ(encoding_of("Base64; x"), Encoding::base64);
  EXPECT_EQ(encoding_of("quoted-printable (c)"), Encoding::quoted_printable);
  EXPECT_EQ(encoding_of("X-UUencode"), Encoding::uuencode);
  EXPECT_EQ(encoding_of("rot13"), Encoding::unknown);
}

TEST(Base64, Decodes) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("Zg=="), "f");
  EXPECT_EQ(base64("Zm8="), "fo");
  EXPECT_EQ(base64("Zm9v\r\nYmFy\r\n"), "foobar");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(base64(base64_encode(all)), all);
}

TEST(Base64, DamageIsPassedOver) {
  EXPECT_EQ(base64("Z m*9\x80v"), "foo");
  EXPECT_EQ(base64("Zm9vYg"), "foob");
  EXPECT_EQ(base64("Zm9vY"), "foo");
  EXPECT_EQ(base64("===="), "");
  EXPECT_EQ(base64("Zg==Zm8="), "ffo");  // put one after the other
}

TEST(QuotedPrintable, Decodes) {
  EXPECT_EQ(qp("a=3Db=C3=a4\r\n"), "a=b\xC3\xA4\r\n");
  // RFC 2045 6.7 rule 5.
  EXPECT_EQ(qp("Now's the time =\r\nfor all folk to come=\r\n to the aid of their country."),
            "Now's the time for all folk to come to the aid of their country.");
  EXPECT_EQ(qp("soft =  \r\nbreak=\nagain"), "soft breakagain");
}

TEST(QuotedPrintable, TrailingWhiteSpaceIsDropped) {
  EXPECT_EQ(qp("a \t \r\nb  \nc   "), "a\r\nb\nc");
  EXPECT_EQ(qp("a  b"), "a  b");
  EXPECT_EQ(qp("a =20\r\n"), "a  \r\n");
  EXPECT_EQ(qp("a\r b\r\r\n"), "a\r b\r\r\n");
}

TEST(QuotedPrintable, WhatIsNoEscapeIsText) {
  EXPECT_EQ(qp("a=b=c"), "a=b=c");
  EXPECT_EQ(qp("=4G =G1 =4"), "=4G =G1 =4");
  EXPECT_EQ(qp("=A\r\nb"), "=A\r\nb");
  EXPECT_EQ(qp("== \r\n=3D"),
            "="
            "=");
  EXPECT_EQ(qp("x="), "x");
  EXPECT_EQ(qp("= x"), "= x");
}

TEST(QuotedPrintable, EndlessWhiteSpaceIsNotHeld) {
  EXPECT_EQ(qp("a" + repeated(" ", 1'000'000) + "b").size(), 1'000'002U);
}

TEST(Uuencode, Decodes) {
  EXPECT_EQ(uu("ignored\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nignored\r\n"), "Cat");
  EXPECT_EQ(uu("begin 644 cat.txt\n#0V%T\n \nend\n"), "Cat");
  EXPECT_EQ(uu("begin 644 wikipedia-url.txt\n::'1T<#HO+W=W=RYW:6MI<&5D:6$N;W)G#0H`\n`\nend\n"),
            "http://www.wikipedia.org\r\n");
}

TEST(Uuencode, DamageIsPassedOver) {
  EXPECT_EQ(uu("no beginning\n#0V%T\n"), "");
  EXPECT_EQ(uu("begin 644 x\n#0V"), std::string("C`\0", 3));
  EXPECT_EQ(uu("begin 644 x\n" + repeated("M", 1'000'000) + "\n#0V%T\nend\n").size(), 45U + 3U);
}

TEST(Transfer, OthersComeAsTheyAre) {
  EXPECT_EQ(decode(Encoding::identity, "a=3D\r\n"), "a=3D\r\n");
  EXPECT_EQ(decode(Encoding::unknown, "a=3D\r\n"), "a=3D\r\n");
}

TEST(Transfer, PiecesMakeNoDifference) {
  const std::string samples[] = {"Zm9v\r\nYm Fy=Zg==Zm8=\r\n",
                                 "a=3Db =\r\n c=  \t\r\n d =4 =A\r\n\t \r\ne\r =20  ",
                                 "x\nbegin 644 a\r\n#0V%T\r\n#0V%T\n`\nend\nbegin 2\n#0V%T"};
  for (const std::string& sample : samples) {
    for (const Encoding encoding : {Encoding::base64, Encoding::quoted_printable, Encoding::uuencode}) {
      const std::string whole = decode(encoding, sample);
      for (std::size_t step = 1; step < sample.size(); ++step) {
        TransferDecoder decoder(encoding);
        std::string out;
        for (std::size_t at = 0; at < sample.size(); at += step)
          decoder.feed(std::string_view(sample).substr(at, step), out);
        decoder.finish(out);
        EXPECT_EQ(out, whole);
      }
    }
  }
}

}  // namespace
}  // namespace postroom::mime
