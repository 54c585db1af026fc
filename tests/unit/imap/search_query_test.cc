// SEARCH's keys, their combinations, and what is read of a message to decide them.
#include <gtest/gtest.h>
#include <set>

#include "tests/support/heap.h"
#include "tests/unit/imap/search_support.h"

namespace postroom::imap {
namespace {

using testing::Mailbox;
using testing::search;

TEST(SearchKeys, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const SearchKey* key : search_keys()) {
    EXPECT_FALSE(key->names.empty());
    for (const std::string_view name : key->names) EXPECT_TRUE(names.insert(name).second) << name;
  }
  // RFC 3501 6.4.4 and RFC 7162 3.1.5, sequence sets and parentheses apart.
  for (const char* name :
       {"ALL",     "ANSWERED",  "BCC",       "BEFORE",  "BODY",   "CC",         "DELETED",    "DRAFT",
        "FLAGGED", "FROM",      "HEADER",    "KEYWORD", "LARGER", "MODSEQ",     "NEW",        "NOT",
        "OLD",     "ON",        "OR",        "RECENT",  "SEEN",   "SENTBEFORE", "SENTON",     "SENTSINCE",
        "SINCE",   "SMALLER",   "SUBJECT",   "TEXT",    "TO",     "UID",        "UNANSWERED", "UNDELETED",
        "UNDRAFT", "UNFLAGGED", "UNKEYWORD", "UNSEEN"})
    EXPECT_EQ(names.count(name), 1u) << name;
}

TEST(SearchKeys, OfFlags) {
  Mailbox mailbox;
  mailbox.keywords = {"$Junk", "Work"};
  mailbox.add("a").row.flags.bits = Flags::seen | Flags::keyword(1);
  mailbox.add("b").row.flags.bits = Flags::deleted | Flags::keyword(0);
  EXPECT_EQ(search(mailbox, " SEEN"), "1");
  EXPECT_EQ(search(mailbox, " undeleted"), "1");
  EXPECT_EQ(search(mailbox, " KEYWORD WORK"), "1");
  EXPECT_EQ(search(mailbox, " UNKEYWORD $junk"), "1");
  EXPECT_EQ(search(mailbox, " KEYWORD other"), "");
  EXPECT_EQ(search(mailbox, " UNKEYWORD other"), "1 2");
}

TEST(SearchKeys, OfTheView) {
  Mailbox mailbox;
  for (const Uid uid : {3u, 5u, 9u}) mailbox.add("x", uid);
  mailbox.mails[2]->row.flags.bits = Flags::seen;
  mailbox.first_recent = 5;
  EXPECT_EQ(search(mailbox, " RECENT"), "2 3");
  EXPECT_EQ(search(mailbox, " OLD"), "1");
  EXPECT_EQ(search(mailbox, " NEW"), "2");
  EXPECT_EQ(search(mailbox, " UID 5:*"), "2 3");
  EXPECT_EQ(search(mailbox, " UID 4"), "");
  EXPECT_EQ(search(mailbox, " 2:*"), "2 3");
  EXPECT_EQ(search(mailbox, " 4"), "BAD");
}

TEST(SearchKeys, OfSizeAndDates) {
  Mailbox mailbox;
  auto& row = mailbox.add("Date: Sat, 1 Feb 2025 00:00:00 -1200\r\n\r\n").row;
  row.internal_date = WallTime(std::chrono::seconds(1738367999));  // 2025-01-31T23:59:59Z
  EXPECT_EQ(search(mailbox, " ON 31-Jan-2025"), "1");
  EXPECT_EQ(search(mailbox, " BEFORE 31-Jan-2025"), "");
  EXPECT_EQ(search(mailbox, " SINCE 31-Jan-2025"), "1");
  EXPECT_EQ(search(mailbox, " SENTON 1-Feb-2025"), "1");
  EXPECT_EQ(search(mailbox, " SENTBEFORE 2-Feb-2025"), "1");
  EXPECT_EQ(search(mailbox, " SENTSINCE 2-Feb-2025"), "");
  EXPECT_EQ(search(mailbox, " LARGER " + std::to_string(row.size)), "");
  EXPECT_EQ(search(mailbox, " LARGER " + std::to_string(row.size - 1)), "1");
  EXPECT_EQ(search(mailbox, " SMALLER " + std::to_string(row.size)), "");
  EXPECT_EQ(search(mailbox, " SMALLER 9223372036854775807"), "1");
}

TEST(SearchKeys, SentBeforeTheEpoch) {
  Mailbox mailbox;
  mailbox.add("Date: Wed, 31 Dec 1969 12:00:00 +0000\r\n\r\n");
  EXPECT_EQ(search(mailbox, " SENTON 31-Dec-1969"), "1");
}

TEST(SearchKeys, OfHeaders) {
  Mailbox mailbox;
  mailbox.add(
      "From: =?utf-8?q?J=C3=B6rg?=\r\n\t<j@example.org>\r\nSubject: one\r\nsubject: two\r\nX: "
      "=?utf-8?q?=c3=89?=\r\n"
      "Odd line\r\n\r\nFrom: body\r\n");
  EXPECT_EQ(search(mailbox, " FROM \"rg <J@\""), "1");
  EXPECT_EQ(search(mailbox, " FROM body"), "");
  EXPECT_EQ(search(mailbox, " SUBJECT one SUBJECT two"), "1");
  EXPECT_EQ(search(mailbox, " SUBJECT \"\""), "1");
  EXPECT_EQ(search(mailbox, " CC \"\""), "");
  EXPECT_EQ(search(mailbox, " HEADER x {2}\r\n\xC3\xA9"), "1");
  EXPECT_EQ(search(mailbox, " HEADER x {3}\r\ne\xCC\x81"), "1");
  EXPECT_EQ(search(mailbox, " TEXT \"odd line\""), "1");
  EXPECT_EQ(search(mailbox, " TEXT \"subject: two\""), "1");
  EXPECT_EQ(search(mailbox, " HEADER \"\" line"), "");
}

constexpr std::string_view kNested =
    "Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n"
    "--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
    "quoted-printable\r\n\r\n"
    "na=\r\n=EFve\r\n"
    "--a\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "/v8AVwBvAHIAbABk\r\n"
    "--a\r\nContent-Type: image/png\r\n\r\npicture\r\n"
    "--a\r\nContent-Type: text/plain; charset=nobody-knows\r\n\r\nplain\r\n"
    "--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?inn?=\r\n =?utf-8?q?er?=\r\n\r\ndeep\r\n"
    "--a--\r\n";

TEST(SearchKeys, OfBodies) {
  Mailbox mailbox;
  mailbox.add(std::string(kNested));
  for (const std::size_t piece : {1u, 2u, 7u, 1u << 20}) {
    for (const char* there :
         {"{6}\r\nna\xC3\xAFve", "world", "plain", "inner", "\"subject: inner\"", "deep", "\"\""})
      EXPECT_EQ(search(mailbox, std::string(" BODY ") + there, piece), "1") << there;
    for (const char* not_there : {"preamble", "picture", "outer", "boundary", "\"plaindeep\"", "\"deep \""})
      EXPECT_EQ(search(mailbox, std::string(" BODY ") + not_there, piece), "") << not_there;
    EXPECT_EQ(search(mailbox, " TEXT outer", piece), "1");
    EXPECT_EQ(search(mailbox, " TEXT deep", piece), "1");
    EXPECT_EQ(search(mailbox, " TEXT \"outer\" BODY deep SUBJECT out", piece), "1");
  }
}

TEST(SearchCombinations, AreBoolean) {
  Mailbox mailbox;
  mailbox.add("Subject: a\r\n\r\nx").row.flags.bits = Flags::seen;
  mailbox.add("Subject: b\r\n\r\ny");
  EXPECT_EQ(search(mailbox, " SEEN SUBJECT a"), "1");
  EXPECT_EQ(search(mailbox, " SEEN SUBJECT b"), "");
  EXPECT_EQ(search(mailbox, " OR SEEN SUBJECT b"), "1 2");
  EXPECT_EQ(search(mailbox, " NOT SEEN"), "2");
  EXPECT_EQ(search(mailbox, " NOT (SEEN BODY x)"), "2");
  EXPECT_EQ(search(mailbox, " (OR (SEEN) (BODY y)) 1:2"), "1 2");
  EXPECT_EQ(search(mailbox, " NOT 1 NOT NOT 2"), "2");
  EXPECT_EQ(search(mailbox, " OR 1 NOT ALL"), "1");
}

// How many bytes were asked for to decide about the one message.
std::uint64_t bytes_read(Mailbox& mailbox, std::string_view text) {
  Cursor in(text);
  SearchCriteria criteria = parse_search(in);
  const View view = mailbox.view();
  SearchContext context{view, mailbox.keywords};
  Query query(std::move(criteria.root), context);
  const auto& mail = *mailbox.mails.front();
  query.begin(mail.row);
  const auto parts = mime::PartIndex::parse(mail.row.parts);
  MessageScan scan(query, *parts);
  std::uint64_t count = 0;
  while (const auto wanted = scan.wanted()) {
    scan.feed(std::string_view(mail.bytes).substr(wanted->offset, wanted->size));
    count += wanted->size;
  }
  return count;
}

TEST(SearchCost, NoMoreIsReadThanDecides) {
  Mailbox mailbox;
  auto& mail = mailbox.add("Subject: a\r\n\r\n" + std::string(1000, 'x'));
  mail.row.flags.bits = Flags::seen;
  EXPECT_EQ(bytes_read(mailbox, " BODY x UNSEEN"), 0u);
  EXPECT_EQ(bytes_read(mailbox, " OR BODY x SEEN"), 0u);
  EXPECT_EQ(bytes_read(mailbox, " BODY x SUBJECT b"), 14u);
  EXPECT_EQ(bytes_read(mailbox, " TEXT subject"), 14u);
  EXPECT_EQ(bytes_read(mailbox, " BODY \"\" TEXT \"\""), 0u);
  EXPECT_EQ(bytes_read(mailbox, " BODY y"), 1000u);
  EXPECT_EQ(bytes_read(mailbox, " BODY y SUBJECT a"), 1014u);
}

// What a query holds is as large as what the client sent, not as that times the mailbox.
TEST(SearchCost, AThousandKeysDoNotHoldTheMailboxEach) {
  constexpr Uid kRuns = 50'000;  // 800 KB as a set
  ChangeHub hub;
  postroom::testing::SimRuntime runtime;
  Signal signal(runtime);
  MailboxSnapshot snapshot;
  for (Uid uid = 2; uid <= 2 * kRuns; uid += 2) snapshot.uids.add(uid);
  snapshot.status.first_recent = 1;
  const View view(hub, snapshot, signal, false);
  for (const std::string key : {"ALL", "RECENT", "OLD", "NEW", "1:*", "UID 1:*", "NOT 3", "OR ALL 1:7"}) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += " " + key;
    Cursor in(text);
    SearchCriteria criteria = parse_search(in);
    EXPECT_FALSE(in.error());
    const std::vector<std::string> keywords;
    SearchContext context{view, keywords};
    const std::size_t before = postroom::testing::heap();
    const Query query(std::move(criteria.root), context);
    const Query::Selection selection = query.select(view.uids());
    EXPECT_LT(postroom::testing::heap(), before + 2'000'000) << key;
    EXPECT_EQ(selection.uids.size(), key == "OLD" ? 0 : key == "NOT 3" ? kRuns - 1 : kRuns) << key;
    EXPECT_EQ(selection.exact, key != "NEW") << key;
  }
}

TEST(SearchScan, AHeaderOfAnyLengthIsSearched) {
  Mailbox mailbox;
  std::string header = "Subject: needle\r\n";
  for (int i = 0; i < 20'000; ++i) header += "X-Padding: 0123456789\r\n";
  header += "Long: " + std::string(700'000, 'y') + "\r\nTo: last\r\n\r\n";
  mailbox.add(header + "body");
  for (const std::size_t piece : {1000u, 65'536u, 1u << 20}) {
    EXPECT_EQ(search(mailbox, " SUBJECT needle", piece), "1");
    EXPECT_EQ(search(mailbox, " TO last", piece), "1");
    EXPECT_EQ(search(mailbox, " TO first", piece), "");
  }
}

TEST(SearchScan, AMessageWithoutAnything) {
  Mailbox mailbox;
  mailbox.add("");
  EXPECT_EQ(search(mailbox, " ALL"), "1");
  EXPECT_EQ(search(mailbox, " TEXT x"), "");
  EXPECT_EQ(search(mailbox, " NOT BODY x"), "1");
  EXPECT_EQ(search(mailbox, " FROM x"), "");
}

}  // namespace
}  // namespace postroom::imap
