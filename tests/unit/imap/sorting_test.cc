// SORT's order (RFC 5256 3, RFC 5957 4).
#include "protocols/imap/sorting.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

#include "protocols/mime/facts.h"

namespace postroom::imap {
namespace {

class SortingTest : public ::testing::Test {
 protected:
  MessageRow& add(const std::string& header, std::int64_t internal_date = 0, std::uint64_t size = 1) {
    MessageRow& row = rows.emplace_back();
    row.uid = static_cast<Uid>(rows.size());
    row.sort_keys = mime::facts_of(header + "\r\n\r\n").sort_keys;
    row.internal_date = WallTime(std::chrono::seconds(internal_date));
    row.size = size;
    return row;
  }

  std::vector<Uid> order(std::string_view criteria) {
    Cursor in(criteria);
    Sorter sorter(parse_sort_criteria(in));
    EXPECT_TRUE(in.at_end() && !in.error()) << criteria;
    for (const MessageRow& row : rows) sorter.add(row);
    while (sorter.step()) {
    }
    return sorter.sorted();
  }

  std::vector<MessageRow> rows;
};

using Uids = std::vector<Uid>;

TEST_F(SortingTest, ByNumbers) {
  add("Date: 3 Jan 2001 00:00:00 +0000", 10, 300);
  add("Date: 1 Jan 2001 00:00:00 +0000", 30, 100);
  add("Subject: no date, so its internal one", 978393600, 200);  // 2 Jan 2001
  EXPECT_EQ(order("(ARRIVAL)"), (Uids{1, 2, 3}));
  EXPECT_EQ(order("(REVERSE ARRIVAL)"), (Uids{3, 2, 1}));
  EXPECT_EQ(order("(SIZE)"), (Uids{2, 3, 1}));
  EXPECT_EQ(order("(DATE)"), (Uids{2, 3, 1}));
  EXPECT_EQ(order("(reverse date)"), (Uids{1, 3, 2}));
}

// RFC 5256 2.2: by the moment, not by what is written.
TEST_F(SortingTest, ByDateInUtc) {
  add("Date: 31 Dec 2000 16:01:33 -0800");
  add("Date: 1 Jan 2001 00:00:00 +0000");
  EXPECT_EQ(order("(DATE)"), (Uids{2, 1}));
}

TEST_F(SortingTest, ByAddresses) {
  add("From: Zoe <alice@z.example>\r\nTo: b@x\r\nCc: y@x");
  add("From: =?utf-8?q?=C3=84nne?= <bob@a.example>\r\nTo: Anna <c@x>");
  add("From: carol@b.example\r\nTo: a@x\r\nCc: x@x, z@x");
  add("Subject: none of them");
  EXPECT_EQ(order("(FROM)"), (Uids{4, 1, 2, 3}));
  EXPECT_EQ(order("(DISPLAYFROM)"), (Uids{4, 2, 3, 1})) << "Änne, carol@b.example, Zoe";
  EXPECT_EQ(order("(TO)"), (Uids{4, 3, 1, 2}));
  EXPECT_EQ(order("(DISPLAYTO)"), (Uids{4, 3, 2, 1})) << "a@x, Anna, b@x";
  EXPECT_EQ(order("(CC)"), (Uids{2, 4, 3, 1}));
}

TEST_F(SortingTest, BySubjectWithoutRegardToCase) {
  for (const char* subject : {"b", "Re: A", "[list] C", "B", "a", "", "Fwd: b"})
    add(std::string("Subject: ") + subject);
  EXPECT_EQ(order("(SUBJECT)"), (Uids{6, 2, 5, 1, 4, 7, 3}));
  // REVERSE turns one criterion, not the order of equal messages.
  EXPECT_EQ(order("(REVERSE SUBJECT)"), (Uids{3, 1, 4, 7, 2, 5, 6}));
}

TEST_F(SortingTest, BySeveral) {
  add("Subject: a", 3);
  add("Subject: b", 1);
  add("Subject: a", 2);
  add("Subject: b", 4);
  EXPECT_EQ(order("(SUBJECT REVERSE ARRIVAL)"), (Uids{1, 3, 4, 2}));
  EXPECT_EQ(order("(SUBJECT ARRIVAL REVERSE SUBJECT)"), (Uids{3, 1, 2, 4})) << "the first counts";
}

TEST_F(SortingTest, OfNothing) { EXPECT_EQ(order("(SUBJECT)"), Uids{}); }

TEST_F(SortingTest, WhatIsNoCriterionIsRefused) {
  for (const char* text :
       {"()", "(BCC)", "(REVERSE)", "SUBJECT", "(SUBJECT", "(SUBJECT  DATE)", "(REVERSE REVERSE DATE)"}) {
    Cursor in(text);
    parse_sort_criteria(in);
    EXPECT_TRUE(in.error()) << text;
  }
}

TEST_F(SortingTest, OfManyInSteps) {
  std::mt19937 random(1);
  std::vector<std::string> subjects;
  for (int i = 0; i < 30'000; ++i) {
    subjects.push_back(std::to_string(random() % 5000));
    add("Subject: " + subjects.back(), random() % 100);
  }
  Uids expected(rows.size());
  std::iota(expected.begin(), expected.end(), 1U);
  std::sort(expected.begin(), expected.end(), [&](Uid a, Uid b) {
    const MessageRow& one = rows[a - 1];
    const MessageRow& other = rows[b - 1];
    if (one.internal_date != other.internal_date) return one.internal_date > other.internal_date;
    return std::pair(subjects[a - 1], a) < std::pair(subjects[b - 1], b);
  });
  EXPECT_EQ(order("(REVERSE ARRIVAL SUBJECT)"), expected);
}

TEST_F(SortingTest, ItsMemoryIsKnown) {
  Cursor in("(SUBJECT)");
  Sorter sorter(parse_sort_criteria(in));
  add("Subject: " + std::string(900, 'x'));
  for (int i = 0; i < 1000; ++i) sorter.add(rows[0]);
  EXPECT_GE(sorter.bytes(), 900'000u);
  EXPECT_LE(sorter.bytes(), 1'000'000u);
}

}  // namespace
}  // namespace postroom::imap
