// What a submission server does to a message: the first byte says how the rest is cut. However that is, the
// result is the same; its fields are those of the message but the dropped ones, and its body is the
// message's.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "protocols/mime/header.h"
#include "protocols/smtp/fix_up.h"

namespace {

using namespace postroom;
using smtp::FixUp;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string fixed(std::string_view message, std::size_t piece) {
  FixUp fix_up("1@ours.example", "Mon, 23 Nov 2026 07:00:00 +0000");
  std::string out;
  for (; !message.empty(); message.remove_prefix(std::min(piece, message.size())))
    fix_up.feed(message.substr(0, piece), out);
  fix_up.finish(out);
  return out;
}

/// What it should be, by the parser that reads whole headers.
std::string expected(std::string_view message) {
  mime::HeaderFields fields(message);
  std::string out;
  bool date = false;
  bool id = false;
  bool first = true;
  while (const auto field = fields.next()) {
    if (first && field->name.empty()) break;
    first = false;
    date |= iequals(field->name, "Date");
    id |= iequals(field->name, "Message-ID");
    const bool dropped = iequals(field->name, "Bcc") || iequals(field->name, "Resent-Bcc") ||
                         iequals(field->name, "Return-Path");
    if (!dropped) out += field->raw;
  }
  std::string_view rest = first ? message : fields.rest();
  const bool blank_line = rest.starts_with('\n') || rest.starts_with("\r\n");
  if (!out.empty() && !out.ends_with('\n') && !(date && id)) out += "\r\n";
  if (!date) out += "Date: Mon, 23 Nov 2026 07:00:00 +0000\r\n";
  if (!id) out += "Message-ID: <1@ours.example>\r\n";
  if (first && !blank_line) out += "\r\n";
  return out.append(rest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > FixUp::kMaxName) return 0;  // longer names are none for one of the two
  const std::string_view message(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string all = fixed(message, size);
  require(fixed(message, std::size_t{data[0]} + 1) == all);
  require(fixed(message, 1) == all);
  require(all == expected(message));
  return 0;
}
