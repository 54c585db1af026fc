// The fields that we put on top of a message (RFC 5321 4.4). Pure.
#pragma once

#include <string>

#include "base/runtime.h"

namespace postroom::smtp {

/// What is known about how a message came in.
struct Arrival {
  Arrival() = default;
  std::string client_name;  ///< as in EHLO, in ASCII
  bool extended = false;    ///< EHLO, not HELO
  std::string address;      ///< of the peer
  std::string tls;          ///< Stream::tls()
  bool authenticated = false;
  bool utf8 = false;         ///< SMTPUTF8 was asked for (RFC 6531)
  std::string hostname;      ///< ours
  std::string id;            ///< of the message
  std::string reverse_path;  ///< without angle brackets
  std::string recipient;     ///< the only one; empty when there are more: they may not know of each other
  WallTime time{};
};

/// Return-Path and Received, each with CRLF.
std::string trace_fields(const Arrival& arrival);

/// The protocol's name for the WITH clause: RFC 3848, RFC 6531 4.3.
std::string with_protocol(const Arrival& arrival);

}  // namespace postroom::smtp
