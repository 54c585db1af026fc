// RowReader: the rows of many messages, some at a time.
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

/// Reads the rows of messages in the selected mailbox, in UID order. The mailbox stays selected meanwhile.
class RowReader {
 public:
  /// `want`: Want bits, as Store::fetch() has them.
  RowReader(Session& session, UidSet uids, std::uint32_t want)
      : session_(session), left_(std::move(uids)), want_(want) {}

  /// The next rows, as many as make a short read; none: all have been read. Throws StoreFault.
  Task<std::vector<MessageRow>> next();
  /// Some of those that have been asked for were not there: others have expunged them.
  bool some_gone() const { return some_gone_; }

 private:
  Session& session_;
  UidSet left_;
  UidSet slice_;  // what is asked for next
  std::uint32_t want_;
  bool some_gone_ = false;
};

}  // namespace postroom::imap
