// Servers that say how much they take at a time.
#include <algorithm>

#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

const std::string kAlice = "alice@example.org";

// RFC 9422
TEST(RelayLimits, WhatAServerSaysItTakesIsKeptTo) {
  RelayWorld world;
  world.start();
  Receiver& receiver = world.domain("one.example");
  receiver.abilities.emplace_back("LIMITS MAILMAX=2 RCPTMAX=3 OTHER=x");
  receiver.most_recipients = 3;
  receiver.most_messages = 2;
  std::vector<std::string> all;
  for (int i = 0; i < 10; ++i) all.push_back("r" + std::to_string(i) + "@one.example");
  world.send(kAlice, all);
  for (int i = 0; i < 4; ++i) world.send(kAlice, {"carol@one.example"});
  world.pass(seconds(30));
  EXPECT_EQ(receiver.taken.size(), 8u);
  EXPECT_EQ(world.queued(), 0u);
  const auto begun =
      std::ranges::count_if(receiver.heard, [](auto& line) { return line.starts_with("MAIL"); });
  EXPECT_EQ(begun, 8) << "none was refused";
  const auto named =
      std::ranges::count_if(receiver.heard, [](auto& line) { return line.starts_with("RCPT"); });
  EXPECT_EQ(named, 14);
  EXPECT_EQ(receiver.heard.back(), "QUIT");
}

}  // namespace
}  // namespace postroom::testing
