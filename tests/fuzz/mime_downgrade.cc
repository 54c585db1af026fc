// A message that is changed for a server that takes less: what comes out is no more than that, holds what
// went in, and is the same however it is cut. First byte: what the server takes; second: size of the pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/downgrade.h"

using namespace postroom;
using namespace postroom::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

PartIndex parts_of(std::string_view message) {
  StructureParser parser;
  parser.feed(message);
  return PartIndex(parser.finish());
}

Conversion survey(std::string_view message, ContentForm carried, std::size_t step) {
  Survey survey(parts_of(message), carried);
  for (std::size_t at = 0; at < message.size(); at += step) survey.feed(message.substr(at, step));
  return survey.finish();
}

std::string convert(std::string_view message, Conversion conversion, std::size_t step) {
  Converter converter(std::move(conversion));
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += step) converter.feed(message.substr(at, step), out);
  converter.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t step = 1 + data[1] % 16;
  const ContentForm carried{.beyond_ascii = (data[0] & 1) != 0,
                            .long_lines = (data[0] & 2) != 0,
                            .bare_line_ends = (data[0] & 4) != 0,
                            .nul = (data[0] & 8) != 0};
  const Conversion conversion = survey(message, carried, step);
  require(conversion.refusal == survey(message, carried, size).refusal);
  if (!conversion.refusal.empty()) return 0;
  const std::string out = convert(message, conversion, step);
  require(out == convert(message, conversion, size));
  // Lines that are too long may stay: in headers, and under a signature.
  ContentForm may = carried;
  may.long_lines = true;
  require(form_of(out).within(may));
  require(out.size() <= 4 * message.size() + 200 * conversion.segments.size() + 1000);
  return 0;
}
