// Group commit.
#include "storage/sqlite/writer.h"

#include <algorithm>

#include "base/log.h"

namespace postroom::sqlite {

namespace {

/// What followers may add to a group; a small leader waits for less.
constexpr std::size_t kGroupBytes = 1 << 20;
constexpr std::size_t kSmallLeader = 128 << 10;

constexpr const char* kClosed =
    "the store takes no more changes: a sync to disk has failed; restart after checking the disk";

constexpr const char* kFull = "the disk is full: what room is left is for removing mail";

}  // namespace

Writer::Writer(Runtime& runtime, ChangeHub& changes, Reserve& reserve, Connection db, std::size_t queue_limit)
    : runtime_(runtime),
      changes_(changes),
      reserve_(reserve),
      db_(std::move(db)),
      limit_(queue_limit),
      released_(runtime) {}

Task<> Writer::commit(Request& request) {
  if (sync_failed_) throw StoreFault(kClosed);
  enqueue(request);
  co_await request.done.wait();
  if (request.error) std::rethrow_exception(request.error);
}

/// Without memory for the pump the request is as if it had not been made.
void Writer::enqueue(Request& request) {
  auto& queue = request.kind == Kind::slice ? slices_ : small_;
  queue.push_back(&request);
  ++requests_;
  queued_ += request.bytes;
  if (pumping_) return;
  try {
    runtime_.spawn(pump());
  } catch (...) {
    queued_ -= request.bytes;
    queue.pop_back();
    throw;
  }
}

Task<bool> Writer::wait_for_room(std::size_t bytes, TimePoint deadline) {
  if (sync_failed_ || (waiting_.empty() && has_room(bytes))) co_return true;
  Waiting place(runtime_, bytes);
  waiting_.push_back(&place);
  const Wake wake = co_await place.raised.wait(deadline);
  if (wake == Wake::raised) co_return true;
  std::erase(waiting_, &place);
  wake_waiting();
  co_return false;
}

void Writer::wake_waiting() {
  // What is let in now is not in the queue yet.
  std::size_t admitted = 0;
  while (!waiting_.empty() &&
         (queued_ + admitted == 0 || queued_ + admitted + waiting_.front()->bytes <= limit_)) {
    admitted += waiting_.front()->bytes;
    waiting_.front()->raised.raise();
    waiting_.pop_front();
  }
}

Task<> Writer::pump() {
  pumping_ = true;
  while (!small_.empty() || !slices_.empty()) {
    if (holds_ > 0) {
      co_await released_.wait();
      continue;
    }
    const Group group = next_group();
    committing_ = true;
    auto job = [&] { return perform_group(group); };
    const bool sync_failed = co_await perform(runtime_, Lane::writer, job);
    committing_ = false;
    if (sync_failed) close_for_good("commit");
    settle(group);
  }
  pumping_ = false;
  for (Signal* signal : std::exchange(idle_, {})) signal->raise();
}

Writer::Group Writer::next_group() {
  const bool slice = !slices_.empty() && (small_.empty() || !slice_was_last_);
  slice_was_last_ = slice;
  if (!slice) return gather();
  Group group{slices_.front()};
  slices_.pop_front();
  return group;
}

Writer::Group Writer::gather() {
  Group group;
  std::size_t bytes = 0;
  const std::size_t most = small_.front()->bytes <= kSmallLeader ? kSmallLeader + kGroupBytes
                                                                 : small_.front()->bytes + kGroupBytes;
  while (!small_.empty()) {
    Request* next = small_.front();
    const bool giant = next->bytes > kSmallLeader && !group.empty() && group.front()->bytes <= kSmallLeader;
    if (!group.empty() && (giant || bytes + next->bytes > most)) break;
    bytes += next->bytes;
    group.push_back(next);
    small_.pop_front();
  }
  return group;
}

bool Writer::perform_group(const Group& group) {
  try {
    if (!reserve_.whole()) reserve_.keep();
    if (group.size() > 1 && try_together(group)) return false;
    for (Request* request : group) perform_alone(*request);
    return false;
  } catch (const SyncFault&) {
    const auto error = std::current_exception();
    for (Request* request : group) request->error = error;
    return true;
  }
}

/// False: nothing has happened, and each of them is better tried alone. Throws SyncFault.
bool Writer::try_together(const Group& group) {
  bool began = false;
  bool ran_all = false;
  try {
    Transaction transaction(db_, Transaction::Kind::write);
    began = true;
    for (Request* request : group) {
      if (request->room == Room::takes && !reserve_.whole()) throw StoreFull(kFull);
      Write write(db_, request->changes);
      request->job(write);
    }
    ran_all = true;
    transaction.commit();
    return true;
  } catch (const SyncFault&) {
    throw;
  } catch (const StoreFull&) {
    fail(group, true);
    return group.size() == 1;
  } catch (...) {
    fail(group, false);
    // A database that another process has locked is so for each: they don't wait one after another.
    return group.size() == 1 || !began || ran_all;
  }
}

/// Within a catch block.
void Writer::fail(const Group& group, bool full) {
  for (Request* request : group) {
    request->error = std::current_exception();
    request->full = full;
  }
}

void Writer::perform_alone(Request& request) {
  const Group group{&request};
  const auto attempt = [&] {
    request.changes.clear();
    request.error = nullptr;
    request.full = false;
    try_together(group);
  };
  attempt();
  if (!request.full || request.room == Room::takes || !reserve_.give()) return;
  attempt();
  reserve_.keep();
}

void Writer::settle(const Group& group) {
  bool full = false;
  for (Request* request : group) {
    queued_ -= request->bytes;
    full |= request->full;
    if (!request->error) {
      for (const Change& change : request->changes) {
        if (change.gone)
          changes_.publish_gone(change.mailbox);
        else
          changes_.publish(change.mailbox, change.modseq);
      }
    }
    request->done.raise();
  }
  told_(db_.wal_pages());
  if (full) told_full_();
  wake_waiting();
  for (Signal* signal : std::exchange(idle_, {})) signal->raise();
}

void Writer::close_for_good(const char* why) noexcept {
  if (sync_failed_) return;
  sync_failed_ = true;
  log::error("storage.sync_failed", {{"at", why}, {"consequence", "no change is accepted until restart"}});
  for (auto* queue : {&small_, &slices_}) {
    for (Request* request : *queue) {
      queued_ -= request->bytes;
      request->error = std::make_exception_ptr(StoreFault(kClosed));
      request->done.raise();
    }
    queue->clear();
  }
  for (Waiting* place : std::exchange(waiting_, {})) place->raised.raise();
}

Task<> Writer::hold() {
  ++holds_;
  while (committing_) {
    Signal idle(runtime_);
    idle_.push_back(&idle);
    co_await idle.wait();
  }
}

void Writer::release() {
  if (--holds_ == 0) released_.raise();
}

Task<> Writer::finish() {
  while (pumping_) {
    Signal idle(runtime_);
    idle_.push_back(&idle);
    co_await idle.wait();
  }
}

}  // namespace postroom::sqlite
