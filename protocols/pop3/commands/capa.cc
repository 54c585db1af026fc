// CAPA, RFC 2449 5: what is on offer. What needs TLS first is told when TLS is there (RFC 2595 2.3).
#include "protocols/pop3/session.h"
#include "protocols/sasl/mechanism.h"

namespace postroom::pop3 {
namespace {

Task<Reply> run(Session& session, Nothing) {
  session.begin_lines("This is what I can:");
  std::string lines = "TOP\r\nUIDL\r\n";
  if (session.password_allowed()) lines += "USER\r\n";
  const std::string mechanisms = sasl::mechanism_names("", session.sasl_offer());
  if (!mechanisms.empty()) lines += "SASL " + mechanisms + "\r\n";
  if (session.tls_on_offer() && !session.maildrop) lines += "STLS\r\n";
  lines += "PIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\nIMPLEMENTATION Postroom\r\n";
  co_await session.put_lines(lines);
  session.end_lines();
  co_return Reply::said();
}

}  // namespace

extern constinit const Command capa_command = command<&parse_nothing, &run>("CAPA", State::any);

}  // namespace postroom::pop3
