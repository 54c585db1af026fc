// Charsets: names, malformed bytes, pieces; and folding for search.
#include "protocols/mime/charset.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

#include "base/text.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

constexpr const char* kReplacement = "\xEF\xBF\xBD";

TEST(Charset, CommonOnesAreRead) {
  EXPECT_EQ(to_utf8("utf-8", "h\xC3\xA9"), "hé");
  EXPECT_EQ(to_utf8("ISO-8859-1", "h\xE9"), "hé");
  EXPECT_EQ(to_utf8("iso-8859-15", "\xA4"), "€");
  EXPECT_EQ(to_utf8("windows-1251", "\xCF\xF0"), "Пр");
  EXPECT_EQ(to_utf8("koi8-r", "\xF0\xD2"), "Пр");
  EXPECT_EQ(to_utf8("Shift_JIS", "\x82\xB1"), "こ");
  EXPECT_EQ(to_utf8("euc-jp", "\xA4\xB3"), "こ");
  EXPECT_EQ(to_utf8("iso-2022-jp", "\x1B$B$3\x1B(B"), "こ");
  EXPECT_EQ(to_utf8("gb2312", "\xC4\xE3"), "你");
  EXPECT_EQ(to_utf8("gb18030", "\x81\x30\x81\x30"), "\xC2\x80");
  EXPECT_EQ(to_utf8("big5", "\xA7\x41"), "你");
  EXPECT_EQ(to_utf8("euc-kr", "\xB0\xA1"), "가");
  EXPECT_EQ(to_utf8("ks_c_5601-1987", "\xB0\xA1"), "가");
  EXPECT_EQ(to_utf8("utf-7", "+AOk-"), "é");
  EXPECT_EQ(to_utf8("utf-16be", std::string_view("\x00h\x00\xE9", 4)), "hé");
  EXPECT_EQ(to_utf8(" \"cp850\"", ""), std::nullopt);
  EXPECT_EQ(to_utf8(" cp850 ", "\x82"), "é");
}

// Senders say ISO-8859-1 and mean windows-1252, as browsers know.
TEST(Charset, Latin1IsReadAsItsSuperset) { EXPECT_EQ(to_utf8("iso-8859-1", "\x93quoted\x94"), "“quoted”"); }

TEST(Charset, UnknownOnesAreNothing) {
  for (const char* name : {"x-nobody", "utf-8,locale=de", "../../etc/passwd", "utf-8\n", "\xC3\xA9"}) {
    if (std::string_view(name) == "utf-8\n") continue;  // white space is trimmed
    EXPECT_EQ(to_utf8(name, "a"), std::nullopt) << name;
    EXPECT_FALSE(known_charset(name)) << name;
  }
  EXPECT_FALSE(known_charset(repeated("a", 1000)));
  EXPECT_TRUE(known_charset("US-ASCII"));
  EXPECT_TRUE(known_charset("utf-8"));
  EXPECT_TRUE(known_charset(""));
}

TEST(Charset, MalformedBytesAreReplaced) {
  EXPECT_EQ(to_utf8("utf-8",
                    "a\xFF"
                    "b"),
            std::string("a") + kReplacement + "b");
  EXPECT_EQ(to_utf8("utf-8", "a\xC3"), std::string("a") + kReplacement);
  EXPECT_EQ(to_utf8("utf-8", "\xED\xA0\x80").value().substr(0, 3), kReplacement);
  EXPECT_EQ(to_utf8("shift_jis", "\x82"), kReplacement);
  EXPECT_EQ(to_utf8("iso-8859-7", "\xFF"), kReplacement);
  EXPECT_TRUE(is_utf8(to_utf8("gb18030", "\xFF\xFE\x80\x81").value()));
}

TEST(Charset, AsciiIsReadLeniently) {
  EXPECT_EQ(to_utf8("us-ascii", "h\xC3\xA9"), "hé");
  EXPECT_EQ(to_utf8("", "h\xE9\xC3\xA9"), "héé");
  EXPECT_EQ(to_utf8("US-ASCII", "\xE2\x82"), "â‚");
  EXPECT_EQ(to_utf8("", "\xF0\x9F\x98\x80\x81"), "😀\xC2\x81");
}

TEST(Charset, PiecesMakeNoDifference) {
  struct Sample {
    const char* charset;
    std::string bytes;
  };
  const Sample samples[] = {{"utf-8",
                             "a\xE2\x82\xAC\xF0\x9F\x98\x80\xC3"
                             "b\xE2\x82"},
                            {"",
                             "a\xE2\x82\xAC\xF0\x9F\x98\x80\xC3"
                             "b\xE2\x82\xE2\xF0\x9F\x98"},
                            {"iso-2022-jp", "ab\x1B$B$3$s\x1B(Bcd\x1B$B$3"},
                            {"gb18030", "\x81\x30\x81\x30\xC4\xE3\xFF\x81"}};
  for (const Sample& sample : samples) {
    const std::string whole = to_utf8(sample.charset, sample.bytes).value();
    EXPECT_TRUE(is_utf8(whole));
    for (std::size_t step = 1; step < sample.bytes.size(); ++step) {
      auto decoder = CharsetDecoder::open(sample.charset);
      ASSERT_TRUE(decoder);
      std::string out;
      for (std::size_t at = 0; at < sample.bytes.size(); at += step)
        decoder->feed(std::string_view(sample.bytes).substr(at, step), out);
      decoder->finish(out);
      EXPECT_EQ(out, whole) << sample.charset << " by " << step;
    }
  }
}

TEST(Charset, LongTextIsConvertedWhole) {
  const std::string text = repeated("\xE9", 100'000);
  EXPECT_EQ(to_utf8("windows-1252", text), repeated("é", 100'000));
}

// RFC 5198 3.
TEST(NormalForm, IsComposed) {
  EXPECT_EQ(normal_form("e\xCC\x81 \xE1\x84\x92\xE1\x85\xA1"), "é 하");
  EXPECT_EQ(normal_form("É ﬁ"), "É ﬁ");
  EXPECT_EQ(normal_form("plain"), "plain");
}

// RFC 5051.
TEST(FoldCase, CaseAndFormsCompareEqual) {
  EXPECT_EQ(fold_case("Hello WORLD"), "hello world");
  EXPECT_EQ(fold_case("STRASSE"), fold_case("straße"));
  EXPECT_EQ(fold_case("ÉCOLE"), fold_case("école"));
  EXPECT_EQ(fold_case("e\xCC\x81"), fold_case("É"));
  EXPECT_EQ(fold_case("ΣΑΣ"), fold_case("σας"));
  EXPECT_EQ(fold_case("ПРИВЕТ"), fold_case("привет"));
  EXPECT_EQ(fold_case("ﬁle"), "file");
  EXPECT_EQ(fold_case("ＡＢＣ"), "abc");
  EXPECT_EQ(fold_case("ǅ"), fold_case("ǆ"));
  EXPECT_NE(fold_case("a"), fold_case("b"));
}

TEST(FoldCase, ALetterIsFoundWithoutItsMark) {
  EXPECT_NE(fold_case("École").find(fold_case("e")), std::string::npos);
}

// RFC 5051.
TEST(Casemap, IsOrderedAsUnicodeCasemap) {
  EXPECT_EQ(casemap("Hello"), "HELLO");
  EXPECT_LT(casemap("aB"), casemap("a_")) << "capitals count";
  EXPECT_EQ(casemap("école"),
            "E\xCC\x81"
            "COLE");
  EXPECT_EQ(casemap("ÉCOLE"), casemap("e\xCC\x81"
                                      "cole"));
  EXPECT_EQ(casemap("ǆ"), casemap("Ǆ")) << "both are ǅ in title case";
  EXPECT_EQ(casemap("ﬁle"), "fiLE") << "mapped first, decomposed then";
  EXPECT_EQ(casemap("привет"), "ПРИВЕТ");
  EXPECT_EQ(casemap("a\xFF"), std::string("A") + kReplacement);
  EXPECT_EQ(casemap(repeated("я", 5000)), repeated("Я", 5000));
}

// RFC 5255 4.2: SEARCH finds whatever is equal by RFC 5051.
TEST(FoldCase, MakesAllEqualThatCasemapDoes) {
  std::map<std::string, std::string> folded;
  for (char32_t c = 1; c < 0x20000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::u32string one(1, c);
    const std::string text = to_utf8("utf-32le", {reinterpret_cast<const char*>(one.data()), 4}).value();
    const auto [at, fresh] = folded.emplace(casemap(text), fold_case(text));
    EXPECT_EQ(at->second, fold_case(text)) << text;
  }
}

TEST(FoldCase, MalformedUtf8IsReplaced) { EXPECT_EQ(fold_case("A\xFF"), std::string("a") + kReplacement); }

TEST(FoldCase, BlocksMakeNoDifference) {
  std::string text, expected;
  for (int i = 0; i < 5000; ++i) {
    text += "É ";
    expected += "e\xCC\x81 ";
  }
  EXPECT_EQ(fold_case(text), expected);
  EXPECT_EQ(fold_case(repeated("Я", 5000)), repeated("я", 5000));
}

// Marks are sorted across what is dropped (soft hyphens, joiners), so a text is not cut there either.
TEST(FoldCase, PiecesMakeNoDifference) {
  const std::string pieces[] = {
      "É",  "a",        "\xCC\x81", "\xCC\xA3", "\xC2\xAD", "\xE2\x80\x8D", "\xEA\xB0\x80", "\xE1\x86\xA8",
      "漢", "\xCD\x8F", "\xCD\x85"};
  std::mt19937 dice(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> text;
    for (int i = 0; i < 3000; ++i) {
      const bool marks = round % 5 == 0 && i > 500 && i < 2000;
      text.push_back(pieces[marks ? 2 + dice() % 3 : dice() % std::size(pieces)]);
    }
    std::string whole, in_pieces;
    CaseFolder folder;
    for (std::size_t i = 0; i < text.size();) {
      std::string piece;
      for (std::size_t end = std::min(text.size(), i + 1 + dice() % 700); i < end; ++i) piece += text[i];
      whole += piece;
      folder.feed(piece, in_pieces);
    }
    folder.finish(in_pieces);
    EXPECT_EQ(in_pieces, fold_case(whole)) << round;
  }
}

// Sorting a million marks at once would take hours.
TEST(FoldCase, EndlessMarksAreFolded) {
  const std::string marks = repeated("\xCC\x81\xCC\xA3", 300'000);
  EXPECT_EQ(fold_case(marks).size(), marks.size());
}

}  // namespace
}  // namespace postroom::mime
