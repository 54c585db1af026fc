// Sections: grammar, subsets of headers, partial ranges.
#include "protocols/imap/section.h"

#include <gtest/gtest.h>

#include "protocols/mime/facts.h"

namespace postroom::imap {
namespace {

std::string printed(const Section& section) {
  Wire wire;
  print(section, wire);
  return std::string(wire.view());
}

// The section as a response would name it, or "BAD".
std::string parsed(std::string_view text) {
  Cursor in(text);
  const Section section = parse_section(in);
  in.end();
  return in.error() ? "BAD" : printed(section);
}

TEST(Section, EveryFormIsReadAndPrinted) {
  for (const char* form : {"]", "HEADER]", "TEXT]", "1]", "4.2.2.1]", "3.HEADER]", "3.TEXT]", "4.1.MIME]",
                           "HEADER.FIELDS (DATE FROM)]", "4.2.HEADER.FIELDS.NOT (Subject)]", "4294967295]"})
    EXPECT_EQ(parsed(form), form);
}

TEST(Section, WordsHaveNoCase) {
  EXPECT_EQ(parsed("header]"), "HEADER]");
  EXPECT_EQ(parsed("1.mime]"), "1.MIME]");
  EXPECT_EQ(parsed("Header.Fields (Date)]"), "HEADER.FIELDS (Date)]");
}

TEST(Section, FieldNamesAreAstrings) {
  EXPECT_EQ(parsed("HEADER.FIELDS (\"x y\" a]b)]"), "HEADER.FIELDS (\"x y\" a]b)]");
  EXPECT_EQ(parsed("HEADER.FIELDS ({3}\r\nabc)]"), "HEADER.FIELDS (abc)]");
}

// Once, not for each message.
TEST(Section, FieldNamesAreSortedWhenRead) {
  Cursor in("HEADER.FIELDS (To from CC)]");
  EXPECT_EQ(parse_section(in).sorted, (std::vector<std::string>{"cc", "from", "to"}));
}

TEST(Section, WhatIsNoSectionIsBad) {
  for (const char* form : {"", "HEADER", "MIME]", "0]", "1.]", "1..2]", ".1]", "1.0]", "1.HEADER.2]",
                           "HEADER.FIELDS]", "HEADER.FIELDS ()]", "HEADER.FIELDS (a  b)]",
                           "HEADER.FIELDS (a b]", "4294967296]", "1 ]", "BODY]", "TEXT.1]"})
    EXPECT_EQ(parsed(form), "BAD") << form;
}

std::string partial(std::string_view text) {
  Cursor in(text);
  const auto read = parse_partial(in);
  in.end();
  if (in.error()) return "BAD";
  return read ? std::to_string(read->origin) + "+" + std::to_string(read->length) : "none";
}

TEST(Partial, IsReadWithItsLimits) {
  EXPECT_EQ(partial(""), "none");
  EXPECT_EQ(partial("<0.2048>"), "0+2048");
  EXPECT_EQ(partial("<9223372036854775807.9223372036854775807>"), "9223372036854775807+9223372036854775807");
  for (const char* wrong : {"<", "<0>", "<0.0>", "<1.>", "<.1>", "<-1.5>", "<1.5", "<9223372036854775808.1>"})
    EXPECT_EQ(partial(wrong), "BAD") << wrong;
}

mime::Range clipped(std::uint64_t size, std::uint64_t origin, std::uint64_t length) {
  return clip({100, size}, Partial{origin, length});
}

TEST(Partial, LeavesWhatIsThere) {
  EXPECT_EQ(clip({100, 10}, std::nullopt), (mime::Range{100, 10}));
  EXPECT_EQ(clipped(10, 0, 4), (mime::Range{100, 4}));
  EXPECT_EQ(clipped(10, 4, 100), (mime::Range{104, 6}));
  EXPECT_EQ(clipped(10, 10, 1).size, 0u);
  EXPECT_EQ(clipped(10, ~std::uint64_t{0} >> 1, ~std::uint64_t{0} >> 1).size, 0u);
  EXPECT_EQ(clipped(10, 3, ~std::uint64_t{0} >> 1), (mime::Range{103, 7}));
}

std::string filtered(std::string_view section, std::string_view header, std::size_t step) {
  Cursor in(section);
  const Section parsed = parse_section(in);
  FieldFilter filter(parsed);
  std::string out;
  for (std::size_t at = 0; at < header.size(); at += step) filter.feed(header.substr(at, step), out);
  filter.finish(out);
  return out;
}

constexpr std::string_view kHeader =
    "From: a\r\n"
    "Subject: one\r\n two\r\n"
    "SUBJECT : three\r\n"
    "no field at all\r\n"
    "Subjects: four\r\n"
    "X-Empty:\r\n"
    "\r\n";

TEST(FieldFilter, TakesTheNamedFieldsWhole) {
  for (const std::size_t step : {1u, 2u, 7u, 1000u}) {
    EXPECT_EQ(filtered("HEADER.FIELDS (subject)]", kHeader, step),
              "Subject: one\r\n two\r\nSUBJECT : three\r\n\r\n");
    EXPECT_EQ(filtered("HEADER.FIELDS (x-empty from)]", kHeader, step), "From: a\r\nX-Empty:\r\n\r\n");
    EXPECT_EQ(filtered("HEADER.FIELDS (Date)]", kHeader, step), "\r\n");
  }
}

TEST(FieldFilter, NotTakesAllTheOthers) {
  for (const std::size_t step : {1u, 3u, 1000u})
    EXPECT_EQ(filtered("HEADER.FIELDS.NOT (subject from)]", kHeader, step),
              "no field at all\r\nSubjects: four\r\nX-Empty:\r\n\r\n");
}

TEST(FieldFilter, TogetherTheyAreTheHeader) {
  const std::string all = filtered("HEADER.FIELDS.NOT (none)]", kHeader, 5);
  EXPECT_EQ(all, kHeader);
}

TEST(FieldFilter, WithoutABlankLineThereIsNone) {
  EXPECT_EQ(filtered("HEADER.FIELDS (a)]", "A: 1\r\nB: 2\r\n", 4), "A: 1\r\n");
  EXPECT_EQ(filtered("HEADER.FIELDS (b)]", "A: 1\r\nB: 2", 4), "B: 2");
  EXPECT_EQ(filtered("HEADER.FIELDS.NOT (a)]", "A: 1\r\nB", 1), "B");
  EXPECT_EQ(filtered("HEADER.FIELDS (a)]", "A: 1\r\nB", 1), "A: 1\r\n");
}

TEST(FieldFilter, LinesMayEndWithLf) {
  EXPECT_EQ(filtered("HEADER.FIELDS (a)]", "A: 1\n 2\nB: 3\n\n", 3), "A: 1\n 2\n\n");
}

TEST(FieldFilter, AFieldOfAnyLengthPasses) {
  const std::string line(5000, 'x');
  EXPECT_EQ(filtered("HEADER.FIELDS (a)]", "A: " + line + "\r\n" + line + "\r\n\r\n", 999),
            "A: " + line + "\r\n\r\n");
  EXPECT_EQ(filtered("HEADER.FIELDS.NOT (a)]", "A: " + line + "\r\n" + line + "\r\n\r\n", 999),
            line + "\r\n\r\n");
}

// The example of RFC 3501 6.4.5 in small.
constexpr std::string_view kMessage =
    "Content-Type: multipart/mixed; boundary=a\r\n"
    "\r\n"
    "--a\r\n"
    "\r\n"
    "first\r\n"
    "--a\r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Subject: inner\r\n"
    "\r\n"
    "second\r\n"
    "--a--\r\n";

std::string found(std::string_view section) {
  Cursor in(section);
  const auto parts = mime::PartIndex::parse(mime::facts_of(kMessage).parts);
  if (!parts) return "no parts";
  const auto range = parse_section(in).find(*parts);
  return range ? std::string(kMessage.substr(range->offset, range->size)) : "NIL";
}

TEST(Section, IsFoundInTheMessage) {
  EXPECT_EQ(found("]"), kMessage);
  EXPECT_EQ(found("HEADER]"), "Content-Type: multipart/mixed; boundary=a\r\n\r\n");
  EXPECT_EQ(found("TEXT]").substr(0, 5), "--a\r\n");
  EXPECT_EQ(found("1]"), "first");
  EXPECT_EQ(found("1.MIME]"), "\r\n");
  EXPECT_EQ(found("2.MIME]"), "Content-Type: message/rfc822\r\n\r\n");
  EXPECT_EQ(found("2.HEADER]"), "Subject: inner\r\n\r\n");
  EXPECT_EQ(found("2.HEADER.FIELDS (x)]"), "Subject: inner\r\n\r\n");
  EXPECT_EQ(found("2.TEXT]"), "second");
  EXPECT_EQ(found("2.1]"), "second");
  for (const char* none : {"3]", "1.HEADER]", "1.TEXT]", "1.2]", "2.2]", "4294967295]"})
    EXPECT_EQ(found(none), "NIL") << none;
}

}  // namespace
}  // namespace postroom::imap
