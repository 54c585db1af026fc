// A delivery report on its way to the sender of the message it is about: to our own user's inbox, or into the
// queue.
#pragma once

#include <optional>

#include "protocols/smtp/delivery_report.h"
#include "storage/store.h"

namespace postroom::smtp {

/// So much of a message is looked at for its header fields, and so large may one be that goes back whole.
constexpr std::size_t kReportedOriginal = 64 << 10;

/// Sends a report to facts.to, durable when it returns; its message_id is made here. `about` is the id of the
/// mail that it is about, for the trace. "postmaster" alone: whoever that is here, and never on another
/// server, since a report of that report's failure would come here again (RFC 5321 6.1). With `in_place_of`
/// the same transaction takes down what became of that mail in the queue. False: nobody is there to be told,
/// or nobody has room for it; nothing was stored. Throws StoreFault.
Task<bool> store_report(Runtime& runtime, Store& store, ReportFacts facts, std::string about,
                        std::optional<QueueProgress> in_place_of);

}  // namespace postroom::smtp
