// The tables trace_mail, trace_event, trace_key and trace_unreachable: how the trace is written, and removed.
//
// It has to cost next to nothing while mail comes in: that writes two rows, each at the end of its table, and
// no index, which would have each mail change pages all over it. Who looks for something reads all of
// trace_key, which is small: some 30 bytes a mail.
#pragma once

#include "storage/sqlite/write.h"
#include "storage/trace.h"

namespace postroom::sqlite {

/// A mail in the trace. They are numbered as they come.
enum class TraceId : std::int64_t { none = 0 };

/// A mail has come, and `events` are what becomes of it at once; all its recipients are among them.
TraceId trace_mail(Connection& db, const Origin& origin, const std::string& message_id, std::uint64_t size,
                   const std::vector<TraceEvent>& events, WallTime now);
/// Something happens to it later; nothing is written when the mail is not traced.
void trace_event(Connection& db, TraceId mail, const TraceEvent& event, WallTime now);
/// A destination could not be reached, and is not tried before `until`.
void trace_unreachable(Connection& db, const std::string& destination, const std::string& problem,
                       WallTime until, WallTime now);

/// Removes what is about mail that came before `until`, as far as one short transaction goes. False: nothing
/// is left of it.
bool expire_trace(Connection& db, WallTime until);

/// What stands for a name in trace_key: an id, a Message-ID, an address or, as "@example.org", the domain of
/// one. In any case.
std::string trace_hash(std::string_view name);

/// trace_mail.events.
std::vector<TraceEvent> unpack_events(std::string_view packed);

}  // namespace postroom::sqlite
