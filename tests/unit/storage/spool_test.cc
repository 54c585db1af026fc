// Spool: what is held, and what goes to the store when.
#include "storage/spool.h"

#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/support/fake_store.h"
#include "tests/support/heap.h"

namespace postroom::testing {
namespace {

TEST(Spool, HoldsWhatIsSmall) {
  SimRuntime runtime;
  FakeStore store;
  Spool spool(store);
  await(runtime, spool.append("hello "));
  await(runtime, spool.append(""));
  await(runtime, spool.append("world"));
  EXPECT_EQ("hello world", spool.held());
  EXPECT_EQ(11u, spool.size());
  EXPECT_FALSE(spool.staged());
}

TEST(Spool, StagesWhatIsMore) {
  SimRuntime runtime;
  FakeStore store;
  Spool spool(store);
  for (int i = 0; i < 5; ++i) await(runtime, spool.append(std::string(Spool::kHeld / 2 + 1, 'x')));
  EXPECT_EQ(5 * (Spool::kHeld / 2 + 1), spool.size());
  EXPECT_TRUE(spool.staged());
  EXPECT_EQ(2 * Spool::kHeld, store.staged_bytes);
  EXPECT_EQ(Spool::kHeld / 2 + 5, spool.held().size());
}

TEST(Spool, NeverHoldsMoreThanItMay) {
  SimRuntime runtime;
  FakeStore store;
  Spool spool(store);
  const std::string pieces[] = {std::string(1000, 'x'), std::string(3 * Spool::kHeld, 'x'),
                                std::string(70000, 'x')};
  for (int i = 0; i < 30; ++i) {
    await(runtime, spool.append(pieces[i % 3]));
    ASSERT_LT(spool.held().size(), Spool::kHeld);
    ASSERT_LE(spool.held().capacity(), Spool::kHeld);
  }
}

/// Keeps nothing of what is staged.
class SinkStore : public FakeStore {
 public:
  Task<ContentId> stage(std::optional<ContentId>, std::string& held) override {
    held.erase(0, held.size() - held.size() % Spool::kPiece);
    co_return ContentId{1};
  }
};

/// Clients that stop in the middle of a message, many of them.
class SpoolCrowd : public ::testing::Test {
 protected:
  static constexpr std::size_t kClients = 300;
  static constexpr std::size_t kPromised =
      Spool::kHeldByAll + Spool::kHeld + kClients * (Spool::kPiece + 1024);

  /// All at the same time, so much each time.
  void send(std::size_t size) {
    for (const auto& spool : all_) await(runtime_, spool->append(std::string(size, 'x')));
  }
  void expect_little_memory() {
    EXPECT_LT(store_.held_by_spools, kPromised);
    EXPECT_LT(heap(), before_ + kPromised);
  }
  void come() {
    before_ = heap();
    for (std::size_t i = 0; i < kClients; ++i) all_.push_back(std::make_unique<Spool>(store_));
  }

  SimRuntime runtime_;
  SinkStore store_;
  std::vector<std::unique_ptr<Spool>> all_;
  std::size_t before_ = 0;
};

TEST_F(SpoolCrowd, TakesLittleMemoryHoweverItsMessagesCome) {
  for (const std::size_t step :
       {Spool::kHeld - 1, std::size_t{65'536}, std::size_t{40'000}, Spool::kHeld + 1}) {
    come();
    for (std::size_t sent = 0; sent < 5 * Spool::kHeld / 2; sent += step) {
      send(step);
      expect_little_memory();
    }
    all_.clear();
    EXPECT_EQ(0u, store_.held_by_spools);
  }
}

TEST_F(SpoolCrowd, TheFirstKeepTheirMemoryAndTheOthersAPiece) {
  come();
  send(Spool::kHeld - 1);
  EXPECT_EQ(Spool::kHeld - 1, all_.front()->held().size());
  EXPECT_LE(all_.back()->held().capacity(), Spool::kPiece);
  EXPECT_EQ(Spool::kHeld - 1, all_.back()->size());
  all_.resize(2);
  EXPECT_EQ(2 * Spool::kHeld, store_.held_by_spools);
  await(runtime_, all_[0]->append("x"));
  EXPECT_EQ(2 * Spool::kHeld, store_.held_by_spools) << "enough for all: it need not be made anew";
  await(runtime_, store_.deliver({}, *all_[1], MessageFacts(), kNever));
  EXPECT_EQ(Spool::kHeld, store_.held_by_spools);
}

TEST(Spool, AbandonsWhatWasNotDelivered) {
  SimRuntime runtime;
  FakeStore store;
  {
    Spool small(store), delivered(store), dropped(store);
    await(runtime, small.append("x"));
    await(runtime, delivered.append(std::string(Spool::kHeld, 'x')));
    await(runtime, dropped.append(std::string(Spool::kHeld, 'x')));
    delivered.delivered();
  }
  EXPECT_EQ(1, store.abandoned);
}

TEST(Spool, PassesOnThatTheStoreFails) {
  SimRuntime runtime;
  FakeStore store;
  store.fails_at_stage = true;
  Spool spool(store);
  await(runtime, spool.append("x"));
  EXPECT_THROW(await(runtime, spool.append(std::string(Spool::kHeld, 'x'))), StoreFault);
}

}  // namespace
}  // namespace postroom::testing
