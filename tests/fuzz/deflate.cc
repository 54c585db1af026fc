// The inflater, on whatever a client sends: what it gives out does not depend on the pieces in which bytes
// come, on the room there is, or on rests, and is what zlib alone makes of it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <zlib.h>

#include "server/deflate_codec.h"

namespace {

using namespace postroom;

constexpr std::size_t kMost = 1 << 20;  // a few bytes may become very many

std::string by_zlib(std::string bytes) {
  z_stream state{};
  if (inflateInit2(&state, -15) != Z_OK) std::abort();
  std::string text(kMost, '\0');
  state.next_in = reinterpret_cast<Bytef*>(bytes.data());
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = reinterpret_cast<Bytef*>(text.data());
  state.avail_out = static_cast<uInt>(text.size());
  inflate(&state, Z_SYNC_FLUSH);
  text.resize(text.size() - state.avail_out);
  inflateEnd(&state);
  return text;
}

std::string by_pieces(std::string_view bytes, std::size_t piece, std::size_t room) {
  Inflater inflater;
  Buffer in(1 << 16);
  Buffer out(room);
  std::string text;
  while (text.size() < kMost) {
    if (in.empty()) {
      const std::string_view some = bytes.substr(0, piece);
      in.append(some);
      bytes.remove_prefix(some.size());
      inflater.rest();
    }
    const std::size_t count = inflater.feed(in, out);
    if (count != out.size()) std::abort();
    text += out.view();
    out.clear();
    if (count == 0 && (bytes.empty() || inflater.corrupt() || inflater.ended())) break;
  }
  text.resize(std::min(text.size(), kMost));
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 15) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string text = by_zlib(bytes);
  if (by_pieces(bytes, size + 1, 1 << 16) != text || by_pieces(bytes, 1, 1 << 12) != text ||
      by_pieces(bytes, 13, 7) != text)
    std::abort();
  return 0;
}
