// What the text index is told of a message, and what it is asked.
#include "protocols/imap/text_terms.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "base/text.h"
#include "tests/unit/imap/search_support.h"

namespace postroom::imap {
namespace {

using Kind = TermQuery::Kind;

TermQuery asked(std::string_view text) {
  testing::Mailbox mailbox;
  mailbox.add("x");
  Cursor in(text);
  SearchCriteria criteria = parse_search(in);
  EXPECT_FALSE(in.error()) << text;
  const View view = mailbox.view();
  SearchContext context{view, mailbox.keywords};
  return Query(std::move(criteria.root), context).terms();
}

std::optional<std::vector<std::string>> terms(const std::string& message, std::size_t piece = 1000) {
  const auto finder = TextTerms().begin(mime::facts_of(message).parts);
  while (const auto wanted = finder->wanted())
    finder->feed(
        std::string_view(message).substr(wanted->offset, std::min<std::size_t>(piece, wanted->size)));
  const auto all = finder->terms();
  if (!all) return std::nullopt;
  std::vector<std::string> words;
  for (const std::string_view word : split(*all, ' '))
    if (!word.empty()) words.emplace_back(word);
  std::sort(words.begin(), words.end());
  return words;
}

TEST(TextTermsOfAQuery, AreWhatMustBeThere) {
  EXPECT_EQ(asked(" SEEN").kind, Kind::anything);
  EXPECT_EQ(asked(" SUBJECT ab").kind, Kind::anything) << "too short";
  EXPECT_EQ(asked(" NOT SUBJECT abc").kind, Kind::anything);
  EXPECT_EQ(asked(" OR SUBJECT abc SEEN").kind, Kind::anything);
  EXPECT_EQ(asked(" SUBJECT abcd SEEN").terms.size(), 2u);
  EXPECT_EQ(asked(" OR SUBJECT abc BODY def").kind, Kind::any_of);
  EXPECT_EQ(asked(" SUBJECT " + std::string(4000, 'x')).terms.size(), 12u);
  EXPECT_EQ(asked(" SUBJECT abc").terms, asked(" HEADER subject ABC").terms);
  EXPECT_NE(asked(" SUBJECT abc").terms, asked(" BODY abc").terms);
  EXPECT_EQ(asked(" ((((SUBJECT abc))))").kind, Kind::terms) << "however deep";
  // TEXT is in the header or in the body.
  EXPECT_EQ(asked(" TEXT abc").kind, Kind::any_of);
  // One CJK character is three bytes.
  EXPECT_EQ(asked(" BODY {3+}\r\n\xE6\xBC\xA2").kind, Kind::terms);
  // That there is a field is asked, too.
  EXPECT_EQ(asked(" HEADER X-Tag \"\"").kind, Kind::terms);
}

TEST(TextTermsOfAQuery, AreNotTooMany) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += " TEXT abc";
  EXPECT_EQ(asked(text).parts.size(), 8u);
}

TEST(TextTermsOfAMessage, DoNotDependOnHowItIsCut) {
  const std::string message =
      "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/html\r\n\r\n<p>Stra&szlig;e</p> end";
  const auto whole = terms(message);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole, terms(message, 1));
  for (const char* text :
       {" SUBJECT {7+}\r\ngrüsse", " BODY \"strasse end\"", " BODY &szlig;", " TEXT \"subject: gr\""}) {
    const TermQuery query = asked(text);
    for (const std::string& term : query.kind == Kind::any_of ? query.parts.at(0).terms : query.terms)
      EXPECT_TRUE(std::binary_search(whole->begin(), whole->end(), term)) << text << " " << term;
  }
}

TEST(TextTermsOfAMessage, AreLowerCaseLettersAndDigits) {
  std::string message = "\r\n\r\n";
  for (int i = 1; i < 256; ++i) message.append(3, static_cast<char>(i));
  const auto all = terms(message);
  ASSERT_TRUE(all);
  EXPECT_GT(all->size(), 500u);
  EXPECT_EQ(std::adjacent_find(all->begin(), all->end()), all->end()) << "each once";
  for (const std::string& term : *all) {
    EXPECT_EQ(term.size(), 6u);
    EXPECT_TRUE(std::all_of(term.begin(), term.end(), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'z');
    })) << term;
  }
}

TEST(TextTermsOfAMessage, AreNotTooMany) {
  std::mt19937 dice(1);
  std::string many = "\r\n\r\n";
  for (unsigned i = 0; i < 60'000; ++i) many += "a" + std::to_string(i * 7919 % 100'000);
  many += std::string(9, ' ');
  EXPECT_TRUE(terms(many)) << "digits have few trigrams";
  for (unsigned i = 0; i < 80'000; ++i) many += static_cast<char>(33 + dice() % 90);
  EXPECT_FALSE(terms(many));
  EXPECT_FALSE(terms("\r\n\r\n" + std::string(TextTerms::kMaxBytes, 'x')));
  EXPECT_FALSE(terms("Subject: " + std::string(300'000, 'x') + "\r\n\r\n"));
  EXPECT_FALSE(TextTerms().begin("nonsense"));
}

}  // namespace
}  // namespace postroom::imap
