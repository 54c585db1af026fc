// Group commit: requests wait in a queue on the loop; while one group is committed on the writer's thread,
// the next gathers. So fifty deliveries share one sync, and one delivery alone waits for nobody.
//
// A group's requests run one after another in one transaction, without savepoints: those would cost every
// request a copy of each page it touches. When a request fails, which it does only by our fault, the
// transaction is rolled back and each of the group runs in one of its own. Jobs may therefore run twice: they
// set what they give back, they don't add to it.
#pragma once

#include <deque>
#include <functional>

#include "base/signal.h"
#include "storage/changes.h"
#include "storage/sqlite/reserve.h"
#include "storage/sqlite/write.h"

namespace postroom::sqlite {

class Writer {
 public:
  /// What of a request's size matters to others in its group.
  enum class Kind {
    small,  ///< shares a transaction with others
    slice,  ///< may take milliseconds: has a transaction of its own, every other turn at most
  };

  /// What it means to a disk that is full.
  enum class Room {
    takes,  ///< fails, also while the reserve is not whole
    makes,  ///< removes something: may use the reserve
  };

  Writer(Runtime& runtime, ChangeHub& changes, Reserve& reserve, Connection db, std::size_t queue_limit);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Runs `job(Write&)` in a transaction and returns once that is durable and its changes are published, with
  /// what it returned. `bytes` is about what it writes. Throws StoreFault.
  template <class Job>
  Task<std::invoke_result_t<Job&, Write&>> run(std::size_t bytes, Kind kind, Job& job,
                                               Room room = Room::takes) {
    using Result = std::invoke_result_t<Job&, Write&>;
    if constexpr (std::is_void_v<Result>) {
      Request request(runtime_, bytes, kind, room, std::ref(job));
      co_await commit(request);
    } else {
      std::optional<Result> result;
      auto keep = [&](Write& write) { result.emplace(job(write)); };
      Request request(runtime_, bytes, kind, room, std::ref(keep));
      co_await commit(request);
      co_return std::move(*result);
    }
  }

  /// Waits until `bytes` more may wait to be written; false: `deadline` came first.
  Task<bool> wait_for_room(std::size_t bytes, TimePoint deadline);

  /// How many requests there have been.
  std::uint64_t requests() const { return requests_; }

  /// Returns when no group is under way; none begins until release().
  Task<> hold();
  void release();

  /// Called on the loop after each group, with the pages that are in the WAL.
  void on_commit(std::function<void(std::uint32_t)> told) { told_ = std::move(told); }

  /// Called on the loop after a group in which the disk was full.
  void on_full(std::function<void()> told) { told_full_ = std::move(told); }

  /// A sync has failed: refuses all from now on. Also for whoever else syncs.
  void close_for_good(const char* why) noexcept;

  /// Waits until the queue is empty and no group is under way.
  Task<> finish();

 private:
  struct Request {
    Request(Runtime& runtime, std::size_t size, Kind k, Room r, std::function<void(Write&)> j)
        : bytes(size), kind(k), room(r), job(std::move(j)), done(runtime) {}
    std::size_t bytes;
    Kind kind;
    Room room;
    std::function<void(Write&)> job;
    std::vector<Change> changes;
    std::exception_ptr error;
    bool full = false;  // the error is that the disk is
    Signal done;
  };
  struct Waiting {
    Waiting(Runtime& runtime, std::size_t size) : bytes(size), raised(runtime) {}
    std::size_t bytes;
    Signal raised;
  };
  using Group = std::vector<Request*>;

  Task<> commit(Request& request);
  void enqueue(Request& request);
  Task<> pump();
  Group next_group();
  Group gather();
  /// On the writer's thread. True: a sync failed.
  bool perform_group(const Group& group);
  bool try_together(const Group& group);
  static void fail(const Group& group, bool full);
  void perform_alone(Request& request);
  void settle(const Group& group);
  void wake_waiting();
  bool has_room(std::size_t bytes) const { return queued_ == 0 || queued_ + bytes <= limit_; }

  Runtime& runtime_;
  ChangeHub& changes_;
  Reserve& reserve_;
  Connection db_;
  const std::size_t limit_;
  std::function<void(std::uint32_t)> told_ = [](std::uint32_t) {};
  std::function<void()> told_full_ = [] {};
  std::deque<Request*> small_;
  std::deque<Request*> slices_;
  std::deque<Waiting*> waiting_;  // for room
  std::size_t queued_ = 0;        // bytes in the queues and in the group under way
  std::uint64_t requests_ = 0;
  bool pumping_ = false;
  bool committing_ = false;
  bool slice_was_last_ = false;
  bool sync_failed_ = false;
  int holds_ = 0;
  Signal released_;            // the pump waits
  std::vector<Signal*> idle_;  // whoever waits for the group under way
};

}  // namespace postroom::sqlite
