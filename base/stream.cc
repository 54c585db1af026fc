#include "base/stream.h"

#include <algorithm>

namespace postroom {

namespace {
using Reason = ConnectionEnded::Reason;

[[noreturn]] void throw_too_slow() { throw ConnectionEnded(Reason::deadline, "peer read too slowly"); }
}  // namespace

Task<std::size_t> Stream::read(Buffer& into, TimePoint deadline) {
  assert(into.room() > 0);
  const std::size_t at_once = receive(into);
  if (at_once > 0) co_return at_once;
  co_await signal_->wait(deadline);
  const std::size_t arrived = receive(into);
  // Whatever woke us: a flood of news must not hold off the deadline.
  if (arrived == 0 && runtime().now() >= deadline)
    throw ConnectionEnded(Reason::deadline, "peer sent nothing in time");
  co_return arrived;
}

Task<> Stream::write(std::string_view bytes, TimePoint deadline) {
  bytes.remove_prefix(send(bytes));
  if (bytes.empty()) co_return;
  while (!bytes.empty()) {
    co_await signal_->wait(deadline);
    bytes.remove_prefix(send(bytes));
    if (!bytes.empty() && runtime().now() >= deadline) throw_too_slow();
  }
  // The waiting may have taken the signal of somebody else's news: whoever waits next looks.
  signal_->raise();
}

Task<> Stream::flush(TimePoint deadline) {
  if (sent()) co_return;
  while (!sent()) {
    co_await signal_->wait(deadline);
    send({});  // notices an end
    if (!sent() && runtime().now() >= deadline) throw_too_slow();
  }
  signal_->raise();  // as in write()
}

std::optional<Line> LineReader::take(std::size_t limit) {
  const std::string_view view = in_.view();
  const std::size_t end = view.find("\r\n", searched_ > 0 ? searched_ - 1 : 0);
  if (end == std::string_view::npos) {
    searched_ = view.size();
    if (dropped_ == 0 && view.size() < limit) return std::nullopt;
    // Over-long: drop all but the last byte, which may be the CR of its end.
    if (dropped_ == 0) beginning_ = view.substr(0, kBeginning);
    const std::size_t drop = view.empty() ? 0 : view.size() - 1;
    in_.consume(drop);
    dropped_ += drop;
    searched_ = view.size() - drop;
    if (dropped_ > kMaxDropped) throw ConnectionEnded(Reason::failed, "line without an end");
    return std::nullopt;
  }
  Line line;
  line.too_long = dropped_ > 0 || end + 2 > limit;
  line.text = dropped_ > 0 ? beginning_ : std::string(view.substr(0, line.too_long ? kBeginning : end));
  in_.consume(end + 2);
  searched_ = dropped_ = 0;
  return line;
}

Task<std::optional<Line>> LineReader::read(std::size_t limit, TimePoint deadline) {
  std::optional<Line> line = take(limit);
  if (line) co_return line;
  co_await stream_->read(in_, deadline);
  co_return take(limit);
}

}  // namespace postroom
