#include "protocols/pop3/cursor.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::pop3 {

void Cursor::fail(std::string_view what) {
  if (!error_) error_ = what;
  rest_ = {};
}

bool Cursor::space(std::string_view what) {
  if (rest_.empty() || rest_.front() != ' ') {
    fail(what);
    return false;
  }
  rest_.remove_prefix(1);
  return true;
}

std::string Cursor::word(std::string_view what) {
  if (!space(what)) return {};
  const std::string_view word = rest_.substr(0, rest_.find(' '));
  rest_.remove_prefix(word.size());
  if (word.empty()) fail(what);
  return std::string(word);
}

std::string Cursor::rest(std::string_view what) {
  if (!space(what)) return {};
  if (rest_.empty()) fail(what);
  const std::string_view all = rest_;
  rest_ = {};
  return std::string(all);
}

std::uint64_t Cursor::number(std::string_view what) {
  const std::string digits = word(what);
  const auto value = digits.size() <= 10 ? parse_number(digits) : std::nullopt;
  if (!value) fail(what);
  return value.value_or(0);
}

void Cursor::end() {
  if (!rest_.empty()) fail("nothing more");
}

}  // namespace postroom::pop3
