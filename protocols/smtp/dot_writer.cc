#include "protocols/smtp/dot_writer.h"

#include <algorithm>

namespace postroom::smtp {

void DotWriter::feed(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (after_cr_) {
      piece.remove_prefix(std::min(piece.find_first_not_of('\r'), piece.size()));
      if (piece.empty()) return;
      if (piece.front() == '\n') piece.remove_prefix(1);
      out += "\r\n";
      after_cr_ = false;
      line_start_ = true;
      continue;
    }
    if (line_start_ && piece.front() == '.') out += '.';
    const std::size_t end = piece.find_first_of("\r\n");
    out += piece.substr(0, end);
    if (end != 0) line_start_ = false;
    if (end == std::string_view::npos) return;
    if (piece[end] == '\n') {
      out += "\r\n";
      line_start_ = true;
    } else {
      after_cr_ = true;
    }
    piece.remove_prefix(end + 1);
  }
}

void DotWriter::finish(std::string& out) {
  if (after_cr_ || !line_start_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace postroom::smtp
