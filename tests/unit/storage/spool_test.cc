// Spool: what is held, and what goes to the store when.
#include "storage/spool.h"

#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/support/fake_store.h"

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

// Clients that stop in the middle of a message, many of them.
TEST(Spool, HoldsOnlyAPieceWhileAllHoldTooMuch) {
  SimRuntime runtime;
  FakeStore store;
  std::vector<std::unique_ptr<Spool>> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(std::make_unique<Spool>(store));
    await(runtime, all.back()->append(std::string(Spool::kHeld - 1, 'x')));
    EXPECT_EQ(Spool::kHeld - 1, all.back()->size());
  }
  EXPECT_LT(store.held_by_spools, Spool::kHeldByAll + 200 * Spool::kPiece);
  EXPECT_LT(all.back()->held().capacity(), 2 * Spool::kPiece);
  all.resize(2);
  EXPECT_EQ(2 * (Spool::kHeld - 1), store.held_by_spools);
  await(runtime, all[0]->append("x"));
  EXPECT_EQ(Spool::kHeld - 1, store.held_by_spools);
  await(runtime, store.deliver({}, *all[1], MessageFacts(), kNever));
  EXPECT_EQ(0u, store.held_by_spools);
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
