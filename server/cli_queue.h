// The queue as `postroom queue` shows it: a table, pages, JSON.
#pragma once

#include <string>
#include <vector>

#include "storage/queue.h"

namespace postroom::cli {

/// "2 messages to 3 recipients".
std::string counted_mail(std::uint64_t messages, std::uint64_t recipients);
std::string counted_mail(const std::vector<QueuedMail>& mail);
std::uint64_t count_held(const std::vector<QueuedMail>& mail);

/// A line for each, as of `now`, and one that sums them up. For a queue that is not empty.
std::string queue_table(const std::vector<QueuedMail>& mail, WallTime now);
/// Everything about one.
std::string queue_page(const QueuedMail& mail, WallTime now);
/// An array with everything about each.
std::string queue_json(const std::vector<QueuedMail>& mail, WallTime now);

}  // namespace postroom::cli
