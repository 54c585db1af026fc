// RFC 3501 2.2.1: a command is a line, unless the line ends with the announcement of a literal.
#include "protocols/imap/framer.h"

#include <algorithm>

namespace postroom::imap {

namespace {
// Longer than any announcement of a literal with its CRLF.
constexpr std::size_t kTail = 32;
}  // namespace

/// Takes from `in` to the end of the line, which may have begun earlier; true at its end, its CRLF dropped.
bool Framer::take_line(Buffer& in, std::size_t limit, bool& too_long) {
  while (!in.empty()) {
    const std::string_view view = in.view();
    const std::size_t feed = view.find('\n');
    const std::string_view piece = view.substr(0, feed == std::string_view::npos ? feed : feed + 1);
    const std::size_t room = skipping_ ? piece.size() : limit + 2 - std::min(text_.size(), limit + 2);
    const std::string_view fits = piece.substr(0, room);
    text_.append(fits);
    in.consume(fits.size());
    if (fits.size() < piece.size()) {
      too_long = true;
      return false;
    }
    if (line().ends_with("\r\n")) {
      text_.resize(text_.size() - 2);
      return true;
    }
    if (skipping_) keep_tail();
  }
  return false;
}

void Framer::take_literal(Buffer& in) {
  const std::string_view piece = in.view().substr(0, std::min<std::uint64_t>(literal_left_, in.size()));
  if (!skipping_) text_.append(piece);
  literal_left_ -= piece.size();
  in.consume(piece.size());
}

Framer::Event Framer::next(Buffer& in, std::size_t limit) {
  for (;;) {
    take_literal(in);
    bool too_long = false;
    if (literal_left_ > 0 || !take_line(in, limit, too_long)) return too_long ? Event::too_long : Event::more;
    const auto announced = announced_literal(line());
    if (!skipping_) {
      if (!announced) return Event::complete;
      literal_ = *announced;
      return Event::literal;
    }
    // A client that waits for a continuation gets none: it has been, or will be, told that its command is
    // over.
    if (!announced || announced->synchronising) {
      reset();
      return Event::skipped;
    }
    skip(announced->size);
  }
}

Framer::Event Framer::next_line(Buffer& in, std::size_t limit) {
  bool too_long = false;
  if (take_line(in, limit, too_long)) return Event::complete;
  return too_long ? Event::too_long : Event::more;
}

std::string_view Framer::line() const { return std::string_view(text_).substr(line_begin_); }

void Framer::accept() {
  text_ += "\r\n";
  literal_left_ = literal_.size;
  ++literals_;
  line_begin_ = text_.size() + literal_left_;
}

void Framer::keep_tail() {
  const std::size_t tail = std::min(line().size(), kTail);
  text_.erase(0, text_.size() - tail);
  line_begin_ = 0;
}

void Framer::skip_line() {
  keep_tail();
  skipping_ = true;
}

void Framer::skip(std::uint64_t bytes) {
  reset();
  literal_left_ = bytes;
  skipping_ = true;
}

void Framer::reset() {
  text_.clear();
  line_begin_ = 0;
  literals_ = 0;
  literal_left_ = 0;
  skipping_ = false;
}

void Framer::rest() {
  if (text_.empty()) std::string().swap(text_);
}

}  // namespace postroom::imap
