#include "protocols/smtp/dsn_parameters.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/smtp/xtext.h"

namespace postroom::smtp {

namespace {

constexpr std::size_t kMaxEnvelopeId = 100;         // RFC 3461 4.4
constexpr std::size_t kMaxOriginalRecipient = 500;  // RFC 3461 4.2

/// Fit for a field of a report: no control characters.
bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

/// RFC 5322 3.2.3, in ASCII.
bool is_atom(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("()<>[]:;@\\,.\"").find(c) == std::string_view::npos;
  });
}

/// One of a list; false when it is no word of NOTIFY, or NEVER.
bool add_condition(std::string_view word, Notify& notify) {
  if (iequals(word, "SUCCESS"))
    notify.success = true;
  else if (iequals(word, "FAILURE"))
    notify.failure = true;
  else if (iequals(word, "DELAY"))
    notify.delay = true;
  else
    return false;
  return true;
}

std::string notify_value(const Notify& notify) {
  std::vector<std::string_view> words;
  if (notify.success) words.emplace_back("SUCCESS");
  if (notify.failure) words.emplace_back("FAILURE");
  if (notify.delay) words.emplace_back("DELAY");
  return words.empty() ? "NEVER" : join(words, ",");
}

}  // namespace

void read_ret(Cursor& in, const Parameter& parameter, MailDsn& dsn) {
  const std::string_view value = parameter.value.value_or("");
  if (iequals(value, "FULL"))
    dsn.ret = Ret::full;
  else if (iequals(value, "HDRS"))
    dsn.ret = Ret::headers;
  else
    in.bad_parameter("RET=FULL or RET=HDRS");
}

void read_envelope_id(Cursor& in, const Parameter& parameter, MailDsn& dsn) {
  const std::string_view value = parameter.value.value_or("");
  const auto id = xtext_decode(value);
  const bool right = id && !id->empty() && is_ascii(*id) && is_printable(*id);
  if (!right || value.size() > kMaxEnvelopeId)
    return in.bad_parameter("ENVID=xtext of printable ASCII, at most 100 characters");
  dsn.envelope_id = *id;
}

void read_notify(Cursor& in, const Parameter& parameter, RecipientDsn& dsn) {
  const std::string_view value = parameter.value.value_or("");
  Notify notify;
  notify.said = true;
  const bool right = iequals(value, "NEVER") || std::ranges::all_of(split(value, ','), [&](auto word) {
                       return add_condition(word, notify);
                     });
  if (!right) return in.bad_parameter("NOTIFY=NEVER, or a list of SUCCESS, FAILURE and DELAY");
  dsn.notify = notify;
}

void read_original_recipient(Cursor& in, const Parameter& parameter, RecipientDsn& dsn) {
  const std::string_view value = parameter.value.value_or("");
  const TypedAddress sent = typed_address(value);
  const auto address = sent.is_utf8() ? unitext_decode(sent.address) : xtext_decode(sent.address);
  const bool right = address && !address->empty() && is_printable(*address) && is_atom(sent.type) &&
                     (sent.is_utf8() || is_ascii(*address));
  if (!right || value.size() > kMaxOriginalRecipient)
    return in.bad_parameter("ORCPT=type;address, like rfc822;alice@example.org, at most 500 characters");
  dsn.original_recipient = std::string(sent.type) + ";" + *address;
}

std::string mail_parameters(const MailDsn& dsn) {
  std::string out;
  if (dsn.ret != Ret::unsaid) out += dsn.ret == Ret::full ? " RET=FULL" : " RET=HDRS";
  if (!dsn.envelope_id.empty()) out += " ENVID=" + xtext_encode(dsn.envelope_id);
  return out;
}

std::string recipient_parameters(const RecipientDsn& dsn, bool utf8) {
  std::string out;
  if (dsn.notify.said) out += " NOTIFY=" + notify_value(dsn.notify);
  if (dsn.original_recipient.empty()) return out;
  const TypedAddress original = typed_address(dsn.original_recipient);
  const std::string address = original.is_utf8()
                                  ? unitext_encode(original.address, utf8 ? Unitext::utf8 : Unitext::ascii)
                                  : xtext_encode(original.address);
  // An address beyond ASCII grows in ASCII; what is too long for any server is better left out.
  if (original.type.size() + 1 + address.size() <= kMaxOriginalRecipient)
    out.append(" ORCPT=").append(original.type).append(";").append(address);
  return out;
}

bool TypedAddress::is_utf8() const { return iequals(type, "utf-8"); }

TypedAddress typed_address(std::string_view original_recipient) {
  const std::size_t semicolon = original_recipient.find(';');
  if (semicolon == std::string_view::npos) return {.type = "", .address = original_recipient};
  return {.type = original_recipient.substr(0, semicolon),
          .address = original_recipient.substr(semicolon + 1)};
}

}  // namespace postroom::smtp
