// RFC 3501 6.4.7, RFC 4315 3.
#include "protocols/imap/copying.h"

#include "protocols/imap/mailbox_name.h"

namespace postroom::imap {

Copying parse_copying(Cursor& in) {
  Copying copying;
  copying.numbers = in.numbers();
  in.sp();
  copying.set = in.sequence_set();
  in.sp();
  copying.target = in.mailbox().name;
  return copying;
}

Tagged no_target(std::string_view name) {
  if (!is_valid_name(name)) return no(Code::cannot, "there can be no such mailbox");
  return no(Code::try_create, "no such mailbox");
}

std::string copyuid(const Copied& copied) {
  return "COPYUID " + std::to_string(copied.uid_validity) + " " + format_uids(copied.from) + " " +
         format_uids(copied.to);
}

}  // namespace postroom::imap
