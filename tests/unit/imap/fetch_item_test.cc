// What FETCH asks for.
#include "protocols/imap/fetch_item.h"

#include <gtest/gtest.h>
#include <set>

namespace postroom::imap {
namespace {

// The items' names, or "BAD".
std::string items(std::string_view text) {
  Cursor in(text);
  std::string names;
  for (const FetchRequest& request : parse_fetch_items(in))
    if (request.item) names += (names.empty() ? "" : " ") + std::string(request.item->name);
  in.end();
  return in.error() ? "BAD" : names;
}

TEST(FetchItems, HaveNamesOfTheirOwnAndOneWayToAnswer) {
  std::set<std::string_view> names;
  for (const FetchItem* item : fetch_items()) {
    EXPECT_TRUE(names.insert(item->name).second) << item->name;
    EXPECT_NE(item->print == nullptr, item->send == nullptr) << item->name;
  }
  // RFC 3501 6.4.5 and RFC 7162 3.1.4.2.
  for (const char* name :
       {"BODY", "BODY[", "BODY.PEEK[", "BODYSTRUCTURE", "ENVELOPE", "FLAGS", "INTERNALDATE", "MODSEQ",
        "RFC822", "RFC822.HEADER", "RFC822.SIZE", "RFC822.TEXT", "UID"})
    EXPECT_EQ(names.count(name), 1u) << name;
}

TEST(FetchItems, AreReadOneOrSeveral) {
  EXPECT_EQ(items("FLAGS"), "FLAGS");
  EXPECT_EQ(items("(flags Uid)"), "FLAGS UID");
  EXPECT_EQ(items("(RFC822 RFC822.SIZE RFC822.HEADER RFC822.TEXT)"),
            "RFC822 RFC822.SIZE RFC822.HEADER RFC822.TEXT");
  EXPECT_EQ(items("(BODY BODYSTRUCTURE BODY[] BODY.PEEK[1]<0.9>)"), "BODY BODYSTRUCTURE BODY[ BODY.PEEK[");
}

TEST(FetchItems, MacrosStandAlone) {
  EXPECT_EQ(items("FAST"), "FLAGS INTERNALDATE RFC822.SIZE");
  EXPECT_EQ(items("all"), "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE");
  EXPECT_EQ(items("FULL"), "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY");
  EXPECT_EQ(items("(FULL)"), "BAD");
}

TEST(FetchItems, WhatIsNoneIsBad) {
  for (const char* text :
       {"", "(", "()", "( FLAGS)", "(FLAGS )", "(FLAGS  UID)", "FLAGSX", "RFC822.", "RFC822.SIZES",
        "BODY.PEEK", "BODY[", "BODY[]<1>", "BODYSTRUCTURE[]", "FLAGS[]", "FLAGS UID"})
    EXPECT_EQ(items(text), "BAD") << text;
}

std::string many(std::string_view item, int count) {
  std::string text = "(";
  for (int i = 0; i < count; ++i) text.append(i > 0 ? " " : "").append(item);
  return text + ")";
}

TEST(FetchItems, AreNotEndlesslyMany) {
  EXPECT_NE(items(many("UID", 100)), "BAD");
  EXPECT_EQ(items(many("UID", 101)), "BAD");
  EXPECT_NE(items("BODY[HEADER.FIELDS " + many("a", 1000) + "]"), "BAD");
  EXPECT_EQ(items("BODY[HEADER.FIELDS " + many("a", 1001) + "]"), "BAD");
  const std::string some = "BODY[HEADER.FIELDS " + many("a", 100) + "]";
  EXPECT_NE(items(many(some, 10)), "BAD");
  EXPECT_EQ(items(many(some, 11)), "BAD");
}

std::uint32_t wanted(std::string_view text) {
  Cursor in(text);
  return parse_fetch_items(in).front().want;
}

TEST(FetchItems, SayWhatTheyNeed) {
  EXPECT_EQ(wanted("UID"), 0u);
  EXPECT_EQ(wanted("FLAGS"), Want::flags);
  EXPECT_EQ(wanted("BODYSTRUCTURE"), Want::body_structure);
  EXPECT_EQ(wanted("BODY.PEEK[]"), 0u);
  EXPECT_EQ(wanted("BODY[]<5.5>"), 0u);
  EXPECT_EQ(wanted("RFC822"), 0u);
  EXPECT_EQ(wanted("BODY.PEEK[TEXT]"), Want::parts);
  EXPECT_EQ(wanted("RFC822.HEADER"), Want::parts);
}

}  // namespace
}  // namespace postroom::imap
