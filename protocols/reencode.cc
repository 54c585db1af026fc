#include "protocols/reencode.h"

#include "base/signal.h"
#include "protocols/mime/downgrade.h"
#include "storage/store.h"

namespace postroom {

namespace {

/// Bytes read at a time.
constexpr std::size_t kPiece = 64 << 10;

/// What a spool holds from `offset` on: some of it, and not nothing.
Task<std::string> read(Store& store, Spool& spool, std::uint64_t offset) {
  const std::uint64_t staged = spool.size() - spool.held().size();
  if (offset >= staged) co_return spool.held().substr(offset - staged, kPiece);
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, staged - offset));
  std::string bytes = co_await store.read(*spool.staged(), offset, size);
  if (bytes.empty()) throw StoreFault("staged content is gone");
  co_return bytes;
}

}  // namespace

Task<bool> reencode(Runtime& runtime, Store& store, Intake& from, const MessageFacts& facts,
                    ContentForm carried, Intake& into) {
  const auto parts = mime::PartIndex::parse(facts.parts);
  if (!parts) throw StoreFault("unreadable part index of a new message");
  mime::Survey survey(*parts, carried);
  for (std::uint64_t offset = 0; offset < from.size();) {
    const std::string piece = co_await read(store, from.spool(), offset);
    auto look = [&] { survey.feed(piece); };
    co_await perform(runtime, Lane::compute, look);
    offset += piece.size();
  }
  mime::Conversion conversion = survey.finish();
  if (!conversion.refusal.empty()) co_return false;
  mime::Converter converter(std::move(conversion));
  std::string changed;
  for (std::uint64_t offset = 0; offset < from.size();) {
    const std::string piece = co_await read(store, from.spool(), offset);
    auto change = [&] { converter.feed(piece, changed); };
    co_await perform(runtime, Lane::compute, change);
    offset += piece.size();
    co_await into.append(changed);
    changed.clear();
  }
  converter.finish(changed);
  co_await into.append(changed);
  co_return true;
}

}  // namespace postroom
