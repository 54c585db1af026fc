#include "protocols/smtp/trace.h"

#include "protocols/mime/date.h"

namespace postroom::smtp {

namespace {

/// RFC 5321 4.1.3.
std::string address_literal(const std::string& address) {
  return (address.find(':') == std::string::npos ? "[" : "[IPv6:") + address + "]";
}

}  // namespace

std::string with_protocol(const Arrival& arrival) {
  std::string name = "SMTP";
  if (arrival.utf8)
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
  out += "Received: from " + arrival.client_name + " (" + address_literal(arrival.address) + ")\r\n";
  out += "\tby " + arrival.hostname + " with " + with_protocol(arrival);
  if (!arrival.tls.empty()) out += " (" + arrival.tls + ")";
  out += "\r\n\tid " + arrival.id;
  if (!arrival.recipient.empty()) out += "\r\n\tfor <" + arrival.recipient + ">";
  out += ";\r\n\t" + mime::format_date(arrival.time) + "\r\n";
  return out;
}

}  // namespace postroom::smtp
