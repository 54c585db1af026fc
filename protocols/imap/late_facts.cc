// Facts computed late.
#include "protocols/imap/late_facts.h"

#include <algorithm>

#include "base/log.h"
#include "protocols/mime/facts.h"

namespace postroom::imap {

namespace {

// What is stored by one transaction.
constexpr std::size_t kBatch = 64;
// What is read and parsed at once.
constexpr std::size_t kPiece = 1 << 20;

bool lacks(const MessageRow& row, std::uint32_t want) {
  return ((want & Want::preview) != 0 && !row.preview) ||
         ((want & Want::sort_keys) != 0 && row.sort_keys.empty());
}

Task<MessageFacts> compute(Session& session, const MessageRow& row) {
  mime::FactsBuilder builder;
  for (std::uint64_t at = 0; at < row.size;) {
    const std::string bytes = co_await session.store().read(row.content, at, kPiece);
    if (bytes.empty()) break;
    auto feed = [&] { builder.feed(bytes); };
    co_await perform(session.runtime(), Lane::compute, feed);
    at += bytes.size();
  }
  auto finish = [&] { return builder.finish(); };
  co_return co_await perform(session.runtime(), Lane::compute, finish);
}

// A full disk keeps nobody from reading.
Task<> keep(Session& session, std::vector<LateFacts> late) {
  try {
    co_await session.store().add_facts(std::move(late));
  } catch (const StoreFull& fault) {
    log::warning("imap.facts_not_kept", {{"cause", fault.what()}});
  }
}

}  // namespace

Task<> complete_facts(Session& session, std::vector<MessageRow>& rows, std::uint32_t want) {
  std::vector<LateFacts> late;
  for (MessageRow& row : rows) {
    if (!lacks(row, want)) continue;
    LateFacts& one = late.emplace_back();
    one.content = row.content;
    one.facts = co_await compute(session, row);
    row.preview = one.facts.preview;
    row.sort_keys = one.facts.sort_keys;
    if (late.size() < kBatch) continue;
    co_await keep(session, std::move(late));
    late.clear();
  }
  if (!late.empty()) {
    co_await keep(session, std::move(late));
  }
}

}  // namespace postroom::imap
