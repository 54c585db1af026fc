// The DSN parameters of MAIL and RCPT. What is accepted reads the same when a client has written it again, in
// either form; no reply to what is refused can hold a line of the client's making.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "protocols/smtp/dsn_parameters.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Asked {
  MailDsn mail;
  RecipientDsn recipient;
};

/// By the keyword's first letter.
Asked read(std::string_view text, bool& right) {
  smtp::Cursor in(text);
  Asked asked;
  for (const smtp::Parameter& parameter : in.parameters()) {
    switch (parameter.keyword[0]) {
      case 'R': smtp::read_ret(in, parameter, asked.mail); break;
      case 'E': smtp::read_envelope_id(in, parameter, asked.mail); break;
      case 'N': smtp::read_notify(in, parameter, asked.recipient); break;
      default: smtp::read_original_recipient(in, parameter, asked.recipient);
    }
  }
  right = !in.error();
  if (!right) require(in.error()->bytes().find('\n') + 1 == in.error()->bytes().size());
  return asked;
}

void check_again(const Asked& asked, bool utf8) {
  const std::string recipient = smtp::recipient_parameters(asked.recipient, utf8);
  const std::string written = smtp::mail_parameters(asked.mail) + recipient;
  require(utf8 ? is_utf8(written) : is_ascii(written));
  bool right = false;
  const Asked same = read(written, right);
  require(right && same.mail.ret == asked.mail.ret && same.mail.envelope_id == asked.mail.envelope_id);
  require(same.recipient.notify == asked.recipient.notify);
  const bool left_out = recipient.find("ORCPT") == std::string::npos;  // too long in this form
  require(left_out || same.recipient.original_recipient == asked.recipient.original_recipient);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bool right = false;
  const Asked asked = read({reinterpret_cast<const char*>(data), size}, right);
  if (!right) return 0;
  check_again(asked, false);
  check_again(asked, true);
  return 0;
}
