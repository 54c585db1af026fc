// Previews (RFC 8970 3): of plain text and HTML, encoded and broken, in constant memory.
#include "protocols/mime/preview.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "protocols/mime/facts.h"
#include "protocols/mime/plain_text.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;
using testing::repeated;

/// The preview of a message, which does not depend on how the message comes in.
std::string preview(std::string_view message) {
  const std::string bytes = crlf(message);
  const std::string whole = facts_of(bytes).preview;
  for (const std::size_t step : {1U, 7U, 1000U}) {
    FactsBuilder builder;
    for (std::size_t at = 0; at < bytes.size(); at += step)
      builder.feed(std::string_view(bytes).substr(at, step));
    EXPECT_EQ(builder.finish().preview, whole) << step;
  }
  EXPECT_TRUE(is_utf8(whole));
  return whole;
}

std::string html(std::string_view text) {
  return preview("Content-Type: text/html; charset=utf-8\n\n" + std::string(text));
}

TEST(Preview, OfPlainText) {
  EXPECT_EQ(preview("Subject: x\n\nHello,\n\n  world!\n"), "Hello, world!");
  EXPECT_EQ(preview("\nHello"), "Hello");
  EXPECT_EQ(preview("Subject: x\n"), "");
  EXPECT_EQ(preview(""), "");
  EXPECT_EQ(preview("\n \t\n\n"), "");
  EXPECT_EQ(preview("\na <b> &amp; c"), "a <b> &amp; c");
}

TEST(Preview, HasTwoHundredCharacters) {
  EXPECT_EQ(preview("\n" + repeated("a", 1000)), repeated("a", 200));
  EXPECT_EQ(preview("Content-Type: text/plain; charset=utf-8\n\n" + repeated("ä", 1000)), repeated("ä", 200));
  EXPECT_EQ(preview("Content-Type: text/plain; charset=utf-8\n\n" + repeated("🙂", 1000)),
            repeated("🙂", 200));
  EXPECT_EQ(preview("\n" + repeated("a", 199) + " b"), repeated("a", 199)) << "no space at the end";
  EXPECT_EQ(preview("\n" + repeated("a", 198) + " b"), repeated("a", 198) + " b");
}

TEST(Preview, IsDecoded) {
  EXPECT_EQ(
      preview("Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=iso-8859-1\n\n"
              "caf=E9 =\nau lait\n"),
      "café au lait");
  EXPECT_EQ(
      preview(
          "Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-8\n\nR3LDvMOf\nZQ==\n"),
      "Grüße");
  EXPECT_EQ(
      preview("Content-Type: text/plain; charset=utf-16be\nContent-Transfer-Encoding: base64\n\nAEgAaQ==\n"),
      "Hi");
  EXPECT_EQ(preview("Content-Type: text/plain; charset=shift_jis\n\n\x82\xA0\x82\xA2"), "あい");
  EXPECT_EQ(preview("Content-Type: text/plain; charset=x-nobody\n\nHello"), "Hello");
}

TEST(Preview, OfBrokenTextIsUtf8) {
  EXPECT_EQ(preview("Content-Type: text/plain; charset=utf-8\n\nA\xC3"), "A");
  EXPECT_EQ(preview("Content-Type: text/plain; charset=iso-2022-jp\n\nA\x1B$B\xFF\xFE"), "A\xEF\xBF\xBD");
  EXPECT_EQ(preview("Content-Transfer-Encoding: base64\n\n!!SGk=!!"), "Hi");
  EXPECT_EQ(preview("Content-Transfer-Encoding: x-nobody\n\nHello"), "");
  EXPECT_EQ(preview("\na\1b\x7F"
                    "c"),
            "abc");
}

TEST(Preview, OfTheFirstText) {
  const std::string mixed =
      "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nContent-Type: image/png\n\npng\n"
      "--b\nContent-Disposition: attachment\n\nattached\n--b\n\nThe text\n--b\n\nanother\n--b--\nepilogue";
  EXPECT_EQ(preview(mixed), "The text");
  const std::string alternative =
      "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>html</p>\n"
      "--b\n\nplain\n--b--\n";
  EXPECT_EQ(preview(alternative), "plain");
  const std::string blank =
      "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: "
      "text/html\n\n<p>html</p>\n"
      "--b--\n";
  EXPECT_EQ(preview(blank), "html");
  const std::string forwarded = "Content-Type: message/rfc822\n\nSubject: inner\n\nforwarded text";
  EXPECT_EQ(preview(forwarded), "forwarded text");
  EXPECT_EQ(preview("Content-Type: image/png\n\npng"), "");
  EXPECT_EQ(preview("Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: "
                    "application/pgp\n\nx\n--b--\n"),
            "");
}

TEST(Preview, EndsWithItsPart) {
  EXPECT_EQ(preview("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nshort\n--b\n\nsecond\n--b--\n"),
            "short");
  EXPECT_EQ(preview("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
                    "text/plain\n--b\n\nsecond\n--b--\n"),
            "");
}

TEST(Preview, OfHtml) {
  EXPECT_EQ(html("<html><head><title>No</title><style>p { color: red }</style></head><body>"
                 "<p>Hello,</p><p>w<b>or</b>ld!<br>Bye</body></html>"),
            "Hello, world! Bye");
  EXPECT_EQ(html("<script>if (a < b && c > d) document.write('<p>no</p>')</script>yes"), "yes");
  EXPECT_EQ(html("a<!-- no > no -- -->b<!DOCTYPE html>c<?xml no?>d"), "ab c d");
  EXPECT_EQ(html("<a title=\"no > no\" href='x>y'>link</a>"), "link");
  EXPECT_EQ(html("1 < 2 &lt; 3 <4> &amp;c. &nbsp;&#8364;&#x20ac &copy &unknown; & x"),
            "1 < 2 < 3 <4> &c. €€ © &unknown; & x");
  EXPECT_EQ(html("&#0;&#xD800;&#99999999999;"), "&#0;&#xD800;&#99999999999;");
  EXPECT_EQ(html("&zwnj;&nbsp;\xE2\x80\x8C\xCD\x8F\xC2\xAD"
                 "Text"),
            "Text")
      << "padding against previews";
  EXPECT_EQ(html("<STYLE>no</STYLE ><P>Yes"), "Yes");
}

TEST(Preview, OfBrokenHtml) {
  EXPECT_EQ(html("text<"), "text");
  EXPECT_EQ(html("text<p"), "text");
  EXPECT_EQ(html("text<p title=\"never ended> more"), "text");
  EXPECT_EQ(html("text<!-- never ended"), "text");
  EXPECT_EQ(html("text<script>never ended"), "text");
  EXPECT_EQ(html("text</script>more"), "text more");
  EXPECT_EQ(html("<" + repeated("a", 100'000) + ">"), "");
  EXPECT_EQ(html("&" + repeated("a", 1000)), "&" + repeated("a", 199));
}

TEST(Preview, OfALargeMessageKeepsItsBeginningOnly) {
  const std::string head = "Content-Type: text/html\n\n<style>" + repeated("x", 50'000) + "</style>";
  EXPECT_EQ(preview(head + "<p>shown"), "shown");
  EXPECT_EQ(preview("Content-Type: text/html\n\n<style>" + repeated("x", 100'000) + "</style><p>too late"),
            "");
}

}  // namespace
}  // namespace postroom::mime
