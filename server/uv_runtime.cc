// UvRuntime: see uv_runtime.h.
#include "server/uv_runtime.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <thread>

#include "base/crypto.h"
#include "base/signal.h"

namespace postroom {

namespace {

/// How long coroutines run before the network is looked at again.
constexpr Duration kTurn = std::chrono::milliseconds(5);
/// As many as the store has connections that read.
constexpr unsigned kReaderThreads = 2;
constexpr unsigned kHashThreads = 2;
/// What setpriority(2) calls nice: mail goes before password guesses where cores are few.
constexpr int kHashNice = 10;

template <class Handle, class Init>
UvHandle<Handle> make_handle(Init init) {
  auto handle = std::make_unique<Handle>();
  if (const int error = init(handle.get()); error != 0)
    throw std::runtime_error(std::string("cannot set up the event loop: ") + uv_strerror(error));
  return UvHandle<Handle>(handle.release());
}

}  // namespace

unsigned UvRuntime::one_for_each_core() { return std::clamp(std::thread::hardware_concurrency(), 2U, 8U); }

UvRuntime::UvRuntime(unsigned compute_threads) : completions_([this] { uv_async_send(wake_.get()); }) {
  if (const int error = uv_loop_init(&loop_); error != 0)
    throw std::runtime_error(std::string("cannot set up the event loop: ") + uv_strerror(error));
  wake_ = make_handle<uv_async_t>(
      [this](uv_async_t* handle) { return uv_async_init(&loop_, handle, [](uv_async_t*) {}); });
  timer_ = make_handle<uv_timer_t>([this](uv_timer_t* handle) { return uv_timer_init(&loop_, handle); });
  const auto add = [this](Lane lane, const char* name, unsigned count, int nice = 0) {
    lanes_[static_cast<std::size_t>(lane)] = std::make_unique<WorkerLane>(name, count, completions_, nice);
  };
  add(Lane::writer, "pr-writer", 1);
  add(Lane::checkpoint, "pr-checkpoint", 1);
  add(Lane::reader, "pr-reader", kReaderThreads);
  add(Lane::compute, "pr-compute", compute_threads);
  add(Lane::hash, "pr-hash", kHashThreads, kHashNice);
}

UvRuntime::~UvRuntime() {
  assert(roots() == 0);
  for (auto& lane : lanes_) lane.reset();
  wake_.reset();
  timer_.reset();
  uv_run(&loop_, UV_RUN_DEFAULT);  // the callbacks of what is being closed
  [[maybe_unused]] const int error = uv_loop_close(&loop_);
  assert(error == 0 && "a handle outlives the loop");
}

WallTime UvRuntime::wall_now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void UvRuntime::random(std::span<std::byte> out) { random_bytes(out); }

void UvRuntime::submit(Lane lane, Job job, Signal& done) {
  lanes_[static_cast<std::size_t>(lane)]->submit(std::move(job), done);
}

void UvRuntime::run() {
  for (;;) {
    now_ = Clock::now();
    timers().expire(now_);
    completions_.raise();
    resume_ready();
    if (roots() == 0) return;
    // Who waits until now() waits for one turn.
    if (ready().empty() && timers().next() > now_ && completions_.may_sleep()) {
      arm_timer();
      uv_run(&loop_, UV_RUN_ONCE);
    } else {
      uv_run(&loop_, UV_RUN_NOWAIT);
    }
  }
}

void UvRuntime::resume_ready() {
  const TimePoint end = Clock::now() + kTurn;
  while (!ready().empty() && Clock::now() < end) ready().pop().resume();
}

void UvRuntime::arm_timer() {
  const TimePoint next = timers().next();
  if (next == kNever) {
    uv_timer_stop(timer_.get());
    return;
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  uv_update_time(&loop_);
  // It repeats, since uv_run calls a timer that is due before it polls, and would then sleep without one.
  constexpr std::uint64_t again = 1;
  uv_timer_start(
      timer_.get(), [](uv_timer_t*) {}, static_cast<std::uint64_t>(std::max<std::int64_t>(wait, 0)), again);
}

}  // namespace postroom
