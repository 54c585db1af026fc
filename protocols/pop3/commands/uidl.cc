// UIDL, RFC 1939 7: a message's identifier that stays, over all sessions: its mailbox's UIDVALIDITY and its
// UID.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

std::string listing(const Maildrop& maildrop, std::uint64_t number, Uid uid) {
  return std::to_string(number) + " " + std::to_string(maildrop.uid_validity()) + "." + std::to_string(uid);
}

Task<Reply> run(Session& session, std::optional<std::uint64_t> number) {
  const Maildrop& maildrop = *session.maildrop;
  if (number) {
    const std::optional<Uid> uid = maildrop.uid(*number);
    if (!uid) co_return session.no_such_message();
    co_return Reply::ok(listing(maildrop, *number, *uid));
  }
  session.begin_lines("Unique identifiers:");
  const UidSet present = maildrop.present();
  for (const UidSet::Run& uids : present.runs()) {
    std::uint64_t at = maildrop.number(uids.first);
    for (Uid uid = uids.first; uid - uids.first <= uids.last - uids.first; ++uid) {
      const std::string line = listing(maildrop, at++, uid) + "\r\n";
      co_await session.put_lines(line);
    }
  }
  session.end_lines();
  co_return Reply::said();
}

}  // namespace

extern constinit const Command uidl_command =
    command<&parse_message_or_all, &run>("UIDL", State::transaction);

}  // namespace postroom::pop3
