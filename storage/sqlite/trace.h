// The tables trace_mail, trace_event, trace_key and trace_unreachable: how the trace is written, and removed.
#pragma once

#include "storage/sqlite/write.h"
#include "storage/trace.h"

namespace postroom::sqlite {

/// A mail in the trace.
enum class TraceId : std::int64_t { none = 0 };

/// A mail has come.
TraceId trace_mail(Connection& db, const Origin& origin, const std::string& message_id, std::uint64_t size,
                   WallTime now);
/// Something happens to it; nothing is written when the mail is not traced.
void trace_event(Connection& db, TraceId mail, const TraceEvent& event, WallTime now);
/// The same, and the mail is found by the event's addresses.
void trace_recipient(Connection& db, TraceId mail, const TraceEvent& event, WallTime now);
/// A destination could not be reached, and is not tried before `until`.
void trace_unreachable(Connection& db, const std::string& destination, const std::string& problem,
                       WallTime until, WallTime now);

/// Removes what is about mail that came before `until`, as far as one short transaction goes. False: nothing
/// is left of it.
bool expire_trace(Connection& db, WallTime until);

// How a mail is found: by a hash of each of its names and addresses. The index is one of many pieces, each
// for the mail that came at one time: so what is added lies close together, where one index of all would have
// each mail change pages all over it. Who looks for something asks each piece.

std::int64_t trace_piece(TraceId mail);
/// Of a text in lower case.
std::int64_t trace_hash(std::string_view text);

}  // namespace postroom::sqlite
