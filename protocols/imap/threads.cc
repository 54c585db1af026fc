// THREAD=ORDEREDSUBJECT, and what both algorithms need.
#include "protocols/imap/threads.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "protocols/mime/sort_keys.h"

namespace postroom::imap {

void Threadable::add(const MessageRow& row) {
  const mime::SortKeys keys = mime::SortKeys::parse(row.sort_keys).value_or(mime::SortKeys());
  references.insert(references.end(), keys.references.begin(), keys.references.end());
  Message message;
  message.id = keys.id;
  message.subject = keys.subject_hash;
  message.reply_or_forward = keys.reply_or_forward;
  message.sent = keys.sent.value_or(row.internal_date.time_since_epoch().count());
  message.references_end = references.size();
  messages.push_back(message);
  uids.push_back(row.uid);
}

namespace {

// The first message, and how many follow it in the order by subject.
struct SubjectThread {
  std::size_t begin;
  std::size_t end;
};

void write_thread(const std::vector<std::uint32_t>& order, SubjectThread thread, ThreadList& out) {
  const bool siblings = thread.end - thread.begin > 2;
  out.push_back(kOpen);
  out.push_back(order[thread.begin]);
  for (std::size_t i = thread.begin + 1; i < thread.end; ++i) {
    if (siblings) out.push_back(kOpen);
    out.push_back(order[i]);
    if (siblings) out.push_back(kClose);
  }
  out.push_back(kClose);
}

}  // namespace

ThreadList thread_by_subject(const Threadable& all) {
  const auto& messages = all.messages;
  std::vector<std::uint32_t> order(messages.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(messages[a].subject, messages[a].sent, a) <
           std::tie(messages[b].subject, messages[b].sent, b);
  });
  std::vector<SubjectThread> threads;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool joins = i > 0 && messages[order[i]].subject == messages[order[i - 1]].subject;
    if (!joins) threads.push_back({i, i});
    threads.back().end = i + 1;
  }
  std::sort(threads.begin(), threads.end(), [&](const SubjectThread& a, const SubjectThread& b) {
    const std::uint32_t first = order[a.begin];
    const std::uint32_t second = order[b.begin];
    return std::tie(messages[first].sent, first) < std::tie(messages[second].sent, second);
  });
  ThreadList out;
  for (const SubjectThread& thread : threads) write_thread(order, thread, out);
  return out;
}

}  // namespace postroom::imap
