// RETR, RFC 1939 5: one message.
#include "protocols/pop3/session.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, std::uint64_t number) {
  co_return co_await session.send_message(number, std::nullopt);
}

}  // namespace

extern constinit const Command retr_command =
    command<&parse_message_number, &run>("RETR", State::transaction);

}  // namespace postroom::pop3
