#include "protocols/smtp/fix_up.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "protocols/mime/chars.h"

namespace postroom::smtp {

namespace {

constexpr std::string_view kDropped[] = {"Bcc", "Resent-Bcc", "Return-Path"};

/// RFC 5322 2.2, as mime::HeaderFields has it.
bool is_name_character(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; }

}  // namespace

FixUp::FixUp(std::string message_id, std::string date)
    : dropped_(kDropped), message_id_(std::move(message_id)), date_(std::move(date)) {}

FixUp::FixUp(std::span<const std::string_view> dropped)
    : dropped_(dropped), has_date_(true), has_message_id_(true) {}

void FixUp::feed(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (state_ == State::body) {
      out.append(piece);
      return;
    }
    if (state_ == State::line_start) {
      held_ += piece.front();
      piece.remove_prefix(1);
      look(out);
    } else {
      piece.remove_prefix(take_line(piece, out));
    }
  }
}

/// The rest of a line whose fate is known, as far as it is there.
std::size_t FixUp::take_line(std::string_view piece, std::string& out) {
  const std::size_t lf = piece.find('\n');
  const std::size_t size = lf == std::string_view::npos ? piece.size() : lf + 1;
  if (state_ == State::keep_line) out.append(piece.substr(0, size));
  if (lf != std::string_view::npos) state_ = State::line_start;
  return size;
}

/// Does held_, with its last byte just added, say what its line is?
void FixUp::look(std::string& out) {
  const char c = held_.back();
  if (held_ == "\r") return;
  if (held_ == "\n" || held_ == "\r\n") {  // the end of the header section
    append_missing(out);
    return begin(State::body, out);
  }
  if (held_.front() == '\r') return no_field(out);
  if (mime::is_blank(held_.front())) return first_line_ ? no_field(out) : begin(field_, out);
  if (c == ':') {
    const std::string_view name = trim(std::string_view(held_).substr(0, held_.size() - 1));
    return name.empty() ? no_field(out) : take_field(name, out);
  }
  if (mime::is_blank(c)) blank_seen_ = true;
  const bool goes_on = mime::is_blank(c) || (is_name_character(c) && !blank_seen_);
  if (!goes_on || held_.size() > kMaxName) no_field(out);
}

void FixUp::take_field(std::string_view name, std::string& out) {
  has_date_ |= iequals(name, "Date");
  has_message_id_ |= iequals(name, "Message-ID");
  const bool dropped =
      std::ranges::any_of(dropped_, [&](std::string_view each) { return iequals(each, name); });
  field_ = dropped ? State::drop_line : State::keep_line;
  begin(field_, out);
}

void FixUp::no_field(std::string& out) {
  if (first_line_) {
    append_missing(out);
    out += "\r\n";
    return begin(State::body, out);
  }
  field_ = State::keep_line;
  begin(field_, out);
}

/// The line's fate is known: held_ is its beginning, or all of it.
void FixUp::begin(State line, std::string& out) {
  state_ = line;
  if (line != State::drop_line) out += held_;
  if (line != State::body && held_.ends_with('\n')) state_ = State::line_start;
  held_.clear();
  first_line_ = false;
  blank_seen_ = false;
}

void FixUp::finish(std::string& out) {
  if (state_ == State::line_start && (first_line_ || !held_.empty())) no_field(out);
  const bool complete = has_date_ && has_message_id_;
  if (state_ == State::body || complete) return;
  if (state_ == State::keep_line) out += "\r\n";  // the last line had no end
  append_missing(out);
}

void FixUp::append_missing(std::string& out) {
  if (!has_date_) out.append("Date: ").append(date_).append("\r\n");
  if (!has_message_id_) out.append("Message-ID: <").append(message_id_).append(">\r\n");
}

}  // namespace postroom::smtp
