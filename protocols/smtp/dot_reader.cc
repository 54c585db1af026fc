#include "protocols/smtp/dot_reader.h"

namespace postroom::smtp {

DotReader::Piece DotReader::next(std::string_view input) {
  switch (state_) {
    case State::line_start: return line_start(input);
    case State::dot: return dot(input);
    case State::dot_cr: return dot_cr(input);
    case State::text: return text(input);
    case State::cr:
      state_ = input.front() == '\n' ? State::line_start : State::text;
      if (state_ == State::text) return text(input);
      return {input.substr(0, 1), 1};
    case State::done: break;
  }
  return {{}, 0};
}

DotReader::Piece DotReader::line_start(std::string_view input) {
  if (input.front() != '.') return text(input);
  state_ = State::dot;
  return {{}, 1};
}

// Runs on over whole lines, to the next one that begins with a dot.
DotReader::Piece DotReader::text(std::string_view input) {
  const std::size_t end = input.find("\r\n.");
  if (end != std::string_view::npos) {
    state_ = State::line_start;
    return {input.substr(0, end + 2), end + 2};
  }
  if (input.ends_with("\r\n"))
    state_ = State::line_start;
  else
    state_ = input.back() == '\r' ? State::cr : State::text;
  return {input, input.size()};
}

DotReader::Piece DotReader::dot(std::string_view input) {
  if (input.front() == '\r') {
    state_ = State::dot_cr;
    return {{}, 1};
  }
  return text(input);  // RFC 5321 4.5.2: the dot was stuffed
}

DotReader::Piece DotReader::dot_cr(std::string_view input) {
  if (input.front() == '\n') {
    state_ = State::done;
    return {{}, 1};
  }
  state_ = State::cr;  // the CR held back is content, and may be the first of <CRLF>
  return {"\r", 0};
}

}  // namespace postroom::smtp
