// UvRuntime: the Runtime of a real server, on libuv.
//
// libuv's callbacks note what happened and raise Signals. Coroutines are resumed by run() alone, outside
// uv_run, so that none is re-entered and no exception passes through C.
#pragma once

#include <array>
#include <memory>
#include <uv.h>

#include "base/runtime.h"
#include "server/uv_handle.h"
#include "server/worker_lane.h"

namespace postroom {

class UvRuntime : public Runtime {
 public:
  explicit UvRuntime(unsigned compute_threads = one_for_each_core());
  UvRuntime(const UvRuntime&) = delete;
  UvRuntime& operator=(const UvRuntime&) = delete;
  /// Joins the workers. All coroutines have finished, and every handle on the loop is closed or being closed.
  ~UvRuntime() override;

  TimePoint now() const override { return now_; }
  WallTime wall_now() const override;
  void random(std::span<std::byte> out) override;
  void submit(Lane lane, Job job, Signal& done) override;

  /// Runs until every spawned coroutine has finished.
  void run();

  uv_loop_t* loop() { return &loop_; }

  /// What every read of every stream reads into: memory for bytes is needed only where some have arrived.
  std::span<char> scratch() { return std::span(scratch_.get(), kScratch); }
  static constexpr std::size_t kScratch = 64 << 10;

 private:
  static unsigned one_for_each_core();
  void resume_ready();
  void arm_timer();

  uv_loop_t loop_;
  UvHandle<uv_async_t> wake_;
  UvHandle<uv_timer_t> timer_;
  TimePoint now_ = Clock::now();
  std::unique_ptr<char[]> scratch_ = std::make_unique_for_overwrite<char[]>(kScratch);
  Completions completions_;
  std::array<std::unique_ptr<WorkerLane>, kLanes> lanes_;
};

}  // namespace postroom
