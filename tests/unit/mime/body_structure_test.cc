// BODY and BODYSTRUCTURE (RFC 3501 7.4.2): the RFCs' examples, defaults, oddities.
#include "protocols/mime/body_structure.h"

#include <gtest/gtest.h>

#include "protocols/mime/facts.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;
using testing::repeated;

std::string body(std::string_view message) { return facts_of(crlf(message)).body; }
std::string structure(std::string_view message) { return facts_of(crlf(message)).body_structure; }

// RFC 3501 7.4.2: 48 lines and 2279 octets.
TEST(BodyStructure, Rfc3501SimpleText) {
  const std::string text = repeated(std::string(45, 'x') + "\n", 47) + repeated("y", 68) + "\n";
  EXPECT_EQ(body("Subject: x\n\n" + text),
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48)");
}

TEST(BodyStructure, Rfc3501TextAndAttachment) {
  const std::string text = repeated(std::string(48, 'x') + "\n", 22) + repeated("y", 50) + "\n";
  const std::string diff = repeated(std::string(60, 'A') + "\n", 72) + repeated("B", 88) + "\n";
  EXPECT_EQ(body("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n" + text +
                 "\n--b\nContent-Type: text/plain; charset=us-ascii; name=\"cc.diff\"\n"
                 "Content-ID: <960723163407.20117h@cac.washington.edu>\nContent-Description: Compiler diff\n"
                 "Content-Transfer-Encoding: base64\n\n" +
                 diff + "\n--b--\n"),
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152 23)"
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\" \"NAME\" \"cc.diff\") "
            "\"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 4554 73) \"MIXED\")");
}

// RFC 2046 5.1.1: the first part does not end with a line break, the second does.
TEST(BodyStructure, Rfc2046SimpleBoundary) {
  EXPECT_EQ(body("From: Nathaniel Borenstein <nsb@bellcore.com>\nTo: Ned Freed <ned@innosoft.com>\n"
                 "Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\nSubject: Sample message\nMIME-Version: 1.0\n"
                 "Content-type: multipart/mixed; boundary=\"simple boundary\"\n\n"
                 "This is the preamble.  It is to be ignored, though it\n"
                 "is a handy place for composition agents to include an\n"
                 "explanatory note to non-MIME conformant readers.\n\n--simple boundary\n\n"
                 "This is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.\n--simple "
                 "boundary\n"
                 "Content-type: text/plain; charset=us-ascii\n\n"
                 "This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n\n--simple "
                 "boundary--\n\n"
                 "This is the epilogue.  It is also to be ignored.\n"),
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 80 1)"
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" 78 2) \"MIXED\")");
}

constexpr const char* kComplex =
    "MIME-Version: 1.0\nFrom: Nathaniel Borenstein <nsb@nsb.fv.com>\nTo: Ned Freed <ned@innosoft.com>\n"
    "Date: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)\nSubject: A multipart example\n"
    "Content-Type: multipart/mixed;\n              boundary=unique-boundary-1\n\n"
    "This is the preamble area of a multipart message.\n\n--unique-boundary-1\n\n"
    "  ... Some text appears here ...\n\n--unique-boundary-1\nContent-type: text/plain; charset=US-ASCII\n\n"
    "This could have been part of the previous part, but\nillustrates explicit versus implicit typing of "
    "body\n"
    "parts.\n\n--unique-boundary-1\nContent-Type: multipart/parallel; boundary=unique-boundary-2\n\n"
    "--unique-boundary-2\nContent-Type: audio/basic\nContent-Transfer-Encoding: base64\n\n"
    "  ... base64-encoded 8000 Hz single-channel\n      mu-law-format audio data goes here ...\n\n"
    "--unique-boundary-2\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n"
    "  ... base64-encoded image data goes here ...\n\n--unique-boundary-2--\n\n--unique-boundary-1\n"
    "Content-type: text/enriched\n\nThis is <bold><italic>enriched.</italic></bold>\n"
    "<smaller>as defined in RFC 1896</smaller>\n\nIsn't it\n<bigger><bigger>cool?</bigger></bigger>\n\n"
    "--unique-boundary-1\nContent-Type: message/rfc822\n\nFrom: (mailbox in US-ASCII)\nTo: (address in "
    "US-ASCII)\n"
    "Subject: (subject in US-ASCII)\nContent-Type: Text/plain; charset=ISO-8859-1\n"
    "Content-Transfer-Encoding: Quoted-printable\n\n  ... Additional text in ISO-8859-1 goes here ...\n\n"
    "--unique-boundary-1--\n";

// RFC 2049 Appendix A.
TEST(BodyStructure, Rfc2049ComplexMultipart) {
  EXPECT_EQ(
      structure(kComplex),
      "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 34 1 NIL NIL NIL NIL)"
      "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 114 3 NIL NIL NIL NIL)"
      "((\"AUDIO\" \"BASIC\" NIL NIL NIL \"BASE64\" 91 NIL NIL NIL NIL)"
      "(\"IMAGE\" \"JPEG\" NIL NIL NIL \"BASE64\" 47 NIL NIL NIL NIL)"
      " \"PARALLEL\" (\"BOUNDARY\" \"unique-boundary-2\") NIL NIL NIL)"
      "(\"TEXT\" \"ENRICHED\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 145 5 NIL NIL NIL NIL)"
      "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 232 "
      "(NIL \"(subject in US-ASCII)\" NIL NIL NIL NIL NIL NIL NIL NIL) "
      "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"ISO-8859-1\") NIL NIL \"QUOTED-PRINTABLE\" 51 1 NIL NIL NIL NIL) 7 "
      "NIL NIL NIL NIL)"
      " \"MIXED\" (\"BOUNDARY\" \"unique-boundary-1\") NIL NIL NIL)");
}

TEST(BodyStructure, BodyHasNoExtensions) {
  EXPECT_EQ(
      body("Content-Type: multipart/x; boundary=b\nContent-Location: x\n\n--b\nContent-MD5: y\n\na\n--b--\n"),
      "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1 0) \"X\")");
}

// RFC 1864, RFC 2183, RFC 3282, RFC 2557.
TEST(BodyStructure, ExtensionFields) {
  EXPECT_EQ(structure("Content-Type: image/png; name=a.png\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\n"
                      "Content-Disposition: ATTACHMENT; filename=\"a b.png\"; size=3\nContent-Language: de\n"
                      "Content-Location: http://example.org/\n a/very/long/\n "
                      "path.png\nContent-Transfer-Encoding: BASE64\n\nAAAA"),
            "(\"IMAGE\" \"PNG\" (\"NAME\" \"a.png\") NIL NIL \"BASE64\" 4 \"Q2hlY2sgSW50ZWdyaXR5IQ==\" "
            "(\"ATTACHMENT\" (\"FILENAME\" \"a b.png\" \"SIZE\" \"3\")) \"de\" "
            "\"http://example.org/a/very/long/path.png\")");
  EXPECT_EQ(structure("Content-Type: multipart/mixed; boundary=b\nContent-Disposition: inline\n"
                      "Content-Language: mi (Maori), en-GB, (none) ,\nContent-Location: x\n\n--b\n\n--b--"),
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL) \"MIXED\" "
            "(\"BOUNDARY\" \"b\") (\"INLINE\" NIL) (\"mi\" \"en-GB\") \"x\")");
}

TEST(BodyStructure, Rfc2231ParametersGoOutAsTheyAre) {
  EXPECT_EQ(
      structure("Content-Type: application/pdf\nContent-Disposition: attachment; filename*0*=utf-8''%e2%82;\n"
                " filename*1*=%ac.pdf\n\nx"),
      "(\"APPLICATION\" \"PDF\" NIL NIL NIL \"7BIT\" 1 NIL "
      "(\"ATTACHMENT\" (\"FILENAME*\" \"utf-8''%e2%82%ac.pdf\")) NIL NIL)");
}

TEST(BodyStructure, AnyTextHasACharset) {
  EXPECT_EQ(body("Content-Type: text/html; x=y\n\na\nb"),
            "(\"TEXT\" \"HTML\" (\"X\" \"y\" \"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 4 1)");
}

// RFC 2045 5.2.
TEST(BodyStructure, ATypeThatCannotBeReadIsText) {
  for (const char* type : {"", "x", "/x", "x/", ";charset=utf-8", "=?q?"})
    EXPECT_EQ(body(std::string("Content-Type: ") + type + "\n\na"),
              "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1 0)")
        << type;
  EXPECT_EQ(body("Content-Type: text; charset=utf-8\n\na"),
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 1 0)");
}

// RFC 2046 5.1.5.
TEST(BodyStructure, PartsOfADigestAreMessages) {
  EXPECT_EQ(body("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\ntext\n--b\n"
                 "Content-Type: text/plain\n\nx\n--b--\n"),
            "((\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 20 (NIL \"one\" NIL NIL NIL NIL NIL NIL NIL NIL) "
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 4 0) 2)"
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1 0) \"DIGEST\")");
}

TEST(BodyStructure, AMultipartWithoutBoundaryIsText) {
  EXPECT_EQ(body("Content-Type: multipart/mixed; charset=x\n\n--b\n\nx\n--b--\n"),
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 17 4)");
  EXPECT_EQ(body("Content-Type: multipart/mixed; boundary=\" \"\n\nx"),
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1 0)");
}

// RFC 3501 9: a body-type-mpart has at least one body.
TEST(BodyStructure, AMultipartWithoutPartsHasAnEmptyOne) {
  EXPECT_EQ(body("Content-Type: multipart/mixed; boundary=b\n\nno part\n"),
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0) \"MIXED\")");
}

// RFC 2045 6.4 forbids it; the structure within cannot be seen.
TEST(BodyStructure, AnEncodedMessageIsBytes) {
  EXPECT_EQ(body("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQ=="),
            "(\"APPLICATION\" \"OCTET-STREAM\" NIL NIL NIL \"BASE64\" 16)");
}

// RFC 6532 3.7, RFC 9051 9 media-message; without what is marked it is RFC 3501's body-type-basic.
TEST(BodyStructure, AGlobalMessageIsOneForImap4rev2) {
  EXPECT_EQ(body("Content-Type: message/global\n\nSubject: a\n\nb\n"),
            "(\"MESSAGE\" \"GLOBAL\" NIL NIL NIL \"7BIT\" 17" + std::string(kRev2Begin) +
                " (NIL \"a\" NIL NIL NIL NIL NIL NIL NIL NIL)"
                " (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3 1) 3" +
                std::string(kRev2End) + ")");
}

TEST(BodyStructure, OtherMessageTypesAreLeaves) {
  EXPECT_EQ(body("Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n"),
            "(\"MESSAGE\" \"DELIVERY-STATUS\" NIL NIL NIL \"7BIT\" 23)");
}

TEST(BodyStructure, OddValuesAreLiterals) {
  EXPECT_EQ(body("Content-Type: text/plain; name=\"\xC3\xA4\"\nContent-Description: a\rb\n\n"),
            "(\"TEXT\" \"PLAIN\" (\"NAME\" {2}\r\n\xC3\xA4 \"CHARSET\" \"US-ASCII\") NIL {3}\r\na\rb "
            "\"7BIT\" 0 0)");
}

// The separator does not depend on how the value before it ends.
TEST(BodyStructure, AParameterFollowsALiteralThatEndsInAParenthesis) {
  EXPECT_EQ(body("Content-Type: image/png; name=\"\xC3\xA4(\"; x=y\n\n"),
            "(\"IMAGE\" \"PNG\" (\"NAME\" {3}\r\n\xC3\xA4( \"X\" \"y\") NIL NIL \"7BIT\" 0)");
}

}  // namespace
}  // namespace postroom::mime
