// UidSet against the plainest model there is.
#include "storage/uid_set.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace postroom {
namespace {

using Model = std::set<Uid>;
using Runs = std::vector<UidSet::Run>;

Model model_of(const UidSet& set) {
  Model all;
  for (const UidSet::Run& run : set.runs())
    for (std::uint64_t uid = run.first; uid <= run.last; ++uid) all.insert(static_cast<Uid>(uid));
  return all;
}

/// Equal, well formed, and every question answered alike.
void expect_same(const Model& model, const UidSet& set) {
  ASSERT_EQ(model, model_of(set));
  for (std::size_t i = 1; i < set.runs().size(); ++i)
    ASSERT_GT(set.runs()[i].first, set.runs()[i - 1].last + 1);
  ASSERT_EQ(model.size(), set.size());
  ASSERT_EQ(model.empty(), set.empty());
  if (model.empty()) return;
  ASSERT_EQ(*model.begin(), set.first());
  ASSERT_EQ(*model.rbegin(), set.last());
  std::uint64_t index = 0;
  for (Uid uid = 0; uid <= *model.rbegin() + 2; ++uid) {
    ASSERT_EQ(model.contains(uid), set.contains(uid)) << uid;
    ASSERT_EQ(index, set.count_below(uid)) << uid;
    if (!model.contains(uid)) {
      ASSERT_FALSE(set.index_of(uid)) << uid;
      continue;
    }
    ASSERT_EQ(index, set.index_of(uid)) << uid;
    ASSERT_EQ(uid, set.at(index)) << uid;
    ++index;
  }
}

TEST(UidSet, AgreesWithTheModel) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    UidSet set;
    Model model;
    for (int step = 0; step < 150; ++step) {
      const Uid first = 1 + static_cast<Uid>(random() % 300);
      const Uid last = first + static_cast<Uid>(random() % (seed % 4 == 0 ? 40 : 3));
      const bool adds = random() % 3 != 0;
      for (Uid uid = first; uid <= last; ++uid) adds ? (void)model.insert(uid) : (void)model.erase(uid);
      adds ? set.add(first, last) : set.remove(first, last);
      expect_same(model, set);
    }
  }
}

UidSet random_set(std::mt19937& random, int runs) {
  UidSet set;
  for (int i = 0; i < runs; ++i) {
    const Uid first = 1 + static_cast<Uid>(random() % 200);
    set.add(first, first + static_cast<Uid>(random() % 5));
  }
  return set;
}

TEST(UidSet, OperationsOnTwoAgreeWithTheModel) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    const UidSet a = random_set(random, round % 25);
    const UidSet b = random_set(random, round % 17);
    const Model model_a = model_of(a);
    const Model model_b = model_of(b);
    Model all = model_a, left = model_a, both;
    for (const Uid uid : model_b) {
      all.insert(uid);
      if (left.erase(uid) > 0) both.insert(uid);
    }
    UidSet sum = a;
    sum.add(b);
    expect_same(all, sum);
    UidSet rest = a;
    rest.remove(b);
    expect_same(left, rest);
    expect_same(both, a.intersect(b));
    EXPECT_EQ(a.intersect(b), b.intersect(a));
  }
}

TEST(UidSet, HeadAndAfterPartIt) {
  std::mt19937 random(6);
  for (int round = 0; round < 100; ++round) {
    const UidSet set = random_set(random, round % 30);
    for (std::uint64_t count = 0; count <= set.size(); count += 3) {
      const UidSet head = set.head(count);
      ASSERT_EQ(count, head.size());
      if (head.empty()) continue;
      UidSet whole = set.after(head.last());
      ASSERT_EQ(set.size() - count, whole.size());
      whole.add(head);
      ASSERT_EQ(set, whole);
    }
  }
  EXPECT_EQ(UidSet(1, 5), UidSet(1, 5).head(100));
  EXPECT_TRUE(UidSet(1, 5).after(5).empty());
  EXPECT_EQ(UidSet(4, 5), UidSet(1, 5).after(3));
}

TEST(UidSet, HoldsTheHighestNumber) {
  constexpr Uid kMost = ~Uid{0};
  UidSet set(1, kMost);
  EXPECT_EQ(std::uint64_t{kMost}, set.size());
  EXPECT_EQ(kMost, set.at(kMost - 1));
  set.remove(kMost);
  EXPECT_FALSE(set.contains(kMost));
  set.add(kMost);
  set.add(kMost);
  EXPECT_EQ(UidSet(1, kMost), set);
  EXPECT_TRUE(set.after(kMost).empty());
  set.remove(1, kMost);
  EXPECT_TRUE(set.empty());
  set.add(0);
  EXPECT_TRUE(set.contains(0));
  set.remove(0);
  EXPECT_TRUE(set.empty());
}

TEST(UidSet, BackwardsIsEmpty) {
  EXPECT_TRUE(UidSet(5, 4).empty());
  UidSet set(1, 3);
  set.add(9, 8);
  set.remove(3, 2);
  EXPECT_EQ(UidSet(1, 3), set);
}

TEST(UidSet, NeighboursBecomeOneRun) {
  UidSet set;
  for (const Uid uid : {5u, 7u, 6u, 1u, 3u, 2u}) set.add(uid);
  EXPECT_EQ((Runs{{1, 3}, {5, 7}}), set.runs());
  set.add(4);
  EXPECT_EQ((Runs{{1, 7}}), set.runs());
}

}  // namespace
}  // namespace postroom
