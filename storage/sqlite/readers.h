// Readers: connections that only read, each given what waits to be read, several requests at a time. So a
// busy server wakes a thread once for many short reads, and no job waits on a thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/signal.h"
#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

class Readers {
 public:
  Readers(Runtime& runtime, const std::filesystem::path& file, const Connection::Settings& settings,
          std::size_t count);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Runs `job(Connection&)` on a reader's thread and returns what it returned. Throws StoreFault.
  template <class Job>
  Task<std::invoke_result_t<Job&, Connection&>> run(Job& job) {
    std::optional<std::invoke_result_t<Job&, Connection&>> result;
    auto keep = [&](Connection& db) { result.emplace(job(db)); };
    Request request(runtime_, std::ref(keep));
    co_await serve(request);
    co_return std::move(*result);
  }

  /// Waits until no job is under way.
  Task<> finish();

 private:
  struct Request {
    Request(Runtime& runtime, std::function<void(Connection&)> j) : job(std::move(j)), done(runtime) {}
    std::function<void(Connection&)> job;
    std::exception_ptr error;
    Signal done;
  };
  using Batch = std::vector<Request*>;

  Task<> serve(Request& request);
  void enqueue(Request& request);
  /// The work of a connection that is idle, until nothing waits.
  Task<> work();
  Batch next_batch();

  Runtime& runtime_;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> idle_;
  std::deque<Request*> waiting_;
  Signal ended_;
};

}  // namespace postroom::sqlite
