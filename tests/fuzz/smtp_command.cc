// The grammar of every SMTP command, over one line as a client sends it. What is accepted reads the same when
// it is written again, and no reply to what is refused can hold a line of the client's making.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "protocols/smtp/command.h"
#include "protocols/smtp/outside.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_reply(const smtp::Reply& reply) {
  const std::string bytes = reply.bytes();
  require(bytes.ends_with("\r\n"));
  for (std::size_t at = 0; at < bytes.size(); at = bytes.find("\r\n", at) + 2)
    require(bytes.compare(at, 3, std::to_string(reply.code())) == 0);
  for (const char c : bytes) require((c >= ' ' && c < 0x7f) || c == '\r' || c == '\n');
}

/// What goes to the queue stays as it is there, and is an address.
void check_outside(const smtp::Path& path) {
  const std::optional<std::string> address = smtp::outside_address(path);
  if (!address) return;
  const std::string line = " TO:<" + *address + ">";
  smtp::Cursor in(line);
  const smtp::Path again = in.forward_path();
  require(!in.error() && again.local == path.local && smtp::outside_address(again) == address);
}

void check_path(std::string_view arguments) {
  smtp::Cursor in(arguments);
  const smtp::Path path = in.reverse_path();
  if (in.error()) return;
  const std::string again = " FROM:<" + path.address() + ">";
  smtp::Cursor rewritten(again);
  const smtp::Path same = rewritten.reverse_path();
  rewritten.end();
  require(!rewritten.error() && same.local == path.local && same.domain == path.domain);
  require(is_utf8(path.address()));
  check_outside(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const std::size_t verb_end = std::min(line.find(' '), line.size());
  const smtp::Command* command = smtp::find_command(line.substr(0, verb_end));
  if (!command) return 0;
  smtp::Cursor arguments(line.substr(verb_end));
  command->parse(arguments);
  if (arguments.error()) check_reply(*arguments.error());
  check_path(line.substr(verb_end));
  return 0;
}
