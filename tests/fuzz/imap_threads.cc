// THREAD's algorithms over any references: each message comes once, parentheses are balanced.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "protocols/imap/threads.h"

namespace {

using namespace postroom::imap;

void check(const ThreadList& threads, std::size_t messages) {
  std::vector<bool> seen(messages, false);
  std::size_t depth = 0;
  for (const std::uint32_t part : threads) {
    if (part == kOpen) {
      ++depth;
    } else if (part == kClose) {
      if (depth-- == 0) std::abort();
    } else {
      if (part >= messages || seen[part]) std::abort();
      seen[part] = true;
    }
  }
  if (depth != 0) std::abort();
  for (const bool one : seen)
    if (!one) std::abort();
}

}  // namespace

// Each message is some bytes: its ID, its subject and whether it is a reply, its date, how many references,
// and those.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Threadable all;
  for (std::size_t at = 0; at + 4 <= size;) {
    Threadable::Message message;
    message.id = data[at];
    message.subject = data[at + 1] % 16;
    message.reply_or_forward = data[at + 1] >= 128;
    message.sent = data[at + 2];
    const std::size_t references = data[at + 3] % 8;
    at += 4;
    for (std::size_t i = 0; i < references && at < size; ++i)
      all.references.push_back(std::uint64_t{data[at++]} % 64 + 1);
    message.references_end = all.references.size();
    all.messages.push_back(message);
    all.uids.push_back(static_cast<postroom::Uid>(all.uids.size() + 1));
  }
  check(thread_by_references(all), all.messages.size());
  check(thread_by_subject(all), all.messages.size());
  return 0;
}
