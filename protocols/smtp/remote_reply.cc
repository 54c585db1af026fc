#include "protocols/smtp/remote_reply.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::smtp {

namespace {

/// "5.1.1" at the beginning of a line, followed by a space or the end, where its class is that of the code
/// (RFC 2034 4, RFC 3463 2); otherwise empty.
std::string_view status_of(int code, std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  const auto parts = split(word, '.');
  if (parts.size() != 3) return {};
  for (const std::string_view part : parts)
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit)) return {};
  return parts[0] == std::to_string(code / 100) ? word : std::string_view();
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, RemoteReply::kLongestText));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace

std::string RemoteReply::shown() const {
  std::string out = std::to_string(code);
  if (!status.empty()) out.append(" ").append(status);
  if (!text.empty()) out.append(" ").append(text);
  return out;
}

RemoteReply RemoteReply::made(int code, std::string_view status, std::string_view text) {
  RemoteReply reply;
  reply.code = code;
  reply.status = status;
  reply.text = printable(text);
  reply.ours = true;
  return reply;
}

RemoteReply RemoteReply::lost(std::string_view why) { return made(451, "4.4.2", why); }

std::size_t ReplyParser::feed(std::string_view arrived) {
  std::size_t taken = 0;
  while (state_ == State::more) {
    const std::string_view rest = arrived.substr(taken);
    const std::size_t end = rest.substr(0, kLongestLine).find("\r\n");
    if (end == std::string_view::npos) {
      if (rest.size() >= kLongestLine) state_ = State::malformed;
      break;
    }
    take(rest.substr(0, end));
    taken += end + 2;
  }
  return taken;
}

void ReplyParser::take(std::string_view line) {
  state_ = State::malformed;
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return;
  if (line.front() < '2' || line.front() > '5') return;
  const int code = static_cast<int>(*parse_number(line.substr(0, 3)));
  // "250" alone, without a space, is told to be understood (RFC 5321 4.2).
  const char after = line.size() > 3 ? line[3] : ' ';
  if (after != ' ' && after != '-') return;
  if (lines_.size() == kMostLines || (!lines_.empty() && code != code_)) return;
  code_ = code;
  lines_.emplace_back(line.substr(std::min<std::size_t>(4, line.size())));
  state_ = after == '-' ? State::more : State::done;
}

RemoteReply ReplyParser::reply() const {
  RemoteReply reply;
  reply.code = code_;
  std::string text;
  for (const std::string_view line : lines_) {
    const std::string_view status = code_ / 100 == 3 ? std::string_view() : status_of(code_, line);
    if (reply.status.empty()) reply.status = status;
    const std::string_view words = trim(line.substr(status.size()));
    if (!words.empty()) text.append(text.empty() ? "" : " ").append(words);
    if (text.size() >= RemoteReply::kLongestText) break;
  }
  reply.text = printable(text);
  if (reply.status.empty() && code_ / 100 != 3) reply.status = std::to_string(code_ / 100) + ".0.0";
  return reply;
}

}  // namespace postroom::smtp
