// What all commands have in common: how they are found, and how a syntax error reads.
#include "protocols/imap/command.h"

#include "base/text.h"

namespace postroom::imap {

Tagged syntax_error(const Cursor& in) {
  std::string text = "expected ";
  const SyntaxError& error = *in.error();
  if (error.expected == " ") {
    text += "a space";
  } else {
    text += error.expected;
  }
  return bad(text.append(" at character ").append(std::to_string(error.at + 1)));
}

namespace {

const Command* find_command(std::string_view name) {
  for (const Command* command : commands())
    if (iequals(command->name, name)) return command;
  return nullptr;
}

}  // namespace

Invocation read_invocation(Cursor& in) {
  Invocation invocation;
  invocation.tag = in.tag();
  in.sp();
  std::string_view name = in.atom();
  const bool by_uid = iequals(name, "UID");
  if (by_uid) {
    in.sp();
    name = in.atom();
    in.set_numbers(Numbers::uid);
  }
  if (in.error()) return invocation;
  const Command* command = find_command(name);
  if (command && (!by_uid || command->traits.has_uid_form)) invocation.command = command;
  return invocation;
}

}  // namespace postroom::imap
