// Addresses that are, or look like, those of mail we forwarded. None can be had without the secret; what was
// rewritten comes back.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "protocols/smtp/cursor.h"
#include "protocols/smtp/srs.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

/// As it comes out of a MAIL command; empty when it is none.
std::string canonical(std::string_view address) {
  const std::string argument = " FROM:<" + std::string(address) + ">";
  smtp::Cursor in(argument);
  const smtp::Path path = in.reverse_path();
  in.end();
  return in.error() ? std::string() : path.address();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view address(reinterpret_cast<const char*>(data), size);
  constexpr WallTime kNow{std::chrono::days(20000)};
  smtp::srs_reverse(address, "secret", kNow);

  const std::string forwarded = smtp::srs_forward(address, "ours.example", "secret", kNow);
  if (forwarded == address) return 0;
  require(canonical(forwarded) == forwarded && is_utf8(forwarded));
  require(!smtp::srs_reverse(forwarded, "another", kNow));
  const auto back = smtp::srs_reverse(forwarded, "secret", kNow + std::chrono::days(21));
  const bool guarded = forwarded.find("SRS1=") < 2;
  if (!guarded) require(back == canonical(address));
  if (back) require(canonical(*back) == *back);
  return 0;
}
