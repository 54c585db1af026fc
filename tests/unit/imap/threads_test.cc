// THREAD's algorithms (RFC 5256 3): their rules one by one, and large and hostile mailboxes.
#include "protocols/imap/threads.h"

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>

#include "base/text.h"

namespace postroom::imap {
namespace {

// Message IDs are numbers; a message's is its place, counted from 1.
class Mail {
 public:
  /// `subject` as a number, negative: it is a reply or forward. Each is sent after the one before it.
  Mail& add(std::vector<std::uint64_t> references, int subject = 0) {
    return add_at(next_++, std::move(references), subject);
  }
  Mail& add_at(std::int64_t sent, std::vector<std::uint64_t> references, int subject = 0) {
    return add_as(all.messages.size() + 1, sent, references, subject);
  }
  Mail& add_as(std::uint64_t id, std::int64_t sent, const std::vector<std::uint64_t>& references,
               int subject = 0) {
    Threadable::Message message;
    message.id = id;
    message.subject = static_cast<std::uint64_t>(std::abs(subject));
    message.reply_or_forward = subject < 0;
    message.sent = sent;
    all.references.insert(all.references.end(), references.begin(), references.end());
    message.references_end = all.references.size();
    all.messages.push_back(message);
    all.uids.push_back(static_cast<Uid>(all.uids.size() + 1));
    return *this;
  }

  Threadable all;

 private:
  std::int64_t next_ = 1'000;
};

/// As THREAD answers, by the places of messages, counted from 1.
std::string text(const ThreadList& threads) {
  std::string out;
  for (const std::uint32_t part : threads) {
    if (!out.empty() && is_digit(out.back()) && part != kClose) out += ' ';
    out += part == kOpen ? "(" : part == kClose ? ")" : std::to_string(part + 1);
  }
  return out;
}

std::string by_subject(const Mail& mail) { return text(thread_by_subject(mail.all)); }
std::string by_references(const Mail& mail) { return text(thread_by_references(mail.all)); }

TEST(ThreadBySubject, Threads) {
  EXPECT_EQ(by_subject(Mail()), "");
  EXPECT_EQ(by_subject(Mail().add({}, 1).add({}, 2).add({}, -1)), "(1 3)(2)");
  EXPECT_EQ(by_subject(Mail().add({}, 1).add({}, 1).add({}, 2).add({}, 1).add({}, 1)), "(1 (2)(4)(5))(3)");
}

TEST(ThreadBySubject, AreInTheOrderOfTheirDates) {
  EXPECT_EQ(by_subject(Mail().add_at(5, {}, 1).add_at(3, {}, 2).add_at(4, {}, 1).add_at(3, {}, 3)),
            "(2)(4)(3 1)");
}

TEST(ThreadByReferences, ParentsAndChildren) {
  EXPECT_EQ(by_references(Mail()), "");
  EXPECT_EQ(by_references(Mail().add({}).add({1}).add({1, 2}).add({})), "(1 2 3)(4)");
  EXPECT_EQ(by_references(Mail().add({}).add({1}).add({1}).add({1, 3})), "(1 (2)(3 4))");
  EXPECT_EQ(by_references(Mail().add({2}).add({3}).add({})), "(3 2 1)") << "in any order";
}

// The example of RFC 5256 4: 2 alone; 3, 6, and below it 4 with 23, and 44 with 7 with 96.
TEST(ThreadByReferences, Rfc5256Example) {
  Mail mail;
  mail.add_as(2, 1, {}).add_as(3, 2, {}).add_as(6, 3, {3}).add_as(4, 4, {3, 6}).add_as(23, 5, {3, 6, 4});
  mail.add_as(44, 6, {3, 6}).add_as(7, 7, {3, 6, 44}).add_as(96, 8, {3, 6, 44, 7});
  EXPECT_EQ(by_references(mail), "(1)(2 3 (4 5)(6 7 8))");
}

TEST(ThreadByReferences, AMissingMessageIsADummy) {
  EXPECT_EQ(by_references(Mail().add({99}).add({99})), "((1)(2))");
  EXPECT_EQ(by_references(Mail().add({99})), "(1)") << "one child alone is promoted";
  EXPECT_EQ(by_references(Mail().add({98, 99}).add({98, 99})), "((1)(2))") << "dummies above dummies go";
  EXPECT_EQ(by_references(Mail().add({}).add({1, 98}).add({1, 98, 99}).add({1, 99})), "(1 (2)(3)(4))")
      << "below a message their children are spliced in";
  EXPECT_EQ(by_references(Mail().add({98, 97}).add({98, 96}).add({98, 96})), "((1)(2)(3))");
}

TEST(ThreadByReferences, TheLastReferenceIsTheParent) {
  // Message 3 was linked below 1 by message 2's references, and says itself that 4 is its parent.
  EXPECT_EQ(by_references(Mail().add({}).add({1, 3}).add({4}).add({})), "(1)(4 3 2)");
  // A link that is there is not changed by others' references.
  EXPECT_EQ(by_references(Mail().add({}).add({1}).add({}).add({3, 2})), "(1 2 4)(3)");
  // Without references it has no parent, whatever was said before it (1.B).
  EXPECT_EQ(by_references(Mail().add({3, 2}).add({}).add({})), "(2 1)(3)");
}

TEST(ThreadByReferences, LoopsAreNotMade) {
  EXPECT_EQ(by_references(Mail().add({1})), "(1)");
  EXPECT_EQ(by_references(Mail().add({2}).add({1})), "(2 1)");
  EXPECT_EQ(by_references(Mail().add({3}).add({1}).add({2})), "(3 1 2)");
  EXPECT_EQ(by_references(Mail().add({98, 99, 98, 99}).add({99, 98})), "((1)(2))");
}

TEST(ThreadByReferences, OfTwoWithOneIdTheFirstHasIt) {
  Mail mail;
  mail.add_as(7, 1, {}).add_as(7, 2, {}).add_as(8, 3, {7}).add_as(0, 4, {}).add_as(0, 5, {});
  EXPECT_EQ(by_references(mail), "(1 3)(2)(4)(5)");
}

TEST(ThreadByReferences, SiblingsAreSortedByDate) {
  EXPECT_EQ(
      by_references(Mail().add_at(9, {}).add_at(8, {1}).add_at(7, {1}).add_at(1, {1, 2}).add_at(1, {1, 2})),
      "(1 (3)(2 (4)(5)))");
  EXPECT_EQ(by_references(Mail().add_at(3, {}).add_at(2, {}).add_at(9, {99}).add_at(1, {99})),
            "((4)(3))(2)(1)")
      << "a dummy has its first child's date";
}

// Step 5.
TEST(ThreadByReferences, ThreadsOfOneSubjectAreMerged) {
  EXPECT_EQ(by_references(Mail().add({}, 1).add({}, -1).add({}, -1)), "(1 (2)(3))")
      << "replies below the message";
  EXPECT_EQ(by_references(Mail().add({}, -1).add({}, 1)), "(2 1)") << "also when it comes later";
  EXPECT_EQ(by_references(Mail().add({}, 1).add({}, 1)), "((1)(2))") << "else side by side";
  EXPECT_EQ(by_references(Mail().add({}, -1).add({}, -1).add({}, -1)), "((1)(2)(3))");
  EXPECT_EQ(by_references(Mail().add({}, 1).add({}, 1).add({}, -1)), "((1)(2)(3))");
  EXPECT_EQ(by_references(Mail().add({}, 1).add({}, -1).add({}, 1)), "((1 2)(3))");
  EXPECT_EQ(by_references(Mail().add({}, 0).add({}, 0)), "(1)(2)") << "no subject is not the same subject";
  EXPECT_EQ(by_references(Mail().add({}, 1).add({1}, 2).add({}, 2)), "(1 2)(3)")
      << "only the top level counts";
}

TEST(ThreadByReferences, DummiesOfOneSubjectAreMerged) {
  EXPECT_EQ(by_references(Mail().add({98}, 1).add({98}, 1).add({99}, 1).add({99}, 1)), "((1)(2)(3)(4))");
  EXPECT_EQ(by_references(Mail().add({}, 1).add({99}, -1).add({99}, -1)), "((1)(2)(3))");
  EXPECT_EQ(by_references(Mail().add({98}, 2).add({98}, 1).add({}, -2)), "((1)(2)(3))")
      << "by its first child's";
}

/// Each message is there once, parentheses are balanced.
void expect_whole(const ThreadList& threads, std::size_t messages) {
  std::vector<bool> seen(messages, false);
  std::size_t depth = 0;
  for (const std::uint32_t part : threads) {
    if (part == kOpen) {
      ++depth;
    } else if (part == kClose) {
      ASSERT_GT(depth--, 0u);
    } else {
      ASSERT_LT(part, messages);
      ASSERT_FALSE(seen[part]);
      seen[part] = true;
    }
  }
  EXPECT_EQ(depth, 0u);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), static_cast<std::ptrdiff_t>(messages));
}

/// In seconds.
double time_of(const Mail& mail) {
  const auto begin = std::chrono::steady_clock::now();
  expect_whole(thread_by_references(mail.all), mail.all.messages.size());
  expect_whole(thread_by_subject(mail.all), mail.all.messages.size());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

constexpr int kMany = 100'000;
// Under sanitizers and beside other work, all the same far less than anything quadratic takes.
constexpr double kSeconds = 10;

TEST(Threads, OfManyMessages) {
  Mail mail;
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    std::vector<std::uint64_t> references;
    for (std::uint64_t parent = i; parent % 8 > 1 && references.size() < 6;)
      references.insert(references.begin(), --parent);
    mail.add(references, static_cast<int>(i % 1000));
  }
  EXPECT_LT(time_of(mail), kSeconds);
}

TEST(Threads, OfOneLongChain) {
  Mail forth, back;
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    forth.add({i - 1});
    back.add({i + 1});
  }
  EXPECT_LT(time_of(forth), kSeconds);
  EXPECT_LT(time_of(back), kSeconds);
}

TEST(Threads, OfEndlessBranches) {
  Mail mail;
  for (std::uint64_t i = 1; i <= kMany; ++i) mail.add({i % 2 == 0 ? i - 1 : i - 2});
  EXPECT_LT(time_of(mail), kSeconds);
}

// Trees whose parts are moved below the end of a long chain again and again.
TEST(Threads, OfWhatIsMadeToWalkFar) {
  Mail mail;
  constexpr std::uint64_t kLong = kMany / 2, kFar = 10'000'000;
  for (std::uint64_t i = 1; i <= kLong; ++i) mail.add({i - 1});
  for (std::uint64_t i = 0; i < kMany / 4; ++i) mail.add({1, kFar + 2 * i, kFar + 2 * i + 1});
  for (std::uint64_t i = 0; i < kMany / 4; ++i) mail.add_as(kFar + 2 * i, 5, {kLong});
  EXPECT_LT(time_of(mail), kSeconds);
}

TEST(Threads, OfManyReferences) {
  Mail mail;
  std::uint64_t next = kMany;
  for (int i = 0; i < kMany / 4; ++i) {
    std::vector<std::uint64_t> references(32);
    for (auto& one : references) one = next++;
    mail.add(references, 1);
  }
  EXPECT_LT(time_of(mail), kSeconds);
}

}  // namespace
}  // namespace postroom::imap
