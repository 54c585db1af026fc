// Every command's grammar, and the round trips: a mailbox name that was understood is written so that it is
// understood again; what a pattern of its own letters finds is itself.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "protocols/imap/command.h"
#include "protocols/imap/mailbox_name.h"
#include "protocols/imap/modified_utf7.h"
#include "protocols/imap/wire.h"

namespace {

using namespace postroom;
using namespace postroom::imap;

void check_command(std::string_view text, bool utf8) {
  Cursor in(text);
  in.set_utf8(utf8);
  const Invocation invocation = read_invocation(in);
  if (!invocation.command) return;
  if (invocation.command->traits.streams) (void)invocation.command->traits.streams(in);
  invocation.command->check(in);
  if (in.error() && in.error()->at > text.size()) std::abort();
  if (in.error()) (void)syntax_error(in);
}

void check_name(std::string_view text) {
  const auto name = decode_modified_utf7(text);
  if (!name) return;
  // Strict: each name has one encoding.
  if (!is_utf8(*name) || encode_modified_utf7(*name) != text) std::abort();
  Wire wire;
  wire.mailbox(*name);
  Cursor again(wire.view());
  const std::string canonical = canonical_name(*name);
  const bool is_text = name->find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
  if (again.mailbox().name != canonical && is_text) std::abort();
  Wire utf8;
  utf8.send_utf8();
  utf8.mailbox(*name);
  Cursor in_utf8(utf8.view());
  in_utf8.set_utf8(true);
  if (in_utf8.mailbox().name != canonical && is_text) std::abort();
  const Pattern pattern("", *name);
  if (name->find_first_of("*%") == std::string::npos && !pattern.too_long() && !pattern.matches(canonical))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_command(text, false);
  check_command(text, true);
  check_name(text);
  const std::size_t half = size / 2;
  (void)Pattern("", text.substr(0, half)).matches(text.substr(half));
  return 0;
}
