// Worker threads: what blocks runs here, never on the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/signal.h"

namespace postroom {

/// Jobs that are done, on their way to the loop. It is woken only when it sleeps or is about to: a busy loop
/// looks here once a turn anyway.
class Completions {
 public:
  /// `wake` makes the loop's sleep end; called on any thread.
  explicit Completions(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// On a worker.
  void add(Signal& done);

  /// On the loop: raises the signals of all that are done.
  void raise();
  /// On the loop, before it sleeps: false when there is something to raise().
  bool may_sleep();

 private:
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Signal*> done_;
  std::vector<Signal*> raising_;  // loop only; keeps its memory from turn to turn
  bool asleep_ = false;
};

/// Some threads with one queue. Jobs start in the order they came.
class WorkerLane {
 public:
  /// `name` is what top(1) shows; 15 characters at most. `nice` as setpriority(2) has it.
  WorkerLane(const std::string& name, unsigned threads, Completions& completions, int nice = 0);
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;
  /// Runs what is queued, then joins.
  ~WorkerLane();

  void submit(std::function<void()> job, Signal& done);

 private:
  struct Pending {
    std::function<void()> job;
    Signal* done = nullptr;
  };
  void work();

  Completions& completions_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Pending> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postroom
