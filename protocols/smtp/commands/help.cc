// HELP, RFC 5321 4.1.1.8: what can be said here.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

// No topic has a text of its own.
Nothing parse(Cursor& in) {
  in.rest();
  return {};
}

Task<Reply> run(Session& session, Nothing) {
  std::string names;
  for (const Command* command : commands())
    if (session.knows(*command)) names.append(names.empty() ? "" : " ").append(command->name);
  co_return Reply(214, "2.0.0", "Postroom, a mail server. Commands:").add(names);
}

}  // namespace

extern constinit const Command help_command = command<&parse, &run>("HELP", {.before_hello = true});

}  // namespace postroom::smtp
