// DotWriter: a message as DATA sends it: RFC 5321 4.1.1.4, its dots stuffed (4.5.2). Works on any slicing of
// the message. Pure.
//
// A bare LF or CR becomes CRLF: a client must not send them (RFC 5321 2.3.8), and a server that takes one for
// the end of a line would find the end of the message at <LF>.<CRLF> within it, and run what follows as
// commands of ours (the "SMTP smuggling" of 2023). Several CRs are one end of a line, as is the CR CR LF of
// broken senders, which would otherwise get an empty line and end the header.
#pragma once

#include <string>
#include <string_view>

namespace postroom::smtp {

class DotWriter {
 public:
  /// Appends the next piece of the message to `out`.
  void feed(std::string_view piece, std::string& out);
  /// The end: a CRLF if the message has none, and the line with the dot.
  void finish(std::string& out);

 private:
  bool line_start_ = true;
  bool after_cr_ = false;  // a CR is held back: an LF may follow
};

}  // namespace postroom::smtp
