// EHLO, RFC 5321 4.1.1.1: who the client is, and what we offer it.
#include "protocols/smtp/extension.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

std::string parse(Cursor& in) { return in.client_name(); }

Task<Reply> run(Session& session, std::string name) {
  session.transaction.reset();  // RFC 5321 4.1.4
  Reply reply(250, "", session.service.hostname + " greets " + name);
  session.hello.name = std::move(name);
  session.hello.extended = true;

  for (const Extension* extension : extensions()) {
    if (!extension->offered(session)) continue;
    std::string line(extension->keyword);
    if (extension->values) line += " " + extension->values(session);
    reply.add(std::move(line));
  }
  co_return reply;
}

}  // namespace

extern constinit const Command ehlo_command =
    command<&parse, &run>("EHLO", {.before_hello = true, .before_tls = true});

}  // namespace postroom::smtp
