// What is an address at all has one spelling, and that spelling is its own.
#include "protocols/mime/canonical.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"

using namespace postroom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto domain = mime::canonical_domain(text)) {
    if (mime::canonical_domain(*domain) != domain || domain->size() > 253) std::abort();
  }
  if (const auto address = mime::canonical_address(text)) {
    if (mime::canonical_address(*address) != address || !is_utf8(*address)) std::abort();
  }
  return 0;
}
