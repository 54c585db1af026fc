// Everything that is made of one header field: the first byte says how the rest is read.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/date.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/parameters.h"

using namespace postroom::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void read_header(std::string_view text) {
  HeaderFields fields(text);
  std::size_t size = 0;
  while (const auto field = fields.next()) {
    require(!field->raw.empty());
    size += field->raw.size();
    require(unfold(field->body).find('\n') == std::string::npos);
  }
  require(size + fields.rest().size() == text.size());
}

void read_addresses(std::string_view text) {
  bool in_group = false;
  AddressList list(text);
  while (const auto address = list.next()) {
    if (address->kind == Address::Kind::mailbox) continue;
    require(in_group == (address->kind == Address::Kind::group_end));
    in_group = !in_group;
  }
  require(!in_group);
}

void read_parameters(std::string_view text) {
  const ParameterizedValue value = parse_parameterized(text);
  require(value.parameters.size() <= kMaxParameters);
  for (const Parameter& parameter : value.parameters)
    require(postroom::is_utf8(parameter_text(value.parameters, parameter.name).value()));
}

void read_date(std::string_view text) {
  if (const auto date = parse_date(text)) {
    const std::chrono::sys_seconds time{std::chrono::seconds(date->unix_seconds)};
    require(parse_date(format_date(time)).has_value() || date->unix_seconds < -2208988800 ||
            date->unix_seconds > 253402300799);
  }
  parse_imap_date(text);
  parse_imap_date_time(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'h': read_header(text); break;
    case 'a': read_addresses(text); break;
    case 'p': read_parameters(text); break;
    case 'd': read_date(text); break;
    default: require(postroom::is_utf8(decode_words(text)));
  }
  return 0;
}
