// FixUp: what a submission server mends in the header of its users' messages (RFC 6409 8), and what a list
// takes off. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postroom::smtp {

/// Takes a message in pieces of any size; how it is cut changes nothing. Of the header section, Bcc,
/// Resent-Bcc (RFC 5322 3.6.3) and Return-Path (RFC 5321 4.4) are dropped, and at its end come Date and
/// Message-ID if it had none (RFC 6409 8.2 and 8.3). All else passes as it is. A message that does not begin
/// with a field has no header section: it gets one. What is a field is as in mime::HeaderFields.
class FixUp {
 public:
  /// `message_id` without its angle brackets, `date` as mime::format_date() makes it.
  FixUp(std::string message_id, std::string date);
  /// Drops the fields of these names instead, which outlive it, and adds none.
  explicit FixUp(std::span<const std::string_view> dropped);

  /// Appends what is sure to `out`; holds back kMaxName bytes at most.
  void feed(std::string_view piece, std::string& out);
  /// Once, at the end of the message.
  void finish(std::string& out);

  /// A name that is longer, white space before its colon included, is no name.
  static constexpr std::size_t kMaxName = 1000;

 private:
  enum class State : std::uint8_t {
    line_start,  // held_ is all of a line so far, and not enough to know what it is
    keep_line,   // to its end
    drop_line,
    body,
  };

  std::size_t take_line(std::string_view piece, std::string& out);
  void look(std::string& out);
  void take_field(std::string_view name, std::string& out);
  void no_field(std::string& out);
  void begin(State line, std::string& out);
  void append_missing(std::string& out);

  std::span<const std::string_view> dropped_;
  std::string message_id_;
  std::string date_;
  State state_ = State::line_start;
  State field_ = State::keep_line;  // what becomes of the field under way, and of its folded lines
  std::string held_;
  bool first_line_ = true;
  bool blank_seen_ = false;  // in held_, behind a name
  bool has_date_ = false;
  bool has_message_id_ = false;
};

}  // namespace postroom::smtp
