// DeflateStream: see deflate_stream.h.
#include "server/deflate_stream.h"

namespace postroom {

namespace {

using Reason = ConnectionEnded::Reason;

/// Compressed in one turn of the loop.
constexpr std::size_t kAtOnce = 32 << 10;

}  // namespace

DeflateStream::DeflateStream(std::unique_ptr<Stream>&& plain, std::string_view unread)
    : Stream(plain->signal()),
      turn_(std::make_shared<Turn>(Turn{&plain->signal()})),
      plain_(std::move(plain)) {
  in_.append(unread);
}

DeflateStream::~DeflateStream() { turn_->signal = nullptr; }

void DeflateStream::throw_if_over() const {
  if (over_) throw ConnectionEnded(Reason::aborted, "connection ended by us");
}

/// Hands compressed bytes to the plain stream, as far as it takes them.
void DeflateStream::push() {
  while (!out_.empty()) {
    const std::size_t count = plain_->send(out_);
    if (count == 0) return;
    out_.erase(0, count);
  }
}

/// This stream has done enough: it goes on when others have been heard.
void DeflateStream::end_turn() {
  if (std::exchange(turn_->over, true)) return;
  runtime().spawn(next_turn(runtime(), turn_));
}

Task<> DeflateStream::next_turn(Runtime& runtime, std::shared_ptr<Turn> turn) {
  co_await sleep_until(runtime, runtime.now());
  turn->over = false;
  if (turn->signal != nullptr) turn->signal->raise();
}

std::size_t DeflateStream::receive(Buffer& into) {
  throw_if_over();
  push();
  if (turn_->over) return 0;
  for (;;) {
    const std::size_t count = inflater_.feed(in_, into);
    if (into.room() == 0) end_turn();  // there may be more
    if (count > 0 || into.room() == 0) return count;
    if (inflater_.corrupt()) throw ConnectionEnded(Reason::corrupt, "what came is not DEFLATE");
    if (inflater_.ended()) throw ConnectionEnded(Reason::peer_closed, "peer ended compression");
    if (plain_->receive(in_) == 0) return 0;
  }
}

std::size_t DeflateStream::send(std::string_view bytes) {
  throw_if_over();
  push();
  if (bytes.empty()) {
    plain_->send({});  // notices an end
    return 0;
  }
  if (!out_.empty() || turn_->over) return 0;
  const std::string_view piece = bytes.substr(0, kAtOnce);
  const bool last = piece.size() == bytes.size();
  deflater_.feed(piece, last, out_);
  push();
  if (!last) end_turn();
  return piece.size();
}

bool DeflateStream::sent() const { return out_.empty() && plain_->sent(); }

void DeflateStream::finish() noexcept {
  try {
    if (!over_) push();
  } catch (const ConnectionEnded&) {
    // It has ended already.
  }
  over_ = true;
  plain_->finish();
}

void DeflateStream::abort() noexcept {
  over_ = true;
  plain_->abort();
}

void DeflateStream::release_buffers() noexcept {
  deflater_.rest();
  inflater_.rest();
  in_.shrink_if_empty();
  if (out_.empty()) std::string().swap(out_);
  plain_->release_buffers();
}

std::unique_ptr<Stream> begin_deflate(std::unique_ptr<Stream>&& plain, std::string_view unread) {
  return std::make_unique<DeflateStream>(std::move(plain), unread);
}

}  // namespace postroom
