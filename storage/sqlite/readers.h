// Readers: connections that only read, lent to one job at a time. Who finds none free waits on the loop, so that
// no job waits on a thread.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/signal.h"
#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

class Readers {
 public:
  Readers(Runtime& runtime, const std::filesystem::path& file, const Connection::Settings& settings, std::size_t count);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Runs `job(Connection&)` on a reader's thread and returns what it returned. Throws StoreFault.
  template <class Job>
  Task<std::invoke_result_t<Job&, Connection&>> run(Job& job) {
    Loan loan(*this);
    if (!loan.connection) co_await loan.arrived.wait();
    auto bound = [&] { return job(*loan.connection); };
    co_return co_await perform(runtime_, Lane::reader, bound);
  }

  /// Waits until no job is under way.
  Task<> finish();

 private:
  struct Loan {
    explicit Loan(Readers& readers);
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();
    Readers& from;
    Connection* connection = nullptr;
    Signal arrived;
  };

  Runtime& runtime_;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> idle_;
  std::deque<Loan*> waiting_;
  Signal returned_;
};

}  // namespace postroom::sqlite
