// A message on its way in: parsed off the loop, spooled in constant memory.
#include "protocols/intake.h"

#include "base/signal.h"

namespace postroom {

namespace {

/// Most mail is small, and parsed in less time than handing it to another thread takes; one made to be slow
/// holds the loop for half a millisecond.
constexpr std::size_t kParsedOnLoop = 8 << 10;

}  // namespace

Task<> Intake::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = spool_.room();
    const std::string_view slice = bytes.substr(0, room);
    bytes.remove_prefix(slice.size());
    if (slice.size() < room) {
      co_await spool_.append(slice);
      co_return;
    }
    // The spool may hand on what it holds: that must have been parsed before.
    const std::string_view unparsed = std::string_view(spool_.held()).substr(parsed_);
    auto parse = [&] {
      builder_.feed(unparsed);
      builder_.feed(slice);
    };
    co_await perform(runtime_, Lane::compute, parse);
    co_await spool_.append(slice);
    parsed_ = spool_.held().size();
  }
}

Task<MessageFacts> Intake::finish() {
  const std::string_view unparsed = std::string_view(spool_.held()).substr(parsed_);
  auto parse = [&] {
    builder_.feed(unparsed);
    return builder_.finish();
  };
  if (spool_.size() <= kParsedOnLoop) co_return parse();
  co_return co_await perform(runtime_, Lane::compute, parse);
}

}  // namespace postroom
