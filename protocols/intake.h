// Intake: a message on its way in, for SMTP's DATA and BDAT and IMAP's APPEND. Its bytes go to a Spool, and
// are parsed on the compute lane: a message by one job at its end, a large one by a job for each 1 MiB,
// before the spool hands them on. Only the smallest, whose time is known to be short, are parsed on the loop.
// So memory stays constant and no byte is copied for the parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/runtime.h"
#include "base/task.h"
#include "protocols/mime/facts.h"
#include "storage/spool.h"

namespace postroom {

class Intake {
 public:
  Intake(Runtime& runtime, Store& store) : runtime_(runtime), spool_(store) {}

  /// Adds to the end, any amount. Throws StoreFault.
  Task<> append(std::string_view bytes);
  /// What the whole message told; once, after the last append().
  Task<MessageFacts> finish();

  /// To be delivered or appended after finish().
  Spool& spool() { return spool_; }
  std::uint64_t size() const { return spool_.size(); }
  /// Received fields (RFC 5321 6.3); after finish().
  int received_count() const { return builder_.received_count(); }

 private:
  Runtime& runtime_;
  Spool spool_;
  mime::FactsBuilder builder_;
  std::size_t parsed_ = 0;  // how much of what the spool holds is parsed
};

}  // namespace postroom
