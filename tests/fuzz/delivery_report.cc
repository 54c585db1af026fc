// Delivery reports of what peers said: the input's lines, cut at NUL, are the facts. Whatever they are, the
// report is a message of three parts with the fields that we put there, each once.
#include "protocols/smtp/delivery_report.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "protocols/mime/header.h"
#include "protocols/mime/structure.h"

namespace {

using namespace postroom;

void require(bool condition) {
  if (!condition) std::abort();
}

smtp::ReportFacts facts_of(std::string_view input) {
  auto parts = split(input, '\0');
  parts.resize(10);
  smtp::ReportedRecipient recipient;
  recipient.address = "r" + std::string(parts[0]);
  recipient.dsn.original_recipient = parts[1];
  recipient.status = parts[2];
  recipient.remote_host = parts[3];
  recipient.remote_reply = parts[4];
  recipient.why = parts[5];
  smtp::ReportFacts facts;
  facts.hostname = "h" + std::string(parts[6]);
  facts.to = parts[7];
  facts.message_id = "1@ours.example";
  facts.envelope_id = parts[8];
  facts.original_headers = "H: " + std::string(parts[9]);
  facts.utf8 = input.size() % 2 == 1;
  facts.recipients.push_back(recipient);
  return facts;
}

void check_lines(std::string_view report, bool utf8) {
  require(report.ends_with("\r\n") && (utf8 || is_ascii(report)) && is_utf8(report));
  for (const std::string_view line : split(report.substr(0, report.size() - 2), '\n'))
    require(line.size() <= 999 && line.find('\0') == std::string_view::npos);
}

/// How many fields a group has, each with a name of its own.
std::size_t count_fields(std::string_view& block) {
  mime::HeaderFields fields(block);
  std::size_t count = 0;
  for (; const auto field = fields.next(); ++count) require(!field->name.empty());
  block = fields.rest().substr(std::min<std::size_t>(2, fields.rest().size()));
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const smtp::ReportFacts facts = facts_of({reinterpret_cast<const char*>(data), size});
  const std::string report = smtp::delivery_report(facts);
  if (is_utf8(facts.original_headers)) check_lines(report, facts.utf8);
  mime::StructureParser parser;
  parser.feed(report);
  const mime::Part root = parser.finish();
  require(root.subtype == "report" && root.children.size() == 3);
  std::string_view header = report;
  const std::size_t fields = count_fields(header);
  require(fields == 9 || fields == 11);  // with the IDs of the message
  std::string_view status =
      std::string_view(report).substr(root.children[1].body_offset, root.children[1].body_size);
  require(count_fields(status) <= 3);
  require(count_fields(status) <= 6);
  require(status.empty());
  return 0;
}
