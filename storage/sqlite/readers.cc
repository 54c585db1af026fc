// A pool of read-only connections.
#include "storage/sqlite/readers.h"

#include <algorithm>

namespace postroom::sqlite {

namespace {

/// The first of a batch waits for the last: not for more than this.
constexpr std::size_t kBatch = 8;

}  // namespace

Readers::Readers(Runtime& runtime, const std::filesystem::path& file, const Connection::Settings& settings,
                 std::size_t count)
    : runtime_(runtime), ended_(runtime) {
  Connection::Settings read_only = settings;
  read_only.read_only = true;
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    all_.push_back(std::make_unique<Connection>(file, read_only));
    idle_.push_back(all_.back().get());
  }
}

Task<> Readers::serve(Request& request) {
  enqueue(request);
  co_await request.done.wait();
  if (request.error) std::rethrow_exception(request.error);
}

/// Without memory for its work the request is as if it had not been made.
void Readers::enqueue(Request& request) {
  waiting_.push_back(&request);
  if (idle_.empty()) return;
  try {
    runtime_.spawn(work());
  } catch (...) {
    waiting_.pop_back();
    throw;
  }
}

Readers::Batch Readers::next_batch() {
  // What waits is shared out evenly.
  const std::size_t share = (waiting_.size() + all_.size() - 1) / all_.size();
  const auto count = static_cast<std::ptrdiff_t>(std::min(share, kBatch));
  Batch batch(waiting_.begin(), waiting_.begin() + count);
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  return batch;
}

Task<> Readers::work() {
  Connection& db = *idle_.back();
  idle_.pop_back();
  // What else comes in this turn is read together with it.
  co_await sleep_until(runtime_, runtime_.now());
  while (!waiting_.empty()) {
    const Batch batch = next_batch();
    auto job = [&] {
      const Transaction together(db, Transaction::Kind::read);
      for (Request* request : batch) {
        try {
          request->job(db);
        } catch (...) {
          request->error = std::current_exception();
        }
      }
    };
    co_await perform(runtime_, Lane::reader, job);
    for (Request* request : batch) request->done.raise();
  }
  idle_.push_back(&db);
  ended_.raise();
}

Task<> Readers::finish() {
  while (idle_.size() < all_.size()) co_await ended_.wait();
}

}  // namespace postroom::sqlite
