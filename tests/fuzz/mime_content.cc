// Decoders of content: whole or in pieces the result is the same. First byte: which; second: size of the
// pieces.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/part_index.h"
#include "protocols/mime/transfer.h"

using namespace postroom::mime;

namespace {

constexpr std::array<const char*, 8> kCharsets = {"",      "utf-8",     "iso-2022-jp", "gb18030",
                                                  "utf-7", "shift_jis", "hz-gb-2312",  "utf-16"};

void require(bool condition) {
  if (!condition) std::abort();
}

void transfer(Encoding encoding, std::string_view text, std::size_t step) {
  std::string out;
  TransferDecoder decoder(encoding);
  for (std::size_t at = 0; at < text.size(); at += step) decoder.feed(text.substr(at, step), out);
  decoder.finish(out);
  require(out == decode(encoding, text));
  require(out.size() <= text.size() + text.size() / 2 * 63 + 64);
}

void charset(std::string_view name, std::string_view text, std::size_t step) {
  const auto whole = to_utf8(name, text);
  require(whole.has_value() && postroom::is_utf8(*whole));
  auto decoder = CharsetDecoder::open(name);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += step) decoder->feed(text.substr(at, step), out);
  decoder->finish(out);
  require(out == *whole);
  require(postroom::is_utf8(fold_case(text)));
}

void index(std::string_view text) {
  const auto parsed = PartIndex::parse(text);
  if (!parsed) return;
  require(PartIndex::parse(parsed->serialise())->entries() == parsed->entries());
  for (std::uint32_t a = 0; a < 4; ++a) {
    for (std::uint32_t b = 0; b < 4; ++b) {
      const std::array<std::uint32_t, 3> path = {a, b, a};
      parsed->find(path, PartIndex::Section::header);
      parsed->find(std::span(path).first(2), PartIndex::Section::whole);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t step = 1 + data[1] % 16;
  switch (data[0]) {
    case 'b': transfer(Encoding::base64, text, step); break;
    case 'q': transfer(Encoding::quoted_printable, text, step); break;
    case 'u': transfer(Encoding::uuencode, text, step); break;
    case 'i': index(text); break;
    default: charset(kCharsets.at(data[0] % kCharsets.size()), text, step);
  }
  return 0;
}
