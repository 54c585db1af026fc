// THREAD's algorithms (RFC 5256 3). Pure; O(n log n) in messages and references, whatever they are, and never
// recursive.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/types.h"

namespace postroom::imap {

/// The messages to be threaded, in the order of the mailbox.
struct Threadable {
  Threadable() = default;

  struct Message {
    std::uint64_t id = 0;       ///< 0: it has none
    std::uint64_t subject = 0;  ///< stands for its base subject; 0: it is empty
    bool reply_or_forward = false;
    std::int64_t sent = 0;
    std::size_t references_end = 0;  ///< its references end here, and begin where the last message's end
  };
  std::vector<Uid> uids;
  std::vector<Message> messages;
  std::vector<std::uint64_t> references;

  /// `row` has its sort_keys.
  void add(const MessageRow& row);
  /// Bytes of memory, about.
  std::size_t bytes() const {
    return messages.size() * (sizeof(Message) + sizeof(Uid)) + references.size() * sizeof(std::uint64_t);
  }
};

/// Threads as they are written: places of messages in Threadable, and parentheses.
using ThreadList = std::vector<std::uint32_t>;
inline constexpr std::uint32_t kOpen = 0xFFFFFFFF, kClose = 0xFFFFFFFE;

ThreadList thread_by_subject(const Threadable& all);
ThreadList thread_by_references(const Threadable& all);

}  // namespace postroom::imap
