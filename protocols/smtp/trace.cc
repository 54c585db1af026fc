#include "protocols/smtp/trace.h"

#include <array>

#include "base/text.h"
#include "protocols/mime/date.h"

namespace postroom::smtp {

namespace {

/// RFC 5321 4.1.3.
std::string address_literal(const std::string& address) {
  return (address.find(':') == std::string::npos ? "[" : "[IPv6:") + address + "]";
}

/// RFC 5321 4.4 has a FROM clause in each Received field, for the path between servers to be traced. A user's
/// computer is none of them, and its address would tell every recipient where the user is: who has logged in
/// is in our log, under the same id (RFC 5321 7.6; RFC 5322 3.6.7 demands no clause at all).
std::string from_clause(const Arrival& arrival) {
  if (arrival.authenticated) return {};
  return "from " + arrival.client_name + " (" + address_literal(arrival.address) + ")\r\n\t";
}

}  // namespace

std::string new_id(Runtime& runtime) {
  std::array<std::byte, 10> bytes;
  runtime.random(bytes);
  return hex_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string with_protocol(const Arrival& arrival) {
  std::string name = "SMTP";
  if (arrival.lmtp)
    name = arrival.utf8 ? "UTF8LMTP" : "LMTP";
  else if (arrival.utf8)
    name = "UTF8SMTP";
  else if (arrival.extended)
    name = "ESMTP";
  if (!arrival.extended) return name;
  if (!arrival.tls.empty()) name += 'S';
  if (arrival.authenticated) name += 'A';
  return name;
}

std::string trace_fields(const Arrival& arrival) {
  std::string out = "Return-Path: <" + arrival.reverse_path + ">\r\n";
  out += "Received: " + from_clause(arrival) + "by " + arrival.hostname + " with " + with_protocol(arrival);
  if (!arrival.tls.empty()) out += " (" + arrival.tls + ")";
  out += "\r\n\tid " + arrival.id;
  if (!arrival.recipient.empty()) out += "\r\n\tfor <" + arrival.recipient + ">";
  // A clause that RFC 6710 has registered (RFC 5321 4.4).
  if (arrival.priority != 0) out += "\r\n\tPRIORITY " + std::to_string(arrival.priority);
  out += ";\r\n\t" + mime::format_date(arrival.time) + "\r\n";
  return out;
}

std::uint64_t return_path_length(std::string_view beginning) {
  if (!istarts_with(beginning, "Return-Path:")) return 0;
  const std::size_t end = beginning.find("\r\n");
  return end == std::string_view::npos ? 0 : end + 2;
}

}  // namespace postroom::smtp
