// EHLO, RFC 5321 4.1.1.1: who the client is, and what we offer it.
#include "protocols/sasl/mechanism.h"
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

std::string parse(Cursor& in) { return in.client_name(); }

Task<Reply> run(Session& session, std::string name) {
  session.transaction.reset();  // RFC 5321 4.1.4
  Reply reply(250, "", session.service.hostname + " greets " + name);
  session.hello.name = std::move(name);
  session.hello.extended = true;

  reply.add("SIZE " + std::to_string(session.options.message_size));                  // RFC 1870
  reply.add("8BITMIME");                                                              // RFC 1652
  reply.add("SMTPUTF8");                                                              // RFC 6531
  reply.add("PIPELINING");                                                            // RFC 2920
  reply.add("ENHANCEDSTATUSCODES");                                                   // RFC 2034
  reply.add("CHUNKING");                                                              // RFC 3030
  if (session.dsn_on_offer()) reply.add("DSN");                                       // RFC 3461
  if (session.tls_on_offer()) reply.add("STARTTLS");                                  // RFC 3207
  if (session.login_offered()) reply.add("AUTH " + sasl::mechanism_names("", true));  // RFC 4954
  co_return reply;
}

}  // namespace

extern constinit const Command ehlo_command =
    command<&parse, &run>("EHLO", {.before_hello = true, .before_tls = true});

}  // namespace postroom::smtp
