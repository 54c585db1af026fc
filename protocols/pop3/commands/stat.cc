// STAT, RFC 1939 5: how many messages, how many octets.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, Nothing) {
  const Maildrop& maildrop = *session.maildrop;
  co_return Reply::ok(std::to_string(maildrop.count()) + " " + std::to_string(maildrop.octets()));
}

}  // namespace

extern constinit const Command stat_command = command<&parse_nothing, &run>("STAT", State::transaction);

}  // namespace postroom::pop3
