#include "tests/sim/net/client.h"

namespace postroom::testing {

namespace {

constexpr std::size_t kMostCalls = 8;

}  // namespace

Task<> Client::say(std::string bytes) {
  around_.log(name_, "C: " + bytes);
  co_await caller_->say(std::move(bytes));
}

Task<std::string> Client::line() {
  std::string line = co_await caller_->line();
  around_.log(name_, "S: " + line);
  co_return line;
}

void Client::done() {
  if (!std::exchange(done_, true)) around_.done();
}

Task<> Client::call() {
  try {
    co_await visit();
    caller_->hang_up();
  } catch (const ConnectionEnded& end) {
    around_.log(name_, std::string("-- ") + end.what());
    if (end.reason() == ConnectionEnded::Reason::deadline || !caller_->ended_well()) complain(end.what());
  } catch (const std::logic_error& wrong) {
    complain(wrong.what());
  }
}

Task<> Client::live() {
  for (std::size_t calls = 0; wants_more() && calls < kMostCalls; ++calls) {
    const Duration wait(1 + below(static_cast<std::size_t>(around_.pace().count())));
    co_await sleep_until(around_.runtime(), around_.runtime().now() + wait);
    caller_ = around_.call(port_);
    if (!caller_) break;
    around_.log(name_, "-- connected");
    co_await call();
    caller_.reset();
  }
  done();
  around_.gone();
}

}  // namespace postroom::testing
