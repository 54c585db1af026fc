// The framer: whatever the pieces in which bytes come, the same commands are found, within the limit.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "protocols/imap/framer.h"

namespace {

using namespace postroom;
using namespace postroom::imap;
using Event = Framer::Event;

constexpr std::size_t kLimit = 64;

/// As the command loop answers: literals that fit are taken, others refused.
void answer_literal(Framer& framer) {
  if (framer.text().size() <= kLimit && framer.literal().size <= kLimit - framer.text().size()) {
    framer.accept();
  } else if (framer.literal().synchronising) {
    framer.reset();
  } else {
    framer.skip(framer.literal().size);
  }
}

std::vector<std::string> frame(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> found;
  Framer framer;
  Buffer in(1 << 16);
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, piece);
    in.append(some);
    bytes.remove_prefix(some.size());
    for (Event event = framer.next(in, kLimit); event != Event::more; event = framer.next(in, kLimit)) {
      if (framer.text().size() > kLimit + 2) std::abort();
      found.push_back(std::to_string(static_cast<int>(event)) + std::string(framer.text()));
      if (event == Event::complete) framer.reset();
      if (event == Event::too_long) framer.skip_line();
      if (event == Event::literal) answer_literal(framer);
    }
    if (!in.empty()) std::abort();
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size > 1 << 15) return 0;
  const auto whole = frame(bytes, size + 1);
  if (frame(bytes, 1) != whole || frame(bytes, 7) != whole) std::abort();
  return 0;
}
