// The tree of parts: positions, boundaries, slicings, hostile messages.
#include "protocols/mime/structure.h"

#include <functional>
#include <gtest/gtest.h>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;
using testing::repeated;

Part parse(std::string_view message) {
  StructureParser parser;
  parser.feed(message);
  return parser.finish();
}

/// "text/plain[body]" with children in braces; a message's header is shown before '/'.
std::string shown(const Part& part, std::string_view message) {
  std::string out = part.type + '/' + part.subtype;
  if (part.kind == Part::Kind::leaf)
    out += '[' + std::string(message.substr(part.body_offset, part.body_size)) + ']';
  if (!part.children.empty()) {
    out += '{';
    for (const Part& child : part.children) out += (out.back() == '{' ? "" : " ") + shown(child, message);
    out += '}';
  }
  return out;
}

std::string tree(std::string_view text) { return shown(parse(text), text); }

/// Everything a parse found, for comparing.
std::string dump(const Part& part) {
  std::string out = part.type + '/' + part.subtype;
  for (const std::uint64_t number : {static_cast<std::uint64_t>(part.kind), part.header_offset,
                                     part.header_size, part.body_offset, part.body_size, part.body_lines})
    out += ' ' + std::to_string(number);
  out += part.encoding + part.id + part.description + part.md5 + part.location + part.disposition.value +
         part.envelope.wire;
  for (const Parameter& parameter : part.parameters) out += ' ' + parameter.name + '=' + parameter.value;
  for (const Part& child : part.children) out += '(' + dump(child) + ')';
  return out;
}

/// Each part lies in its parent's body, header before body, in order.
void expect_sound(const Part& part, std::string_view message) {
  const std::uint64_t end = part.body_offset + part.body_size;
  EXPECT_EQ(part.header_offset + part.header_size, part.body_offset);
  ASSERT_LE(end, message.size());
  const std::string_view body = message.substr(part.body_offset, part.body_size);
  EXPECT_EQ(part.body_lines, static_cast<std::uint64_t>(std::count(body.begin(), body.end(), '\n')));
  std::uint64_t at = part.body_offset;
  for (const Part& child : part.children) {
    EXPECT_GE(child.header_offset, at);
    at = child.body_offset + child.body_size;
    EXPECT_LE(at, end);
    expect_sound(child, message);
  }
  EXPECT_EQ(part.kind == Part::Kind::leaf, part.children.empty());
  if (part.kind == Part::Kind::message) {
    EXPECT_EQ(part.children.size(), 1U);
  }
}

const std::string kMixed = "Content-Type: multipart/mixed; boundary=b\n\n";

TEST(Structure, PositionsOfAPlainMessage) {
  const std::string message = crlf("Subject: x\n\nline\nline\n");
  const Part root = parse(message);
  EXPECT_EQ(root.header_offset, 0U);
  EXPECT_EQ(root.header_size, 14U);
  EXPECT_EQ(root.body_offset, 14U);
  EXPECT_EQ(root.body_size, 12U);
  EXPECT_EQ(root.body_lines, 2U);
}

TEST(Structure, HeaderAndBodyMayBeMissing) {
  EXPECT_EQ(tree(""), "text/plain[]");
  EXPECT_EQ(tree("\r\nbody"), "text/plain[body]");
  EXPECT_EQ(parse("\r\nbody").header_size, 2U);
  EXPECT_EQ(parse("Subject: x\r\n").header_size, 12U);
  EXPECT_EQ(parse("Subject: x").header_size, 10U);
  EXPECT_EQ(parse("Subject: x\r\n\r\n").header_size, 14U);
}

TEST(Structure, TheLineEndBeforeABoundaryIsTheBoundarys) {
  EXPECT_EQ(tree(crlf(kMixed + "pre\n--b\n\none\n--b\n\ntwo\n\n--b--\npost\n")),
            "multipart/mixed{text/plain[one] text/plain[two\r\n]}");
  EXPECT_EQ(tree(kMixed + "pre\n--b\n\none\n--b\n\ntwo\n\n--b--\npost\n"),
            "multipart/mixed{text/plain[one] text/plain[two\n]}");
  EXPECT_EQ(tree(kMixed + "--b\n\none\r\n--b\n\ntwo\r\n\n--b--"),
            "multipart/mixed{text/plain[one] text/plain[two\r\n]}");
}

TEST(Structure, EmptyParts) {
  EXPECT_EQ(tree(crlf(kMixed + "--b\n--b\n\n--b\n\n\n--b\nX: y\n--b\nX: y\n\n--b--\n")),
            "multipart/mixed{text/plain[] text/plain[] text/plain[] text/plain[] text/plain[]}");
  EXPECT_EQ(tree(kMixed + "--b"), "multipart/mixed{text/plain[]}");
  EXPECT_EQ(tree(kMixed + "--b--"), "multipart/mixed{text/plain[]}");
  EXPECT_EQ(tree(kMixed + "--b--\n--b\n\nx"), "multipart/mixed{text/plain[]}");
}

TEST(Structure, AMissingCloseDelimiterIsTheEndOfTheMessage) {
  EXPECT_EQ(tree(kMixed + "--b\n\none\n--b\n\ntwo\n"), "multipart/mixed{text/plain[one] text/plain[two\n]}");
  EXPECT_EQ(tree(kMixed + "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--"),
            "multipart/mixed{multipart/x{text/plain[one]} text/plain[two]}");
}

// RFC 2046 5.1.1: transport padding; the line only has to begin with the boundary.
TEST(Structure, DelimitersMayHaveMoreAfterThem) {
  EXPECT_EQ(tree(kMixed + "--b \t\n\none\n--bx\n\ntwo\n--b-- \nx"),
            "multipart/mixed{text/plain[one] text/plain[two]}");
  EXPECT_EQ(tree(kMixed + "--b\n\n -- b\n -b\n-\n--\n--a\n- -b\n--b--"),
            "multipart/mixed{text/plain[ -- b\n -b\n-\n--\n--a\n- -b]}");
}

TEST(Structure, BoundariesThatBeginAlike) {
  const std::string outer_longer =
      "Content-Type: multipart/mixed; boundary=b1\n\n--b1\nContent-Type: multipart/x; boundary=b\n\n";
  EXPECT_EQ(tree(outer_longer + "--b\n\none\n--b--\n--b1\n\ntwo\n--b1--"),
            "multipart/mixed{multipart/x{text/plain[one]} text/plain[two]}");
  EXPECT_EQ(tree(outer_longer + "--b\n\none\n--b1\n\ntwo\n--b1--"),
            "multipart/mixed{multipart/x{text/plain[one]} text/plain[two]}");
  const std::string inner_longer = kMixed + "--b\nContent-Type: multipart/x; boundary=b1\n\n";
  EXPECT_EQ(tree(inner_longer + "--b1\n\none\n--b1--\n--b\n\ntwo\n--b--"),
            "multipart/mixed{multipart/x{text/plain[one]} text/plain[two]}");
  const std::string dashes = kMixed + "--b\nContent-Type: multipart/x; boundary=b--\n\n";
  EXPECT_EQ(tree(dashes + "--b--\n\none\n--b----\n--b\n\ntwo\n--b--"),
            "multipart/mixed{multipart/x{text/plain[one]} text/plain[two]}");
}

TEST(Structure, TheInnerOfTwoEqualBoundariesCounts) {
  EXPECT_EQ(
      tree(kMixed + "--b\nContent-Type: multipart/x; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--"),
      "multipart/mixed{multipart/x{text/plain[one]} text/plain[two]}");
}

TEST(Structure, BoundariesOfAnyCharacters) {
  EXPECT_EQ(tree("Content-Type: multipart/mixed; boundary=\"'()+_,-./:=? x\"\n\n--'()+_,-./:=? "
                 "x\n\none\n--'()+_,-./:=? x--"),
            "multipart/mixed{text/plain[one]}");
  EXPECT_EQ(tree("Content-Type: multipart/mixed;\n boundary*0=a;\n boundary*1=b\n\n--ab\n\none\n--ab--"),
            "multipart/mixed{text/plain[one]}");
  const std::string longest(994, 'x'), longer(995, 'x');
  const auto message = [](const std::string& boundary) {
    return "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n\none\n--" +
           boundary + "--  \n";
  };
  EXPECT_EQ(tree(message(longest)), "multipart/mixed{text/plain[one]}");
  EXPECT_EQ(parse(message(longer)).type, "text");
}

TEST(Structure, EmbeddedMessages) {
  const std::string message =
      crlf("Content-Type: message/rfc822\n\nSubject: in\n" + kMixed + "--b\n\none\n--b--\n");
  EXPECT_EQ(tree(message), "message/rfc822{multipart/mixed{text/plain[one]}}");
  const Part root = parse(message);
  const Part& inner = root.children.front();
  EXPECT_EQ(inner.header_offset, root.body_offset);
  EXPECT_EQ(root.body_lines, 7U);
  EXPECT_EQ(inner.envelope.wire.substr(0, 11), "(NIL \"in\" N");
  EXPECT_EQ(tree("Content-Type: message/rfc822\n\n"), "message/rfc822{text/plain[]}");
  EXPECT_EQ(tree("Content-Type: message/rfc822\n"), "message/rfc822{text/plain[]}");
  EXPECT_EQ(tree(kMixed + "--b\nContent-Type: message/rfc822\n--b--"),
            "multipart/mixed{message/rfc822{text/plain[]}}");
  EXPECT_EQ(tree("Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n\nx"),
            "message/rfc822{message/rfc822{text/plain[x]}}");
}

TEST(Structure, ABoundaryEndsAHeader) {
  const std::string message =
      crlf(kMixed + "--b\nSubject: x\n--b\nContent-Type: message/rfc822\n\nSubject: y\n--b--\n");
  EXPECT_EQ(tree(message), "multipart/mixed{text/plain[] message/rfc822{text/plain[]}}");
  const Part root = parse(message);
  expect_sound(root, message);
  EXPECT_EQ(message.substr(root.children[0].header_offset, root.children[0].header_size), "Subject: x");
}

TEST(Structure, NulsAndBareCrsAreContent) {
  std::string message = kMixed + "--b\n\na?b\rc\r--b\n--b--\n";
  message[message.find('?')] = '\0';
  EXPECT_EQ(tree(message), std::string("multipart/mixed{text/plain[a?b\rc\r--b]}").replace(28, 1, 1, '\0'));
}

TEST(Structure, ReceivedFieldsAreKnownOnceTheHeaderIs) {
  StructureParser parser;
  parser.feed("Received: a\r\nReceived: b\r\n");
  parser.feed("\r\nbody");
  EXPECT_EQ(parser.received_count(), 2);
  EXPECT_EQ(parser.finish().envelope.received_count, 2);
}

const std::string kSamples[] = {
    crlf("Received: x\nSubject: s\n" + kMixed +
         "pre\n--b\n\none\n--bc\nContent-Type: multipart/digest; boundary=bc\n\n\n--bc\n\n"
         "Subject: in\n\nx\n--bc--\n\n--b\nContent-Type: message/rfc822\n\nFrom: a\n--b\nX: y\n--b--\npost"),
    kMixed + "--b\n\n-\n--\n---b\r\r\n\r--b\n\n--b \r\n--b--x\n\n--b\n",
    "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nA: b\n\nbody\r\n",
    "From x\r\nno field\r\n folded\r\nContent-Type:multipart/a;boundary=\"\r\n "
    "b\"\r\n\r\n--b\r\n\r\n--b--\r\n",
    std::string("\0\r\n\r\n\0--b\n", 11),
    kMixed + "\r\n--b\r",
    kMixed + "--b\n\n" + repeated("--" + repeated("x", 1100) + "\n", 3) + "--b--",
};

TEST(Structure, SlicesMakeNoDifference) {
  for (const std::string& message : kSamples) {
    const Part whole = parse(message);
    expect_sound(whole, message);
    for (std::size_t step = 1; step < message.size(); ++step) {
      StructureParser parser;
      for (std::size_t at = 0; at < message.size(); at += step)
        parser.feed(std::string_view(message).substr(at, step));
      ASSERT_EQ(dump(parser.finish()), dump(whole)) << "by " << step << ": " << message;
    }
    for (std::size_t cut = 0; cut <= message.size(); ++cut) {
      StructureParser parser;
      parser.feed(std::string_view(message).substr(0, cut));
      parser.feed(std::string_view(message).substr(cut));
      ASSERT_EQ(dump(parser.finish()), dump(whole)) << "cut at " << cut << ": " << message;
    }
  }
}

TEST(Structure, EveryPrefixIsSound) {
  for (const std::string& message : kSamples)
    for (std::size_t size = 0; size < std::min<std::size_t>(message.size(), 600); ++size)
      expect_sound(parse(message.substr(0, size)), message.substr(0, size));
}

}  // namespace
}  // namespace postroom::mime
