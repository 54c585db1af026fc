// Cursor: the grammar of SMTP commands (RFC 5321 4.1.2, with RFC 6531 3.3) over one line. The first error
// latches, as the reply it becomes; after it everything returns empty values, so that a command's parser is
// straight-line code. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/smtp/reply.h"

namespace postroom::smtp {

/// A reverse or forward path without its source route.
struct Path {
  Path() = default;
  std::string local;   ///< decoded: without quotes and backslashes
  std::string domain;  ///< as sent, or an address literal with its brackets; empty: "<>" or "<postmaster>"

  bool null() const { return local.empty() && domain.empty(); }
  /// As RFC 5321 4.1.2 writes it, with no more quotes than needed; empty for "<>".
  std::string address() const;
};

/// KEYWORD or KEYWORD=value after a path.
struct Parameter {
  std::string_view keyword;
  std::optional<std::string_view> value;
};

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  const std::optional<Reply>& error() const { return error_; }
  void fail(Reply reply);
  /// The value of a parameter is wrong.
  void bad_parameter(const std::string& expected);
  bool at_end() const { return rest_.empty(); }

  /// Takes a fixed text in any case of letters, if it is next.
  bool take(std::string_view text);
  /// The same, and a syntax error if it isn't.
  void need(std::string_view text);
  /// SP, or more of them, before an argument.
  void space();
  /// Nothing more may follow.
  void end();
  /// All that is left.
  std::string_view rest();
  /// Up to the next SP.
  std::string_view word();

  /// "FROM:" Reverse-path: also "<>".
  Path reverse_path();
  /// "TO:" Forward-path: also "<postmaster>".
  Path forward_path();
  /// What comes after a path, to the end of the line.
  std::vector<Parameter> parameters();
  /// EHLO's and HELO's argument, in ASCII: it goes into replies and into messages that are not SMTPUTF8.
  std::string client_name();

 private:
  Path path(std::string_view status);
  void source_route();
  std::string local_part();
  std::string quoted_string();
  std::string dot_string();
  std::string domain();
  std::string address_literal();
  bool next_is(char c) const { return !error_ && !rest_.empty() && rest_.front() == c; }
  /// The longest beginning whose bytes all pass.
  template <class Predicate>
  std::string_view run(Predicate passes);
  void syntax(std::string expected);

  std::string_view rest_;
  std::string_view status_ = "5.5.4";  // of syntax errors here: RFC 3463 3.6, or of an address, 3.2
  std::optional<Reply> error_;
};

}  // namespace postroom::smtp
