// Reading the trace: for the command line, beside a server that is running or not.
#pragma once

#include <string>
#include <vector>

#include "storage/sqlite/trace.h"

namespace postroom::sqlite {

struct TracedEvent {
  TracedEvent() = default;
  WallTime at{};
  TraceEvent event;
};

struct TracedMail {
  TracedMail() = default;
  TraceId trace{};
  WallTime at{};  ///< when it came
  Origin origin;  ///< without recipients
  std::string message_id;
  std::uint64_t size = 0;            ///< bytes
  std::vector<TracedEvent> events;   ///< by time
  std::vector<std::string> waiting;  ///< addresses of those that are in the queue now
};

/// What is looked for.
struct TraceSearch {
  TraceSearch() = default;
  /// Mail that has one of them as its id, its Message-ID, its sender or a recipient, and reports about it;
  /// "@example.org" is any address of that domain. In any case.
  std::vector<std::string> names;
  WallTime since{};      ///< when it came
  std::size_t most = 0;  ///< the newest of them
};

/// The oldest first.
std::vector<TracedMail> search_trace(Connection& db, const TraceSearch& what);

/// Ids that begin like that, up to `most`.
std::vector<std::string> trace_ids_beginning(Connection& db, std::string_view beginning, std::size_t most);
/// Senders and recipients of the latest mail: for a suggestion.
std::vector<std::string> recent_trace_addresses(Connection& db, std::size_t mails);

}  // namespace postroom::sqlite
