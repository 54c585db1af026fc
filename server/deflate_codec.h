// Raw DEFLATE (RFC 1951) in both directions by zlib, for a connection that is mostly idle: what works holds
// 80 KiB here and up to 40 KiB there, what rests only the text that is still referred to.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.h"

struct z_stream_s;

namespace postroom {

/// Compresses, little but fast.
class Deflater {
 public:
  /// Appends to `out` what `bytes` become. With `flush` the other side can read all that was fed so far; else
  /// some of it may be held back. Throws std::bad_alloc.
  void feed(std::string_view bytes, bool flush, std::string& out);
  /// Gives memory back. What comes next is compressed with nearly as much knowledge as if nothing had been
  /// given back.
  void rest() noexcept;

 private:
  struct End {
    void operator()(z_stream_s* state) const noexcept;
  };
  void wake();

  std::unique_ptr<z_stream_s, End> state_;  // null: resting
  std::string history_;                     // while resting: the end of what was fed
  bool flushed_ = true;
};

/// Decompresses. It takes no more than it can give out, so that no input, however small, becomes more than
/// there is room for.
class Inflater {
 public:
  /// Takes bytes from the front of `in` and appends what they become to `out`, as far as there is room. Call
  /// it again while `out` comes back full: more may be held. Answers how many bytes were appended. Throws
  /// std::bad_alloc.
  std::size_t feed(Buffer& in, Buffer& out);

  /// The data is no DEFLATE; what came before has been given out.
  bool corrupt() const { return corrupt_; }
  /// The data has come to the end that it itself says; what follows in the input is not looked at.
  bool ended() const { return ended_; }

  /// Gives memory back where what was fed ends as a flush ends; no more than 32 KiB are kept.
  void rest() noexcept;

 private:
  struct End {
    void operator()(z_stream_s* state) const noexcept;
  };
  void wake();
  bool between_blocks() const;

  std::unique_ptr<z_stream_s, End> state_;  // null: resting
  std::string history_;                     // while resting: what the other side may refer back to
  bool corrupt_ = false;
  bool ended_ = false;
};

}  // namespace postroom
