// The parameters by which a sender asks to be told of its mail: RET and ENVID of MAIL, NOTIFY and ORCPT of
// RCPT (RFC 3461 4), as a server reads them and as a client writes them. Pure.
#pragma once

#include <string>

#include "protocols/smtp/cursor.h"
#include "storage/dsn.h"

namespace postroom::smtp {

// Each reads one parameter into `dsn`. A value that is wrong is latched in the cursor as 501 5.5.4 (RFC 3461
// 4.5).

/// RET=FULL or RET=HDRS (RFC 3461 4.3).
void read_ret(Cursor& in, const Parameter& parameter, MailDsn& dsn);
/// ENVID=xtext (RFC 3461 4.4), at most 100 characters, of printable ASCII when it is decoded.
void read_envelope_id(Cursor& in, const Parameter& parameter, MailDsn& dsn);
/// NOTIFY=NEVER, or a list of SUCCESS, FAILURE and DELAY (RFC 3461 4.1).
void read_notify(Cursor& in, const Parameter& parameter, RecipientDsn& dsn);
/// ORCPT=type;address (RFC 3461 4.2, RFC 6533 3), at most 500 characters. The type stays as it was sent.
void read_original_recipient(Cursor& in, const Parameter& parameter, RecipientDsn& dsn);

/// What a client puts behind a reverse-path, " RET=HDRS ENVID=QQ314159" with a space before each; empty when
/// nothing was asked for.
std::string mail_parameters(const MailDsn& dsn);
/// The same behind a forward-path. `utf8`: the transaction is one of SMTPUTF8 (RFC 6533 3).
std::string recipient_parameters(const RecipientDsn& dsn, bool utf8);

/// An original recipient, "rfc822;alice@example.org", in two.
struct TypedAddress {
  std::string_view type;
  std::string_view address;
  bool is_utf8() const;  ///< the type of RFC 6533 3
};
TypedAddress typed_address(std::string_view original_recipient);

}  // namespace postroom::smtp
