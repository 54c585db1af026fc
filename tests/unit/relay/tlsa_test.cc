// server/relay/tlsa.h
#include "server/relay/tlsa.h"

#include <gtest/gtest.h>

namespace postroom::relay {
namespace {

Tlsa record(int usage, int selector, int matching, std::size_t size) {
  Tlsa made;
  made.usage = static_cast<std::uint8_t>(usage);
  made.selector = static_cast<std::uint8_t>(selector);
  made.matching = static_cast<std::uint8_t>(matching);
  made.data = std::string(size, 'x');
  return made;
}

bool usable(const Tlsa& one) { return usable_tlsa({one}).size() == 1; }

// RFC 7672 3.1.3
TEST(Tlsa, OnlyDaneUsagesAreUsable) {
  for (int usage = 0; usage < 256; ++usage)
    EXPECT_EQ(usable(record(usage, 1, 1, 32)), usage == 2 || usage == 3) << usage;
}

// RFC 6698 2.1.2 and 2.1.3
TEST(Tlsa, UnknownSelectorsAndMatchingsAreNot) {
  for (int value = 0; value < 256; ++value) {
    EXPECT_EQ(usable(record(3, value, 1, 32)), value < 2) << value;
    EXPECT_EQ(usable(record(3, 1, value, value == 2 ? 64 : 32)), value < 3) << value;
  }
}

TEST(Tlsa, TheDataFitsTheMatching) {
  EXPECT_FALSE(usable(record(3, 1, 0, 0)));
  EXPECT_TRUE(usable(record(3, 1, 0, 1)));
  EXPECT_FALSE(usable(record(3, 1, 1, 31)));
  EXPECT_FALSE(usable(record(3, 1, 1, 33)));
  EXPECT_FALSE(usable(record(3, 1, 2, 32)));
  EXPECT_TRUE(usable(record(3, 1, 2, 64)));
}

TEST(Tlsa, WhatIsUsableKeepsItsOrder) {
  const std::vector<Tlsa> left =
      usable_tlsa({record(3, 0, 0, 1), record(1, 1, 1, 32), record(2, 1, 1, 32), record(0, 1, 1, 32)});
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].usage, 3);
  EXPECT_EQ(left[1].usage, 2);
}

}  // namespace
}  // namespace postroom::relay
