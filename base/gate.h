// Gate: the sessions that are inside, so that a stop can tell them, and wait for the last one to leave.
#pragma once

#include <list>

#include "base/stream.h"

namespace postroom {

class Gate {
 public:
  explicit Gate(Runtime& runtime) : emptied_(runtime) {}

  /// One session's stay. Its stream is told of a drain by its signal, and aborted when the grace period is
  /// over.
  class Pass {
   public:
    Pass(Gate& gate, Stream& stream) : gate_(gate), at_(gate.streams_.insert(gate.streams_.end(), &stream)) {}
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      gate_.streams_.erase(at_);
      if (gate_.streams_.empty()) gate_.emptied_.raise();
    }
    /// After STARTTLS the session has another stream.
    void now_uses(Stream& stream) {
      *at_ = &stream;
      if (gate_.draining_) tell(stream);
    }

   private:
    Gate& gate_;
    std::list<Stream*>::iterator at_;
  };

  /// Asks every session to say goodbye at its next command boundary. Those that cannot say anything yet end
  /// at once.
  void drain() {
    draining_ = true;
    for (Stream* stream : streams_) tell(*stream);
  }
  bool draining() const { return draining_; }

  void abort() {
    for (Stream* stream : streams_) stream->abort();
  }

  std::size_t inside() const { return streams_.size(); }

  /// Waits until nobody is inside; false if `deadline` came first.
  Task<bool> closed(TimePoint deadline) {
    while (!streams_.empty()) {
      const Wake wake = co_await emptied_.wait(deadline);
      if (wake == Wake::deadline) break;
    }
    co_return streams_.empty();
  }

 private:
  static void tell(Stream& stream) {
    if (stream.established())
      stream.signal().raise();
    else
      stream.abort();
  }

  std::list<Stream*> streams_;
  Signal emptied_;
  bool draining_ = false;
};

}  // namespace postroom
