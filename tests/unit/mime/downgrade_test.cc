// Messages that hold more than a server takes: what is changed, what is not, and that nothing is lost.
#include "protocols/mime/downgrade.h"

#include <gtest/gtest.h>
#include <random>

#include "base/text.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;

constexpr ContentForm kSevenBit;
constexpr ContentForm kEightBit{.beyond_ascii = true};

template <class Taker>
void in_slices(std::string_view text, std::size_t slice, Taker take) {
  for (std::size_t at = 0; at < text.size(); at += slice) take(text.substr(at, slice));
}

PartIndex parts_of(std::string_view message) {
  StructureParser parser;
  parser.feed(message);
  return PartIndex(parser.finish());
}

Conversion surveyed(std::string_view message, ContentForm carried, std::size_t slice = 1 << 20) {
  Survey survey(parts_of(message), carried);
  in_slices(message, slice, [&](std::string_view piece) { survey.feed(piece); });
  return survey.finish();
}

std::string converted(std::string_view message, ContentForm carried, std::size_t slice = 1 << 20) {
  Conversion conversion = surveyed(message, carried, slice);
  EXPECT_EQ(conversion.refusal, "");
  Converter converter(std::move(conversion));
  std::string out;
  in_slices(message, slice, [&](std::string_view piece) { converter.feed(piece, out); });
  converter.finish(out);
  return out;
}

std::string refusal(std::string_view message, ContentForm carried) {
  return surveyed(message, carried).refusal;
}

/// What the leaves hold, decoded, one after the other.
std::vector<std::string> contents(std::string_view message) {
  std::vector<std::string> all;
  const PartIndex index = parts_of(message);
  for (const PartIndex::Entry& entry : index.entries())
    if (entry.kind == Part::Kind::leaf)
      all.push_back(decode(entry.encoding, message.substr(entry.body.offset, entry.body.size)));
  return all;
}

TEST(Downgrade, TextBecomesQuotedPrintable) {
  const std::string message = crlf(
      "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
      "Content-Transfer-Encoding: 8bit\n\ngr\xc3\xbc\xc3\x9f dich = so\n.\nend \n");
  EXPECT_EQ(converted(message, kSevenBit),
            crlf("Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                 "Content-Transfer-Encoding: quoted-printable\n\ngr=C3=BC=C3=9F dich =3D so\n.\nend=20\n"));
  EXPECT_FALSE(surveyed(message, kEightBit).needed);
}

TEST(Downgrade, OtherContentBecomesBase64) {
  EXPECT_EQ(converted(crlf("MIME-Version: 1.0\nContent-Type: image/png\n\n\xff\n"), kSevenBit),
            crlf("MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n/w0K\n"));
  // Greek has more letters beyond ASCII than within.
  EXPECT_NE(
      converted(crlf("MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-7\n\n\xe1\xe2\xe3\xe4\n"),
                kSevenBit)
          .find("base64"),
      std::string::npos);
}

TEST(Downgrade, WithoutMimeItIsSaidThatNobodyKnowsTheLetters) {
  EXPECT_EQ(converted(crlf("Subject: x\n\nalors, \xe9t\xe9\n"), kSevenBit),
            crlf("Subject: x\nContent-Transfer-Encoding: quoted-printable\nMIME-Version: 1.0\n"
                 "Content-Type: text/plain; charset=unknown-8bit\n\nalors, =E9t=E9\n"));
}

TEST(Downgrade, OnlyThePartsThatNeedItAreChanged) {
  const std::string head =
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: ";
  const std::string plain = "\n\npre\n--a\n\nplain\n--a\nContent-Transfer-Encoding: base64\n\nYQ==\n--a\n";
  EXPECT_EQ(
      converted(crlf(head + "8bit" + plain + "Content-Transfer-Encoding: 8bit\n\n\xc3\xbc ber\n--a--\nend\n"),
                kSevenBit),
      crlf("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: 7bit" +
           plain +
           "Content-Transfer-Encoding: quoted-printable\n"
           "Content-Type: text/plain; charset=unknown-8bit\n\n=C3=BC ber\n--a--\nend\n"));
}

TEST(Downgrade, MessagesWithinAreChangedInside) {
  const std::string message = crlf(
      "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n"
      "Subject: in\nContent-Type: text/plain; charset=utf-8\n\nf\xc3\xbcr dich\n");
  EXPECT_EQ(converted(message, kSevenBit),
            crlf("MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n"
                 "Subject: in\nContent-Type: text/plain; charset=utf-8\n"
                 "Content-Transfer-Encoding: quoted-printable\n\nf=C3=BCr dich\n"));
}

TEST(Downgrade, AGlobalMessageIsEncodedAsAWhole) {  // RFC 6532 3.7
  const std::string inner = crlf("Subject: f\xc3\xbcr dich\n\nhi\n");
  const std::string message = crlf("MIME-Version: 1.0\nContent-Type: message/global\n\n") + inner;
  EXPECT_EQ(contents(converted(message, kSevenBit)), std::vector<std::string>{inner});
}

TEST(Downgrade, WhatIsSignedOrEncryptedIsLeftAlone) {
  for (const std::string type : {"signed", "encrypted"}) {
    const std::string begin =
        "MIME-Version: 1.0\nContent-Type: multipart/" + type + "; boundary=s\n\n--s\n\n";
    EXPECT_NE(refusal(crlf(begin + "\xc3\xbc\n--s\n\nsignature\n--s--\n"), kSevenBit), "");
    // Nobody is served by a return for a long line.
    const std::string lines = crlf(begin + std::string(2000, 'x') + "\n--s--\n");
    EXPECT_FALSE(surveyed(lines, kSevenBit).needed);
    EXPECT_EQ(refusal(lines, kSevenBit), "");
  }
  // Beside it everything goes on.
  const std::string beside = crlf(
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/signed; "
      "boundary=s\n\n--s\nContent-Transfer-Encoding: 8bit\n\nplain\n--s--\n--m\n\nf\xc3\xbcr dich\n--m--\n");
  const std::string out = converted(beside, kSevenBit);
  EXPECT_TRUE(is_ascii(out));
  EXPECT_NE(out.find(crlf("--s\nContent-Transfer-Encoding: 8bit\n\nplain\n--s--\n")), std::string::npos);
}

TEST(Downgrade, LongLinesAreBroken) {
  const std::string line = std::string(999, 'x');
  const std::string message = crlf("MIME-Version: 1.0\nSubject: x\n\n" + line + "\n");
  const std::string out = converted(message, kEightBit);
  EXPECT_FALSE(form_of(out).long_lines);
  EXPECT_EQ(contents(out), std::vector<std::string>{crlf(line + "\n")});
  EXPECT_FALSE(surveyed(crlf("Subject: x\n\n" + line.substr(1) + "\n"), kEightBit).needed);
  // But not under a signature, unless that is broken anyway.
  const std::string under = "DKIM-Signature: v=1\nMIME-Version: 1.0\n\n" + line;
  EXPECT_FALSE(surveyed(crlf(under + "\n"), kEightBit).needed);
  EXPECT_TRUE(surveyed(crlf(under + "\xc3\xbc\n"), kSevenBit).needed);
  // A header cannot be helped.
  EXPECT_FALSE(surveyed(crlf("Subject: " + line + "\n\nhi\n"), kEightBit).needed);
}

TEST(Downgrade, BinaryContentBecomesBase64) {
  const std::string bytes("a\0b\rc\nd\xff", 8);
  const std::string message = crlf(
                                  "MIME-Version: 1.0\nContent-Type: multipart/mixed; "
                                  "boundary=a\nContent-Transfer-Encoding: binary\n\n"
                                  "--a\nContent-Type: text/plain\nContent-Transfer-Encoding: binary\n\n") +
                              bytes + crlf("\n--a--\n");
  for (const ContentForm carried : {kSevenBit, kEightBit}) {
    const std::string out = converted(message, carried);
    EXPECT_TRUE(form_of(out).within(carried));
    EXPECT_EQ(contents(out), std::vector<std::string>{bytes});
    EXPECT_EQ(out.find("binary"), std::string::npos);
  }
}

TEST(Downgrade, WhatCannotBeEncodedIsRefused) {
  const std::string mime = "MIME-Version: 1.0\n";
  EXPECT_NE(refusal(crlf("Subject: \xc3\xbc\n\nhi\n"), kSevenBit), "") << "SMTPUTF8 is for headers";
  EXPECT_NE(refusal(crlf(mime + "Content-Transfer-Encoding: quoted-printable\n\n\xc3\xbc\n"), kSevenBit), "");
  EXPECT_NE(refusal(crlf(mime + "Content-Transfer-Encoding: x-own\n\n\xc3\xbc\n"), kSevenBit), "");
  EXPECT_NE(refusal(crlf(mime + "Content-Type: message/partial\n\n\xc3\xbc\n"), kSevenBit), "");
  EXPECT_NE(refusal(crlf(mime + "Content-Type: multipart/mixed\n\n\xc3\xbc\n"), kSevenBit), "");
  EXPECT_NE(refusal(crlf(mime + "X: " + std::string(70'000, 'x') + "\n\n\xc3\xbc\n"), kSevenBit), "");
}

TEST(Downgrade, NobodyReadsAPreamble) {
  EXPECT_EQ(
      converted(crlf("Content-Type: multipart/mixed; boundary=a\n\n\xfcz\n--a\n\nhi\n--a--\n"), kSevenBit),
      crlf("Content-Type: multipart/mixed; boundary=a\n\n?z\n--a\n\nhi\n--a--\n"));
}

// Random messages: what comes out can be carried, holds what went in, and does not depend on slices.
std::string some_entity(std::mt19937& dice, unsigned depth) {
  const auto one_of = [&](auto... words) {
    const char* all[] = {words...};
    return std::string(all[dice() % sizeof...(words)]);
  };
  const std::string label =
      one_of("", "Content-Transfer-Encoding: 8bit\r\n", "Content-Transfer-Encoding: binary\r\n");
  if (depth < 3 && dice() % 3 == 0) {
    const std::string boundary = "b" + std::to_string(depth);
    std::string out = "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n" + label + "\r\n";
    for (unsigned i = 0; i <= dice() % 3; ++i)
      out += "--" + boundary + "\r\n" + some_entity(dice, depth + 1) + "\r\n";
    return out + "--" + boundary + "--\r\n";
  }
  if (depth < 3 && dice() % 5 == 0)
    return "Content-Type: message/rfc822\r\n" + label + "\r\nSubject: in\r\n" + some_entity(dice, depth + 1);
  std::string out =
      one_of("", "Content-Type: text/html; charset=utf-8\r\n", "Content-Type: a/b\r\n") + label + "\r\n";
  for (auto i = dice() % 60; i > 0; --i) {
    switch (dice() % 8) {
      case 0: out += "\xc3\xbc"; break;
      case 1: out += "\r\n"; break;
      case 2: out.append(dice() % 20 == 0 ? 1200 : 1, 'x'); break;
      case 3: out += dice() % 4 == 0 ? '\0' : ' '; break;
      case 4: out += dice() % 4 == 0 ? '\n' : '='; break;
      case 5: out += dice() % 4 == 0 ? '\r' : '\t'; break;
      default: out += static_cast<char>('a' + dice() % 26);
    }
  }
  return out;
}

TEST(Downgrade, RandomMessagesComeBack) {
  std::mt19937 dice(1);
  int changed = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string message = "MIME-Version: 1.0\r\n" + some_entity(dice, 0);
    for (const ContentForm carried : {kSevenBit, kEightBit}) {
      Conversion conversion = surveyed(message, carried);
      ASSERT_EQ(conversion.refusal, surveyed(message, carried, 1 + dice() % 9).refusal);
      if (!conversion.refusal.empty()) continue;
      const std::string out = converted(message, carried);
      ASSERT_EQ(out, converted(message, carried, 1 + dice() % 9));
      ASSERT_TRUE(form_of(out).within(carried)) << message << "\n---\n" << out;
      ASSERT_EQ(contents(out), contents(message)) << message << "\n---\n" << out;
      if (conversion.needed) ++changed;
    }
  }
  EXPECT_GT(changed, 1000);
}

}  // namespace
}  // namespace postroom::mime
