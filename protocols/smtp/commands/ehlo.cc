// EHLO, RFC 5321 4.1.1.1: who the client is, and what we offer it.
#include "protocols/smtp/extension.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

std::string parse(Cursor& in) { return in.client_name(); }

Task<Reply> run(Session& session, std::string name) { co_return session.greet(std::move(name)); }

}  // namespace

Reply Session::greet(std::string name) {
  transaction.reset();  // RFC 5321 4.1.4
  Reply reply(250, "", service.hostname + " greets " + name);
  hello.name = std::move(name);
  hello.extended = true;

  for (const Extension* extension : extensions()) {
    if (!extension->offered(*this)) continue;
    std::string line(extension->keyword);
    if (extension->values) line += " " + extension->values(*this);
    reply.add(std::move(line));
  }
  return reply;
}

extern constinit const Command ehlo_command =
    command<&parse, &run>("EHLO", {.in_lmtp = false, .before_hello = true, .before_tls = true});

}  // namespace postroom::smtp
