// Paced checkpoints.
#include "storage/sqlite/checkpointer.h"

#include <algorithm>

#include "base/log.h"

namespace postroom::sqlite {

namespace {

/// For this part of the pages at which it begins the writer may be held: 1 MiB, a few milliseconds.
constexpr std::uint32_t kLittlePart = 4;
/// Holds the writer while alive; the hold itself is awaited before.
class Release {
 public:
  explicit Release(Writer& writer) : writer_(writer) {}
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;
  ~Release() { writer_.release(); }

 private:
  Writer& writer_;
};

}  // namespace

Checkpointer::Checkpointer(Runtime& runtime, Writer& writer, Reserve& reserve, Connection db,
                           std::uint32_t pages)
    : runtime_(runtime),
      writer_(writer),
      reserve_(reserve),
      db_(std::move(db)),
      pages_(pages),
      due_at_(pages),
      ended_(runtime) {}

void Checkpointer::committed(std::uint32_t wal_pages) {
  // It starts afresh: whatever stood in the way before is over.
  if (wal_pages < wal_pages_) due_at_ = pages_;
  wal_pages_ = wal_pages;
  if (wal_pages_ >= due_at_) begin();
}

void Checkpointer::begin() {
  if (running_) return;
  runtime_.spawn(run());
}

Task<Connection::Checkpoint> Checkpointer::checkpoint(Connection::CheckpointMode mode) {
  auto job = [&] { return perform_checkpoint(mode); };
  co_return co_await perform(runtime_, Lane::checkpoint, job);
}

/// On a full disk the WAL goes on growing until it is copied: this is worth the reserve.
Connection::Checkpoint Checkpointer::perform_checkpoint(Connection::CheckpointMode mode) {
  try {
    return db_.checkpoint(mode);
  } catch (const StoreFull&) {
    if (!reserve_.give()) throw;
  }
  const Connection::Checkpoint done = db_.checkpoint(mode);
  reserve_.keep();
  return done;
}

Task<> Checkpointer::copy_beside() {
  for (std::uint32_t before = wal_pages_;;) {
    const Connection::Checkpoint done = co_await checkpoint(Connection::CheckpointMode::passive);
    const std::uint32_t left = wal_pages_ - std::min(wal_pages_, done.copied);
    nearly_done_ = left <= pages_ / kLittlePart;
    if (nearly_done_) co_return;
    if (left > before / 2) {
      // Either the writer is as fast as the copying, and has to wait for more than a little; or a reader of
      // long ago (a backup) needs the rest where it is.
      nearly_done_ = done.copied == done.pages;
      co_return;
    }
    before = left;
  }
}

Task<> Checkpointer::copy_rest() {
  co_await writer_.hold();
  const Release release(writer_);
  co_await checkpoint(Connection::CheckpointMode::restart);
}

Task<> Checkpointer::run() {
  running_ = true;
  try {
    co_await copy_beside();
    if (nearly_done_) co_await copy_rest();
  } catch (const SyncFault& fault) {
    writer_.close_for_good(fault.what());
  } catch (const StoreFault& fault) {
    // The WAL stays, nothing is lost; the next one tries again.
    log::warning("storage.checkpoint_failed", {{"cause", fault.what()}});
  }
  due_at_ = wal_pages_ + pages_;
  running_ = false;
  ended_.raise();
}

Task<> Checkpointer::finish() {
  while (running_) co_await ended_.wait();
  try {
    co_await checkpoint(Connection::CheckpointMode::truncate);
  } catch (const StoreFault& fault) {
    log::warning("storage.checkpoint_failed", {{"cause", fault.what()}});
  }
}

}  // namespace postroom::sqlite
