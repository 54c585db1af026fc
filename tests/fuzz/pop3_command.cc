// POP3: the grammar of every command over one line; the same bytes as a message, dots stuffed and cut by TOP,
// in whatever pieces they come. The first byte says in which.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "protocols/pop3/command.h"
#include "protocols/pop3/multiline.h"

namespace {

using namespace postroom::pop3;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string top(std::string_view message, std::uint64_t lines, std::size_t piece_size) {
  TopFilter filter(lines);
  std::string out;
  for (std::size_t at = 0; at < message.size() && !filter.done(); at += piece_size) {
    const std::string_view piece = message.substr(at, piece_size);
    out += piece.substr(0, filter.pass(piece));
  }
  return out;
}

std::string stuff(std::string_view message, std::size_t piece_size) {
  DotStuffer stuffer;
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += piece_size)
    stuffer.append(message.substr(at, piece_size), out);
  stuffer.finish(out);
  return out;
}

/// A line's end is CRLF, wherever the message had an LF.
std::string as_lines(std::string_view message) {
  std::string out;
  for (const char c : message) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out.ends_with('\n') ? out : out + "\r\n";
}

/// As a client does it, for which an LF ends a line.
std::string unstuff(std::string_view lines) {
  std::string out;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at) + 1;
    require(lines.substr(at, end - at) != ".\r\n");
    out += lines.substr(lines[at] == '.' ? at + 1 : at, end - (lines[at] == '.' ? at + 1 : at));
    at = end;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece_size = 1u + data[0] % 16u;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  const std::size_t keyword_end = std::min(text.find(' '), text.size());
  if (const Command* command = find_command(text.substr(0, keyword_end))) {
    Cursor arguments(text.substr(keyword_end));
    command->parse(arguments);
  }

  const std::string stuffed = stuff(text, piece_size);
  require(stuffed == stuff(text, text.size()));
  require(unstuff(stuffed) == as_lines(text));

  const std::string head = top(text, data[0] / 16u, piece_size);
  require(head == top(text, data[0] / 16u, text.size()));
  require(text.starts_with(head));
  return 0;
}
