// The fields that we put on top of a message (RFC 5321 4.4), and the name we give it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/runtime.h"

namespace postroom::smtp {

/// Names a message: in our Received field, our log and our reply, and before "@" in a Message-ID of ours. Not
/// to be guessed.
std::string new_id(Runtime& runtime);

/// What is known about how a message came in.
struct Arrival {
  Arrival() = default;
  std::string client_name;  ///< as in EHLO, in ASCII
  bool extended = false;    ///< EHLO, not HELO
  bool lmtp = false;        ///< LHLO
  std::string address;      ///< of the peer
  std::string tls;          ///< Stream::tls()
  bool authenticated = false;
  bool utf8 = false;         ///< SMTPUTF8 was asked for (RFC 6531)
  std::string hostname;      ///< ours
  std::string id;            ///< of the message
  std::string reverse_path;  ///< without angle brackets
  int priority = 0;          ///< RFC 6710; 0: none was asked for
  std::string recipient;     ///< the only one; empty when there are more: they may not know of each other
  WallTime time{};
};

/// Return-Path and Received, each with CRLF. Received does not say where a user was who sent it.
std::string trace_fields(const Arrival& arrival);

/// Enough to find the end of a Return-Path: each byte of the longest local part that Cursor takes may have a
/// backslash.
constexpr std::size_t kReturnPathMost = 1024;
/// How much of a stored message is its Return-Path, which is put on top by the last server only and is not
/// sent to another one (RFC 5321 4.4); 0 when it has none. `beginning` is its first kReturnPathMost bytes, or
/// all of it.
std::uint64_t return_path_length(std::string_view beginning);

/// The protocol's name for the WITH clause: RFC 3848, RFC 6531 4.3.
std::string with_protocol(const Arrival& arrival);

}  // namespace postroom::smtp
