// RDATA as any name server may send it, read as every type: what comes out is a name that can be asked for,
// an address that can be dialled, and no more bytes than went in.
#include "server/relay/dns_records.h"

#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_address(int family, const std::string& address) {
  in6_addr parsed;
  require(inet_pton(family, address.c_str(), &parsed) == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view rdata(reinterpret_cast<const char*>(data), size);
  if (const auto mx = relay::parse_mx(rdata)) {
    require(mx->host.empty() || relay::is_dns_name(mx->host));
    require(mx->host == lower(mx->host));
    require(rdata.size() == mx->host.size() + (mx->host.empty() ? 3 : 4));
  }
  if (const auto address = relay::parse_a(rdata)) check_address(AF_INET, *address);
  if (const auto address = relay::parse_aaaa(rdata)) check_address(AF_INET6, *address);
  if (const auto tlsa = relay::parse_tlsa(rdata)) require(tlsa->data == rdata.substr(3));
  if (const auto text = relay::parse_txt(rdata)) require(text->size() < rdata.size());
  if (relay::is_dns_name(rdata)) require(is_ascii(rdata) && rdata.size() <= 253);
  return 0;
}
