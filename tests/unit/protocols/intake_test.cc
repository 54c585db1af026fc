// Intake: bytes and facts are the same however a message comes in; but for the smallest, parsing happens off
// the loop and in few jobs.
#include "protocols/intake.h"

#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/support/fake_store.h"
#include "tests/unit/mime/message_text.h"

namespace postroom {
namespace {

using testing::await;
using testing::FakeStore;
using testing::repeated;
using testing::SimRuntime;

constexpr std::size_t kMiB = std::size_t{1} << 20;

class CountingRuntime : public SimRuntime {
 public:
  void submit(Lane lane, Job job, Signal& done) override {
    EXPECT_EQ(lane, Lane::compute);
    ++jobs;
    SimRuntime::submit(lane, std::move(job), done);
  }
  int jobs = 0;
};

Task<MessageFacts> take(Intake& intake, std::string_view message, std::size_t step) {
  for (std::size_t at = 0; at < message.size(); at += step) {
    const std::string_view slice = message.substr(at, step);
    co_await intake.append(slice);
  }
  co_return co_await intake.finish();
}

struct Taken {
  MessageFacts facts;
  std::string content;
  int jobs = 0;
  int received_count = 0;
  std::size_t staged = 0;
};

Taken take(std::string_view message, std::size_t step, std::size_t held_by_others = 0) {
  CountingRuntime runtime;
  FakeStore store;
  store.held_by_spools = held_by_others;
  const AccountId account = store.add_account("alice@example.org").credentials.account;
  Intake intake(runtime, store);
  Taken taken;
  taken.facts = await(runtime, take(intake, message, step));
  taken.jobs = runtime.jobs;
  taken.received_count = intake.received_count();
  taken.staged = store.staged_bytes;
  EXPECT_EQ(intake.size(), message.size());
  await(runtime, store.deliver(std::vector{account}, intake.spool(), taken.facts, kNever));
  taken.content = store.account("alice@example.org").inbox.at(0).content;
  return taken;
}

std::string message_of(std::size_t size) {
  std::string message =
      "Received: a\r\nReceived: b\r\nFrom: a@b\r\nDate: Mon, 23 Nov 2026 07:00:00 +0000\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
  const std::string end = "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n";
  while (message.size() + end.size() + 100 < size)
    message += "line " + std::to_string(message.size()) + "\r\n";
  message.append(size - message.size() - end.size(), 'x');
  return message + end;
}

void expect_same(const MessageFacts& a, const MessageFacts& b) {
  EXPECT_EQ(a.envelope, b.envelope);
  EXPECT_EQ(a.body, b.body);
  EXPECT_EQ(a.body_structure, b.body_structure);
  EXPECT_EQ(a.parts, b.parts);
  EXPECT_EQ(a.sent_date, b.sent_date);
}

void expect_jobs(std::size_t size, int jobs) {
  const std::string message = message_of(size);
  for (const std::size_t step : {1U, 7U, 1000U, 16384U}) {
    const Taken taken = take(message, step);
    EXPECT_EQ(taken.jobs, jobs);
    EXPECT_EQ(taken.staged, 0U);
    EXPECT_EQ(taken.content, message);
    EXPECT_EQ(taken.received_count, 2);
    EXPECT_EQ(taken.facts.sent_date, 1795417200);
    expect_same(taken.facts, mime::facts_of(message));
  }
}

TEST(Intake, TheSmallestAreParsedOnTheLoop) { expect_jobs(8192, 0); }

TEST(Intake, ASmallMessageIsOneJob) { expect_jobs(8193, 1); }

TEST(Intake, ALargeMessageIsAJobForEachMebibyte) {
  const std::string message = message_of(5 * kMiB / 2);
  for (const std::size_t step :
       {std::size_t{1000}, std::size_t{65'536}, kMiB - 1, kMiB, kMiB + 1, message.size()}) {
    const Taken taken = take(message, step);
    EXPECT_EQ(taken.jobs, 3) << step;
    EXPECT_EQ(taken.staged, 2 * kMiB);
    EXPECT_EQ(taken.content, message);
    expect_same(taken.facts, mime::facts_of(message));
  }
}

TEST(Intake, AMessageAtTheLimitOfWhatIsHeld) {
  for (const std::size_t size : {kMiB - 1, kMiB, kMiB + 1, 2 * kMiB}) {
    const std::string message = message_of(size);
    const Taken taken = take(message, 10'000);
    EXPECT_EQ(taken.content, message);
    expect_same(taken.facts, mime::facts_of(message));
  }
}

TEST(Intake, AMessageIsTheSameWhileAllHoldTooMuch) {
  const std::string message = message_of(5 * kMiB / 2);
  for (const std::size_t held : {Spool::kHeldByAll + 1, Spool::kHeldByAll - 300'000}) {
    for (const std::size_t step : {std::size_t{1000}, std::size_t{65'536}, kMiB + 1, message.size()}) {
      const Taken taken = take(message, step, held);
      EXPECT_GE(taken.staged, 2 * kMiB) << step;
      EXPECT_EQ(taken.content, message);
      expect_same(taken.facts, mime::facts_of(message));
    }
  }
}

TEST(Intake, AnEmptyMessageHasFacts) {
  const Taken taken = take("", 1);
  EXPECT_EQ(taken.facts.body, "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 0 0)");
}

TEST(Intake, AFaultOfTheStoreComesThrough) {
  CountingRuntime runtime;
  FakeStore store;
  store.fails_at_stage = true;
  Intake intake(runtime, store);
  EXPECT_THROW(await(runtime, take(intake, message_of(2 * kMiB), 65'536)), StoreFault);
}

}  // namespace
}  // namespace postroom
