// Whose turn it is.
#include "protocols/login_queue.h"

#include <gtest/gtest.h>

#include "tests/support/sim_runtime.h"

namespace postroom {
namespace {

class LoginQueueTest : public ::testing::Test {
 protected:
  Signal& one() { return all_.emplace_back(runtime_); }

  testing::SimRuntime runtime_;
  std::deque<Signal> all_;
  LoginQueue queue_;
};

TEST_F(LoginQueueTest, EveryOriginHasItsTurn) {
  Signal &a1 = one(), &a2 = one(), &a3 = one(), &b1 = one(), &b2 = one(), &c1 = one();
  for (Signal* login : {&a1, &a2, &a3}) queue_.add("a", *login);
  for (Signal* login : {&b1, &b2}) queue_.add("b", *login);
  EXPECT_EQ(queue_.take(), &a1);
  queue_.add("", c1);
  EXPECT_EQ(queue_.waiting("a"), 2U);
  EXPECT_EQ(queue_.waiting(""), 1U);
  for (const Signal* login : {&b1, &a2, &c1, &b2, &a3}) EXPECT_EQ(queue_.take(), login);
  EXPECT_EQ(queue_.take(), nullptr);
  EXPECT_EQ(queue_.waiting("a"), 0U);
}

TEST_F(LoginQueueTest, WhoIsRemovedHasNoTurn) {
  Signal &a1 = one(), &a2 = one(), &b1 = one(), &b2 = one();
  queue_.add("a", a1);
  queue_.add("a", a2);
  queue_.add("b", b1);
  queue_.remove("b", b1);
  queue_.remove("b", b1);
  queue_.remove("a", b1);
  queue_.remove("a", a1);
  EXPECT_EQ(queue_.take(), &a2);
  queue_.add("b", b2);
  EXPECT_EQ(queue_.take(), &b2);
  EXPECT_EQ(queue_.take(), nullptr);
}

}  // namespace
}  // namespace postroom
