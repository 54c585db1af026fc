// What SORT and THREAD compare (RFC 5256, RFC 5957), and its stored form.
#include "protocols/mime/sort_keys.h"

#include <gtest/gtest.h>

#include "protocols/mime/facts.h"
#include "protocols/mime/message_id.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;
using testing::repeated;

SortKeys keys(std::string_view header) { return read_sort_keys(crlf(header)); }

std::vector<std::string> ids(std::string_view body) {
  std::vector<std::string> all;
  MessageIds reader(body);
  while (const auto id = reader.next()) all.push_back(*id);
  return all;
}

std::vector<std::uint64_t> hashes(const std::vector<std::string>& all) {
  std::vector<std::uint64_t> result;
  for (const std::string& id : all) result.push_back(message_id_hash(id));
  return result;
}

using Strings = std::vector<std::string>;

TEST(MessageIds, AreReadOneByOne) {
  EXPECT_EQ(ids(" <a@x>\r\n\t<b@x><c@x> "), (Strings{"a@x", "b@x", "c@x"}));
  EXPECT_EQ(ids("Your message of Monday <a@x> (was: <b@x>)"), (Strings{"a@x", "b@x"}));
  EXPECT_EQ(ids("none"), Strings{});
  EXPECT_EQ(ids("<> <a> <@x> <a@> <a@x <b@x>"), Strings{"b@x"});
}

// RFC 5256 3: those that differ in quoting alone are the same.
TEST(MessageIds, AreNormalised) {
  EXPECT_EQ(ids("<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>"), Strings{"01KF8JCEOCBS0045PS@xxx.yyy.com"});
  EXPECT_EQ(ids("<\"a\\\"b>c\"@x>"), Strings{"a\"b>c@x"});
  EXPECT_EQ(ids("< a(comment (nested) >) @ x >"), Strings{"a@x"});
  EXPECT_EQ(ids("<a@\r\n x>"), Strings{"a@x"});
}

TEST(MessageIds, AreReadInLinearTime) {
  EXPECT_EQ(ids(repeated("<", 1'000'000)), Strings{});
  EXPECT_EQ(ids(repeated("<(", 500'000)), Strings{});
  EXPECT_EQ(ids(repeated("<\"", 500'000)), Strings{});
}

TEST(MessageIds, HashesTellThemApart) {
  EXPECT_EQ(message_id_hash("a@x"), message_id_hash("a@x"));
  EXPECT_NE(message_id_hash("a@x"), message_id_hash("A@x")) << "case counts";
  EXPECT_NE(message_id_hash(""), 0u);
}

TEST(SortKeys, OfAMessage) {
  const SortKeys all = keys(
      "From: =?utf-8?q?Andr=C3=A9?= <Andre@Example.org>, other@example.org\n"
      "To: \"Smith, Bob\" <bob@example.org>\nCc: carol@example.org\n"
      "Subject: Re: [list] =?iso-8859-1?q?Gr=FC=DFe?=\n"
      "Date: Sun, 31 Dec 2000 16:01:33 -0800\nMessage-ID: <c@x>\n"
      "References: <a@x> <b@x>\nIn-Reply-To: <z@x>\n\n");
  EXPECT_EQ(all.from, "ANDRE");
  EXPECT_EQ(all.display_from, "ANDRE\xCC\x81");
  EXPECT_EQ(all.to, "BOB");
  EXPECT_EQ(all.display_to, "SMITH, BOB");
  EXPECT_EQ(all.cc, "CAROL");
  EXPECT_EQ(all.subject,
            "GRU\xCC\x88\xC3\x9F"
            "E")
      << "RFC 5051 has no title case for a sharp s";
  EXPECT_TRUE(all.reply_or_forward);
  EXPECT_EQ(all.sent, 978307293) << "2001-01-01T00:01:33Z, RFC 5256 2.2";
  EXPECT_EQ(all.id, message_id_hash("c@x"));
  EXPECT_EQ(all.references, hashes({"a@x", "b@x"}));
}

TEST(SortKeys, OfNothing) {
  EXPECT_EQ(keys("\n"), SortKeys());
  const SortKeys empty = keys("From:\nTo: ;\nSubject: \nDate: yesterday\nMessage-ID: none\nReferences:\n\n");
  EXPECT_EQ(empty, SortKeys());
}

// RFC 5957 3.
TEST(SortKeys, DisplayedNames) {
  EXPECT_EQ(keys("From: bob@example.org\n\n").display_from, "BOB@EXAMPLE.ORG");
  EXPECT_EQ(keys("From: bob\n\n").display_from, "BOB");
  EXPECT_EQ(keys("From: =?utf-8?q?_?= <bob@example.org>\n\n").display_from, " ");
  EXPECT_EQ(keys("From: =?utf-8?q?\?= <bob@example.org>\n\n").display_from, "BOB@EXAMPLE.ORG");
  EXPECT_EQ(keys("To: Friends: a@x, b@x;\n\n").display_to, "FRIENDS");
  EXPECT_EQ(keys("To: Friends: a@x, b@x;\n\n").to, "FRIENDS") << "RFC 3501 7.4.2: where the mailbox stands";
}

TEST(SortKeys, SentDates) {
  EXPECT_EQ(keys("Date: 1 Jan 2001 00:01:33 +0000\n\n").sent, 978307293);
  EXPECT_EQ(keys("Date: 1 Jan 2001 00:01:33 +9999\n\n").sent, 978307293) << "an invalid zone is UTC";
  EXPECT_EQ(keys("Date: 1 Jan 2001 25:01:33 +0000\n\n").sent, 978307200);
  EXPECT_EQ(keys("Date: 1 Jan 2001 noon\n\n").sent, 978307200) << "an invalid time is 00:00:00";
  EXPECT_EQ(keys("Date: 1 Jan 2001\n\n").sent, 978307200);
  EXPECT_EQ(keys("Date: 32 Jan 2001 00:01:33 +0000\n\n").sent, std::nullopt);
}

// RFC 5256 3.
TEST(SortKeys, ReferencesOrInReplyTo) {
  EXPECT_EQ(keys("In-Reply-To: <a@x> <b@x>\n\n").references, hashes({"a@x"}));
  EXPECT_EQ(keys("References: none\nIn-Reply-To: Monday's mail <a@x>\n\n").references, hashes({"a@x"}));
  EXPECT_EQ(keys("In-Reply-To: your letter\n\n").references, std::vector<std::uint64_t>{});
}

TEST(SortKeys, OfManyReferencesTheFirstAndTheLastAreKept) {
  std::string header = "References:";
  for (int i = 0; i < 100; ++i) header += " <" + std::to_string(i) + "@x>";
  const auto kept = keys(header + "\n\n").references;
  ASSERT_EQ(kept.size(), SortKeys::kMaxReferences);
  EXPECT_EQ(kept.front(), message_id_hash("0@x"));
  EXPECT_EQ(kept[1], message_id_hash("69@x"));
  EXPECT_EQ(kept.back(), message_id_hash("99@x"));

  std::string large = "References: <first@x>";
  for (int i = 0; i < 50'000; ++i) large += " <" + std::to_string(i) + "@x>";
  const auto ends = keys(large + "\n\n").references;
  EXPECT_EQ(ends.front(), message_id_hash("first@x"));
  EXPECT_EQ(ends.back(), message_id_hash("49999@x"));
}

TEST(SortKeys, LongTextsAreClippedAndStillToldApart) {
  const SortKeys a = keys("Subject: " + repeated("ä", 2000) + "a\n\n");
  const SortKeys b = keys("Subject: " + repeated("ä", 2000) + "b\n\n");
  EXPECT_LE(a.subject.size(), 1000u);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_NE(a.subject_hash, b.subject_hash);
}

TEST(SortKeys, ComeBackAsTheyWereStored) {
  for (const char* header : {"\n", "Subject: x\n\n",
                             "Date: Thu, 13 Feb 1969 23:32:54 -0330\nFrom: A <a@x>\nReferences: <r@x>\n\n"}) {
    const SortKeys before = keys(header);
    EXPECT_EQ(SortKeys::parse(before.serialise()), before) << header;
  }
}

TEST(SortKeys, WhatIsNotWholeIsRefused) {
  const std::string bytes = keys("From: A <a@x>\nSubject: Re: x\nReferences: <r@x>\n\n").serialise();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(SortKeys::parse(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(SortKeys::parse(bytes + "x"));
  std::string other = bytes;
  other[0] = 9;
  EXPECT_FALSE(SortKeys::parse(other));
}

TEST(SortKeys, AreAmongTheFacts) {
  const MessageFacts facts = facts_of(crlf("Subject: x\nMessage-ID: <b@x>\nIn-Reply-To: <a@x>\n\nbody"));
  const auto stored = SortKeys::parse(facts.sort_keys);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->subject, "X");
  EXPECT_EQ(facts.message_id, message_id_hash("b@x"));
  EXPECT_EQ(facts.references, hashes({"a@x"}));
}

}  // namespace
}  // namespace postroom::mime
