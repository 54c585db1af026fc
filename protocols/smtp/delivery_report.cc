#include "protocols/smtp/delivery_report.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "protocols/mime/date.h"
#include "protocols/mime/header.h"
#include "protocols/mime/message_id.h"
#include "protocols/mime/quoted_printable.h"
#include "protocols/smtp/dsn_parameters.h"
#include "protocols/smtp/report_text.h"
#include "protocols/smtp/xtext.h"

namespace postroom::smtp {

namespace {

using Action = ReportedRecipient::Action;

std::string_view name_of(Action action) {
  switch (action) {
    case Action::failed: return "failed";
    case Action::delayed: return "delayed";
    case Action::delivered: return "delivered";
    case Action::relayed: return "relayed";
    case Action::expanded: return "expanded";
  }
  return "";
}

bool any_failed(const ReportFacts& facts) {
  return std::ranges::any_of(facts.recipients,
                             [](const auto& each) { return each.action == Action::failed; });
}

/// A fact as it may stand in a field: beyond ASCII only where the report may be.
std::string fact(std::string_view text, bool utf8) {
  std::string line = one_line(text);
  if (utf8) return line;
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return line;
}

/// A field, folded (RFC 5322 2.2.3); nothing when its body is empty.
void field(std::string& out, std::string_view name, std::string_view body) {
  constexpr std::size_t kWidth = 78;
  if (body.empty()) return;
  out.append(name).append(": ");
  append_wrapped(out, name.size() + 2, body, kWidth, " ");
  out += "\r\n";
}

/// "dns; mx.example.org"; empty for nothing.
std::string typed(std::string_view type, const std::string& value) {
  return value.empty() ? "" : std::string(type) + "; " + value;
}

/// A generic-address with its type (RFC 3464 2.1.2, RFC 6533 3).
std::string typed_recipient(std::string_view type, std::string_view address, bool utf8) {
  const std::string line = one_line(address);
  const bool wide = iequals(type, "utf-8") || !is_ascii(line);
  if (!wide) return typed(type.empty() ? "rfc822" : fact(type, false), line);
  return typed("utf-8", utf8 ? line : unitext_encode(line, Unitext::ascii));
}

/// RFC 3463 2: class "." subject "." detail.
bool is_status(std::string_view status) {
  const auto parts = split(status, '.');
  const bool numbers = parts.size() == 3 && std::ranges::all_of(parts, [](std::string_view part) {
                         return part.size() <= 3 && parse_number(part).has_value();
                       });
  return numbers && (parts[0] == "2" || parts[0] == "4" || parts[0] == "5");
}

/// RFC 3461 6.3 (g).
std::string_view status_of(const ReportedRecipient& recipient) {
  if (is_status(recipient.status)) return recipient.status;
  if (recipient.action == Action::failed) return "5.0.0";
  return recipient.action == Action::delayed ? "4.0.0" : "2.0.0";
}

// RFC 3464 2.3
void append_recipient(std::string& out, const ReportFacts& facts, const ReportedRecipient& recipient) {
  out += "\r\n";
  if (!recipient.dsn.original_recipient.empty()) {
    const TypedAddress original = typed_address(recipient.dsn.original_recipient);
    field(out, "Original-Recipient", typed_recipient(original.type, original.address, facts.utf8));
  }
  field(out, "Final-Recipient", typed_recipient("rfc822", recipient.address, facts.utf8));
  field(out, "Action", name_of(recipient.action));
  field(out, "Status", status_of(recipient));
  field(out, "Remote-MTA", typed("dns", fact(recipient.remote_host, facts.utf8)));
  field(out, "Diagnostic-Code", typed("smtp", fact(recipient.remote_reply, facts.utf8)));
  if (recipient.action == Action::delayed && facts.will_retry_until)
    field(out, "Will-Retry-Until", mime::format_date(*facts.will_retry_until));
}

// RFC 3464 2.2
std::string status_fields(const ReportFacts& facts) {
  std::string out;
  field(out, "Original-Envelope-Id", fact(facts.envelope_id, facts.utf8));
  field(out, "Reporting-MTA", typed("dns", fact(facts.hostname, facts.utf8)));
  field(out, "Arrival-Date", mime::format_date(facts.arrived));
  for (const ReportedRecipient& recipient : facts.recipients) append_recipient(out, facts, recipient);
  return out;
}

/// Lines end with CRLF and are no longer than RFC 5322 2.1.1 has them; no NUL.
bool has_plain_lines(std::string_view text) {
  constexpr std::size_t kMaxLine = 998;
  for (std::string_view line : split(text, '\n')) {
    const bool last = line.data() + line.size() == text.data() + text.size();
    if (!last && !line.ends_with('\r')) return false;
    if (!last) line.remove_suffix(1);
    const bool bare = line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos;
    if (bare || line.size() > kMaxLine) return false;
  }
  return true;
}

struct ReportPart {
  ReportPart() = default;
  std::string type;
  std::string encoding;
  std::string body;
};

/// As it is where it may be, else in quoted-printable.
ReportPart text_part(std::string type, std::string body, bool utf8) {
  ReportPart part;
  part.type = std::move(type);
  const bool plain = has_plain_lines(body) && (utf8 || is_ascii(body));
  part.encoding = !plain ? "quoted-printable" : is_ascii(body) ? "7bit" : "8bit";
  part.body = plain ? std::move(body) : mime::encode_quoted_printable(body);
  return part;
}

/// The fields without the blank line behind them.
std::string_view header_section(std::string_view headers) {
  mime::HeaderFields fields(headers);
  while (fields.next()) {
  }
  return headers.substr(0, headers.size() - fields.rest().size());
}

/// What is given back of the message (RFC 3461 6.2).
ReportPart original_part(const ReportFacts& facts) {
  const bool whole = facts.ret == Ret::full && any_failed(facts) && !facts.original.empty();
  if (!whole)
    return text_part(facts.utf8 ? "message/global-headers" : "text/rfc822-headers",
                     std::string(header_section(facts.original_headers)), facts.utf8);
  // RFC 2046 5.2.1: it is not encoded.
  ReportPart part;
  part.type = facts.utf8 ? "message/global" : "message/rfc822";
  part.encoding = is_ascii(facts.original) ? "7bit" : "8bit";
  part.body = facts.original;
  return part;
}

std::vector<ReportPart> report_parts(const ReportFacts& facts) {
  std::vector<ReportPart> parts;
  parts.push_back(text_part("text/plain; charset=utf-8", report_text(facts), facts.utf8));
  parts.push_back(text_part(facts.utf8 ? "message/global-delivery-status" : "message/delivery-status",
                            status_fields(facts), facts.utf8));
  ReportPart original = original_part(facts);
  if (!original.body.empty()) parts.push_back(std::move(original));
  return parts;
}

/// A boundary (RFC 2046 5.1.1) that is in none of the parts.
std::string boundary_for(const ReportFacts& facts, const std::vector<ReportPart>& parts) {
  constexpr std::size_t kMost = 40;
  std::string base = "=_";
  for (const char c : facts.message_id.substr(0, kMost))
    base += is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ? c : '_';
  for (std::size_t number = 0;; ++number) {
    std::string boundary = base + "_" + std::to_string(number);
    const bool taken = std::ranges::any_of(
        parts, [&](const ReportPart& part) { return part.body.find(boundary) != std::string::npos; });
    if (!taken) return boundary;
  }
}

/// The message's ID with its angle brackets, by which mail programs show the report beside it; empty when it
/// has none, or one that would have to be quoted.
std::string original_id(std::string_view headers) {
  constexpr std::size_t kMost = 500;
  const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7f || c == '<' || c == '>'; };
  mime::HeaderFields fields(headers);
  while (const auto field = fields.next()) {
    if (!iequals(field->name, "Message-ID")) continue;
    const std::string id = mime::MessageIds(field->body).next().value_or("");
    const bool odd = id.empty() || id.size() > kMost || std::ranges::any_of(id, is_odd);
    return odd ? "" : "<" + id + ">";
  }
  return {};
}

std::string header(const ReportFacts& facts, std::string_view encoding, const std::string& boundary) {
  const std::string hostname = fact(facts.hostname, facts.utf8);
  std::string out;
  field(out, "Date", mime::format_date(facts.now));
  // Where a reply reaches people (RFC 3464 2).
  field(out, "From", "Mail Delivery System <postmaster@" + hostname + ">");
  field(out, "To", "<" + fact(facts.to, facts.utf8) + ">");
  field(out, "Subject", report_subject(facts));
  field(out, "Message-ID", "<" + fact(facts.message_id, facts.utf8) + ">");
  const std::string original = original_id(facts.original_headers);
  field(out, "In-Reply-To", original);
  field(out, "References", original);
  field(out, "Auto-Submitted", "auto-replied");  // RFC 3834 5
  field(out, "MIME-Version", "1.0");
  field(out, "Content-Type", "multipart/report; report-type=delivery-status; boundary=\"" + boundary + "\"");
  field(out, "Content-Transfer-Encoding", encoding);
  return out + "\r\n";
}

}  // namespace

std::string delivery_report(const ReportFacts& facts) {
  const std::vector<ReportPart> parts = report_parts(facts);
  const bool eight_bit =
      std::ranges::any_of(parts, [](const ReportPart& part) { return part.encoding == "8bit"; });
  const std::string boundary = boundary_for(facts, parts);
  std::string out = header(facts, eight_bit ? "8bit" : "7bit", boundary);
  for (const ReportPart& part : parts) {
    out.append("--").append(boundary).append("\r\n");
    field(out, "Content-Type", part.type);
    field(out, "Content-Transfer-Encoding", part.encoding);
    out.append("\r\n").append(part.body).append("\r\n");
  }
  return out.append("--").append(boundary).append("--\r\n");
}

}  // namespace postroom::smtp
