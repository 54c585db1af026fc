// RFC 3501 2.2.1, 4.3; RFC 7888.
#include "protocols/imap/framer.h"

#include <gtest/gtest.h>

namespace postroom::imap {
namespace {

using Event = Framer::Event;

/// Gives `bytes` to the framer in pieces and writes down what it finds. Literals are accepted.
std::vector<std::string> frame(std::string_view bytes, std::size_t piece, std::size_t limit = 1000) {
  std::vector<std::string> found;
  Framer framer;
  Buffer in(1 << 16);
  while (!bytes.empty() || !in.empty()) {
    in.append(bytes.substr(0, std::min(piece, bytes.size())));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (Event event = framer.next(in, limit); event != Event::more; event = framer.next(in, limit)) {
      const std::string text(framer.text());
      switch (event) {
        case Event::more: break;
        case Event::complete:
          found.push_back(text);
          framer.reset();
          break;
        case Event::literal:
          found.push_back("literal " + std::to_string(framer.literal().size) +
                          (framer.literal().synchronising ? "" : "+"));
          if (framer.text().size() + framer.literal().size <= limit) {
            framer.accept();
          } else if (framer.literal().synchronising) {
            framer.reset();
          } else {
            framer.skip(framer.literal().size);
          }
          break;
        case Event::too_long:
          found.push_back("too long " + text.substr(0, 2));
          framer.skip_line();
          break;
        case Event::skipped: found.push_back("skipped"); break;
      }
    }
    EXPECT_TRUE(in.empty());
  }
  return found;
}

using Found = std::vector<std::string>;

/// The same, whatever the pieces.
void expect(std::string_view bytes, const Found& found, std::size_t limit = 1000) {
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_EQ(frame(bytes, piece, limit), found) << piece;
}

TEST(Framer, FindsLines) { expect("a NOOP\r\nb NOOP\r\n\r\n", {"a NOOP", "b NOOP", ""}); }

TEST(Framer, EndsALineOnlyAtCrLf) { expect("a\nb\rc\r\rd\n\r\n", {"a\nb\rc\r\rd\n"}); }

TEST(Framer, PutsLiteralsInTheirPlaces) {
  expect("a LOGIN {3}\r\nbob {3+}\r\nx\r\n\r\nb NOOP\r\n",
         {"literal 3", "literal 3+", "a LOGIN {3}\r\nbob {3+}\r\nx\r\n", "b NOOP"});
}

TEST(Framer, LooksForNothingInALiteral) {
  expect("a X {3}\r\n{5}\r\nb NOOP\r\n", {"literal 3", "a X {3}\r\n{5}", "b NOOP"});
  expect("a X {1}\r\n\r\nb\r\n", {"literal 1", "a X {1}\r\n\r\nb"});
  expect("a X {0}\r\n\r\n", {"literal 0", "a X {0}\r\n"});
}

TEST(Framer, KnowsAnAnnouncementWhenItSeesOne) {
  expect("{}\r\n{+}\r\n5}\r\n{5}x\r\n{-5}\r\n{5 }\r\n", {"{}", "{+}", "5}", "{5}x", "{-5}", "{5 }"});
}

TEST(Framer, TakesNumbersWithoutEndForTooLarge) {
  EXPECT_EQ(announced_literal("{99999999999999999999}")->size, ~std::uint64_t{0});
  EXPECT_FALSE(announced_literal("{100000000000000000000}"));
}

TEST(Framer, RefusesWhatIsTooLong) {
  expect("a NOOP\r\nb " + std::string(60, 'x') + "\r\nc NOOP\r\n",
         {"a NOOP", "too long b ", "skipped", "c NOOP"}, 20);
  expect("123456789\r\n12345678901\r\n", {"123456789", "too long 12", "skipped"}, 10);
  expect("1234567890\r\n", {"1234567890"}, 10);
}

TEST(Framer, SkipsLiteralsOfWhatIsTooLong) {
  const std::string begin = "b " + std::string(60, 'x');
  expect(begin + " {8+}\r\nc NOOP\r\n{3+}\r\nd\r\n\r\ne NOOP\r\n", {"too long b ", "skipped", "e NOOP"}, 20);
  expect(begin + " {9}\r\nc NOOP\r\n", {"too long b ", "skipped", "c NOOP"}, 20);
}

TEST(Framer, SkipsALiteralThatIsTooLarge) {
  expect("a X {12+}\r\nb NOOP\r\n{9}\r rest\r\nc NOOP\r\n", {"literal 12+", "skipped", "c NOOP"}, 15);
  expect("a X {12}\r\nb NOOP\r\n", {"literal 12", "b NOOP"}, 15);
  expect("a X {5}\r\n12345{6+}\r\nb NOOPc\r\nd NOOP\r\n", {"literal 5", "literal 6+", "skipped", "d NOOP"},
         20);
}

TEST(Framer, TakesALineAsItIsWhenAsked) {
  Framer framer;
  Buffer in(100);
  in.append("PLAIN {5}\r\nnext line");
  EXPECT_EQ(framer.next_line(in, 50), Event::complete);
  EXPECT_EQ(framer.text(), "PLAIN {5}");
  EXPECT_EQ(in.view(), "next line");
  framer.reset();
  EXPECT_EQ(framer.next_line(in, 2), Event::too_long);
}

}  // namespace
}  // namespace postroom::imap
