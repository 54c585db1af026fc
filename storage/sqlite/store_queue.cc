// SqliteStore: the queue.
#include "storage/sqlite/queue.h"
#include "storage/sqlite/store_implementation.h"

namespace postroom::sqlite {

namespace {

/// Bytes that the change of a recipient's row writes, about.
constexpr std::size_t kRow = 512;

}  // namespace

Task<DueMail> StoreImplementation::due(WallTime now, DueMost most) {
  auto job = [&](Connection& db) { return sqlite::due(db, now, most); };
  co_return co_await readers_.run(job);
}

Task<DueBatch> StoreImplementation::due_at(std::string destination, WallTime now, std::size_t most) {
  auto job = [&](Connection& db) { return sqlite::due_at(db, destination, now, most); };
  co_return co_await readers_.run(job);
}

Task<std::vector<std::uint32_t>> StoreImplementation::remaining(QueueId message, std::string destination) {
  auto job = [&](Connection& db) { return sqlite::remaining(db, message, destination); };
  co_return co_await readers_.run(job);
}

Task<std::vector<QueuedMail>> StoreImplementation::late(WallTime arrived, bool untold, QueuePlace after,
                                                        std::size_t most) {
  auto job = [&](Connection& db) { return sqlite::late(db, arrived, untold, after, most); };
  co_return co_await readers_.run(job);
}

Task<std::vector<QueuedMail>> StoreImplementation::overdue(WallTime now, std::size_t most) {
  auto job = [&](Connection& db) { return sqlite::overdue(db, now, most); };
  co_return co_await readers_.run(job);
}

Task<> StoreImplementation::progress(QueueProgress progress) {
  const std::size_t rows = progress.finished.size() + progress.put_off.size() + progress.events.size();
  const std::size_t bytes = rows * kRow;
  const WallTime now = runtime_.wall_now();
  auto job = [&](Write& write) { return sqlite::progress(write.db, progress, now); };
  const bool garbage = co_await writer_.run(bytes, Writer::Kind::small, job, Writer::Room::makes);
  if (garbage) collector_.wake();
}

Task<> StoreImplementation::put_off(std::string destination, WallTime until, std::string problem) {
  const WallTime now = runtime_.wall_now();
  const bool traced = keep_trace_.count() > 0;
  auto job = [&](Write& write) {
    sqlite::put_off(write.db, destination, now, until, problem);
    if (traced) trace_unreachable(write.db, destination, problem, until, now);
  };
  co_await writer_.run(kRow, Writer::Kind::small, job, Writer::Room::makes);
}

}  // namespace postroom::sqlite
