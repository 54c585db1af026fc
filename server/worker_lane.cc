// Worker threads: see worker_lane.h.
#include "server/worker_lane.h"

#include <pthread.h>
#include <sys/resource.h>

namespace postroom {

void Completions::add(Signal& done) {
  bool wake = false;
  {
    const std::lock_guard guard(mutex_);
    done_.push_back(&done);
    wake = std::exchange(asleep_, false);
  }
  if (wake) wake_();
}

void Completions::raise() {
  {
    const std::lock_guard guard(mutex_);
    asleep_ = false;
    raising_.swap(done_);
  }
  for (Signal* const done : raising_) done->raise();
  raising_.clear();
}

bool Completions::may_sleep() {
  const std::lock_guard guard(mutex_);
  asleep_ = done_.empty();
  return asleep_;
}

WorkerLane::WorkerLane(const std::string& name, unsigned threads, Completions& completions, int nice)
    : completions_(completions) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, nice] {
      if (nice != 0) ::setpriority(PRIO_PROCESS, 0, nice);  // of this thread, on Linux
      work();
    });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

WorkerLane::~WorkerLane() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  more_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerLane::submit(std::function<void()> job, Signal& done) {
  {
    const std::lock_guard guard(mutex_);
    queue_.push_back({std::move(job), &done});
  }
  more_.notify_one();  // no system call while all threads are busy
}

void WorkerLane::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    more_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Pending next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    next.job();
    next.job = nullptr;  // what it holds is gone before its waiter goes on
    completions_.add(*next.done);
    lock.lock();
  }
}

}  // namespace postroom
