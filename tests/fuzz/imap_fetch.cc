// FETCH: the arguments on the first line, a header behind it. What was read must print as it reads, and a
// subset of the header must not depend on how the header was cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "protocols/imap/command.h"
#include "protocols/imap/fetch_item.h"

namespace {

using namespace postroom::imap;

std::string printed(const Section& section) {
  Wire wire;
  print(section, wire);
  return std::string(wire.view());
}

std::string filtered(const Section& section, std::string_view header, std::size_t step) {
  FieldFilter filter(section);
  std::string out;
  for (std::size_t at = 0; at < header.size(); at += step) filter.feed(header.substr(at, step), out);
  filter.finish(out);
  return out;
}

void check(const FetchRequest& request, std::string_view header) {
  const std::string text = printed(request.section);
  Cursor again(text);
  const Section section = parse_section(again);
  again.end();
  if (again.error() || printed(section) != text) std::abort();
  if (!section.subset()) return;
  const std::string whole = filtered(section, header, header.size() + 1);
  if (whole != filtered(section, header, 1) || whole != filtered(section, header, 7)) std::abort();
  if (whole.size() > header.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view header = input.substr(std::min(line + 1, input.size()));
  for (const Command* command : commands()) {
    if (command->name != "FETCH") continue;
    Cursor in(input, line % 2 == 0 ? Numbers::sequence : Numbers::uid);
    command->check(in);
  }
  Cursor in(input.substr(0, line));
  const auto items = parse_fetch_items(in);
  if (in.error()) return 0;
  for (const FetchRequest& request : items) check(request, header);
  return 0;
}
