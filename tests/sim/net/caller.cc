#include "tests/sim/net/caller.h"

namespace postroom::testing {

namespace {

/// More than any answer takes on the slowest connection, less than after what a server leaves.
constexpr Duration kSilence = std::chrono::minutes(20);

}  // namespace

Task<> Caller::pause(Duration longest) {
  const Duration time(1 + dice_() % static_cast<std::uint64_t>(longest.count()));
  co_await sleep_until(runtime_, runtime_.now() + time);
}

/// An end in the middle is noticed by whoever reads next: what came before it may hold a goodbye.
Task<> Caller::say(std::string bytes) {
  try {
    co_await write(bytes);
  } catch (const ConnectionEnded& end) {
    if (end.reason() == ConnectionEnded::Reason::deadline) throw;
  }
}

Task<> Caller::write(const std::string& bytes) {
  const TimePoint deadline = runtime_.now() + kSilence;
  std::string_view left = bytes;
  for (;;) {
    left.remove_prefix(end_->send(left));
    if (left.empty()) co_return;
    const Wake wake = co_await end_->signal().wait(deadline);
    if (wake == Wake::deadline)
      throw ConnectionEnded(ConnectionEnded::Reason::deadline, "the server does not read");
    while (in_.room() > 0 && end_->receive(in_) > 0) {
    }
  }
}

Task<> Caller::more() {
  if (patience_.count() > 0 && dice_() % 4 == 0) {
    co_await pause(patience_);
  }
  const TimePoint deadline = runtime_.now() + kSilence;
  while (end_->receive(in_) == 0) {
    const Wake wake = co_await end_->signal().wait(deadline);
    if (wake == Wake::deadline)
      throw ConnectionEnded(ConnectionEnded::Reason::deadline, "the server says nothing");
  }
}

Task<bool> Caller::hears(TimePoint until) {
  if (!in_.empty()) co_return true;
  for (;;) {
    if (end_->receive(in_) > 0) co_return true;
    const Wake wake = co_await end_->signal().wait(until);
    if (wake == Wake::deadline) co_return false;
  }
}

Task<std::string> Caller::line() {
  for (;;) {
    const std::size_t end = in_.view().find("\r\n");
    if (end != std::string_view::npos) {
      std::string line(in_.view().substr(0, end));
      in_.consume(end + 2);
      co_return line;
    }
    if (in_.room() == 0) throw std::logic_error("a line without an end");
    co_await more();
  }
}

Task<std::string> Caller::bytes(std::size_t count) {
  std::string bytes;
  for (;;) {
    const std::string_view some = in_.view().substr(0, count - bytes.size());
    bytes += some;
    in_.consume(some.size());
    if (bytes.size() == count) co_return bytes;
    co_await more();
  }
}

}  // namespace postroom::testing
