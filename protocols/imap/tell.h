// What a client is told of the selected mailbox without having asked (RFC 3501 7.2, 7.3, 7.4; RFC 7162 3.2).
// Session::tell_changes() is here too.
#pragma once

#include "protocols/imap/session.h"

namespace postroom::imap {

/// What a FETCH response about flags holds.
struct FlagReport {
  bool uid = false;
  bool flags = true;
  bool modseq = false;
};

/// * 12 FETCH (UID 4827 FLAGS (\Seen) MODSEQ (65402))
void tell_flags(Session& session, std::uint32_t sequence, const FlagState& state, FlagReport report);

/// * VANISHED 405,407:410 (RFC 7162 3.2.10). `earlier`: of messages that are not in the view (3.2.10.1).
Task<> tell_vanished(Session& session, const UidSet& uids, bool earlier);

/// The EXISTS response, and what IMAP4rev1 has beside it, RECENT.
void tell_messages(Session& session);

/// * LIST (\HasNoChildren) "/" INBOX ("OLDNAME" ("inbox")); the OLDNAME only if the client named it otherwise
/// (RFC 9051 6.3.9.7).
void tell_mailbox(Session& session, std::string_view attributes, const MailboxName& mailbox);

/// The same if there is an OLDNAME to tell, and IMAP4rev2 to tell it in.
void tell_old_name(Session& session, std::string_view attributes, const MailboxName& mailbox);

/// The FLAGS and PERMANENTFLAGS responses (RFC 3501 7.2.6, 7.1).
void tell_flag_names(Session& session);

/// All flags of some messages, for Session::learn_keywords().
template <class Messages>
std::uint64_t flags_in(const Messages& messages) {
  std::uint64_t bits = 0;
  for (const auto& message : messages) bits |= message.flags.bits;
  return bits;
}

}  // namespace postroom::imap
