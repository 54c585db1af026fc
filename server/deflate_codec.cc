// DEFLATE by zlib: see deflate_codec.h.
#include "server/deflate_codec.h"

#include <algorithm>
#include <limits>
#include <new>
#include <zlib.h>

namespace postroom {

namespace {

// windowBits from -8 to -15 is raw DEFLATE (RFC 4978 4). Of our own window 8 KiB are nearly as good as 32
// for IMAP's responses and text, and cost a fourth; level 1 compresses 50 to 130 MB/s.
constexpr int kLevel = 1;
constexpr int kOurWindow = -13;
constexpr int kOurMemory = 6;
constexpr int kTheirWindow = -15;
/// What a resting Deflater keeps: the last responses, which the next ones are most like.
constexpr std::size_t kKept = 4 << 10;
constexpr std::size_t kLargestWindow = 32 << 10;
constexpr std::size_t kStep = 16 << 10;

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

uInt size_of(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

void Deflater::End::operator()(z_stream_s* state) const noexcept {
  deflateEnd(state);
  delete state;
}

void Inflater::End::operator()(z_stream_s* state) const noexcept {
  inflateEnd(state);
  delete state;
}

void Deflater::wake() {
  if (state_) return;
  auto made = std::make_unique<z_stream>();
  if (deflateInit2(made.get(), kLevel, Z_DEFLATED, kOurWindow, kOurMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  state_.reset(made.release());
  deflateSetDictionary(state_.get(), bytes_of(history_), size_of(history_.size()));
  std::string().swap(history_);
}

void Deflater::feed(std::string_view bytes, bool flush, std::string& out) {
  wake();
  z_stream& state = *state_;
  state.next_in = const_cast<Bytef*>(bytes_of(bytes));
  state.avail_in = size_of(bytes.size());
  char step[kStep];
  do {
    state.next_out = reinterpret_cast<Bytef*>(step);
    state.avail_out = sizeof step;
    deflate(&state, flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    out.append(step, sizeof step - state.avail_out);
  } while (state.avail_out == 0);
  flushed_ = flush;
}

/// After a flush the stream stands at the beginning of a byte and of a block: a new compressor may go on with
/// it. What that knows of before is only what it is told, and refers to nothing else.
void Deflater::rest() noexcept {
  if (!state_ || !flushed_) return;
  try {
    Bytef window[kLargestWindow];
    uInt size = 0;
    deflateGetDictionary(state_.get(), window, &size);
    const std::size_t kept = std::min<std::size_t>(size, kKept);
    history_.assign(reinterpret_cast<const char*>(window) + (size - kept), kept);
  } catch (const std::bad_alloc&) {
    return;
  }
  state_.reset();
}

void Inflater::wake() {
  if (state_) return;
  auto made = std::make_unique<z_stream>();
  if (inflateInit2(made.get(), kTheirWindow) != Z_OK) throw std::bad_alloc();
  state_.reset(made.release());
  if (!history_.empty() &&
      inflateSetDictionary(state_.get(), bytes_of(history_), size_of(history_.size())) != Z_OK)
    throw std::bad_alloc();
  std::string().swap(history_);
}

std::size_t Inflater::feed(Buffer& in, Buffer& out) {
  std::size_t total = 0;
  char step[kStep];
  while (out.room() > 0 && !corrupt_ && !ended_) {
    if (!state_ && in.empty()) break;
    wake();
    z_stream& state = *state_;
    const std::string_view bytes = in.view();
    const std::size_t room = std::min(sizeof step, out.room());
    state.next_in = const_cast<Bytef*>(bytes_of(bytes));
    state.avail_in = size_of(bytes.size());
    state.next_out = reinterpret_cast<Bytef*>(step);
    state.avail_out = size_of(room);
    const int outcome = inflate(&state, Z_SYNC_FLUSH);
    if (outcome == Z_MEM_ERROR) throw std::bad_alloc();
    in.consume(bytes.size() - state.avail_in);
    const std::size_t count = room - state.avail_out;
    out.append(std::string_view(step, count));
    total += count;
    ended_ = outcome == Z_STREAM_END;
    corrupt_ = outcome != Z_OK && outcome != Z_BUF_ERROR && !ended_;
    // Not filled: zlib holds nothing back and wants more.
    if (state.avail_out > 0) break;
  }
  return total;
}

/// zlib's data_type: the bits of the last byte that are not used, 64 within the last block, 128 after the end
/// of a block.
bool Inflater::between_blocks() const { return (state_->data_type & (128 | 64 | 7)) == 128; }

void Inflater::rest() noexcept {
  if (!state_ || !between_blocks()) return;
  try {
    Bytef window[kLargestWindow];
    uInt size = 0;
    if (inflateGetDictionary(state_.get(), window, &size) != Z_OK) return;
    history_.assign(reinterpret_cast<const char*>(window), size);
  } catch (const std::bad_alloc&) {
    return;
  }
  state_.reset();
}

}  // namespace postroom
