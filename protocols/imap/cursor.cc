// The productions of RFC 3501 9, as straight as they stand there.
#include "protocols/imap/cursor.h"

#include <limits>

#include "base/text.h"
#include "protocols/imap/mailbox_name.h"
#include "protocols/imap/modified_utf7.h"
#include "protocols/mime/date.h"

namespace postroom::imap {

namespace {

constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMaxNumber64 = std::numeric_limits<std::int64_t>::max();

/// The announcement that is all of `line`, not only its end.
std::optional<Announced> announced_here(std::string_view line) {
  const std::size_t begin = line.starts_with("~{") ? 1 : 0;
  return line.rfind('{') == begin ? announced_literal(line) : std::nullopt;
}

constexpr bool is_8bit(char c) { return c < 0; }
constexpr bool is_text_char(char c) { return c > 0 && c != '\r' && c != '\n'; }

struct SystemFlag {
  std::string_view name;
  std::uint64_t bit;
};
constexpr SystemFlag kSystemFlags[] = {{"\\Answered", Flags::answered},
                                       {"\\Flagged", Flags::flagged},
                                       {"\\Deleted", Flags::deleted},
                                       {"\\Seen", Flags::seen},
                                       {"\\Draft", Flags::draft}};

}  // namespace

bool is_atom_char(char c) {
  return c > 0x20 && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}
bool is_astring_char(char c) { return is_atom_char(c) || c == ']'; }
bool is_list_char(char c) { return is_astring_char(c) || c == '%' || c == '*'; }

bool Cursor::take(std::string_view text) {
  if (error_ || !istarts_with(rest(), text)) return false;
  at_ += text.size();
  return true;
}

bool Cursor::take_word(std::string_view word) {
  const std::size_t before = at_;
  if (!take(word)) return false;
  if (at_ == in_.size() || !is_atom_char(in_[at_])) return true;
  at_ = before;
  return false;
}

void Cursor::need(std::string_view text) {
  if (!take(text)) fail(text);
}

void Cursor::end() {
  if (!at_end()) fail("the end of the command");
}

void Cursor::fail(std::string_view expected) {
  if (!error_) error_ = SyntaxError{at_, expected};
}

template <class Accept>
std::string_view Cursor::span(Accept accept, std::string_view name) {
  if (error_) return {};
  std::size_t end = at_;
  while (end < in_.size() && accept(in_[end])) ++end;
  if (end == at_) fail(name);
  const std::string_view taken = in_.substr(at_, end - at_);
  at_ = end;
  return taken;
}

std::string_view Cursor::tag() {
  return span([](char c) { return is_astring_char(c) && c != '+'; }, "tag");
}

std::string_view Cursor::atom() { return span(is_atom_char, "atom"); }

std::string Cursor::quoted() {
  std::string text;
  const std::size_t begin = at_;
  for (std::size_t i = at_ + 1; i < in_.size(); ++i) {
    char c = in_[i];
    if (c == '"') {
      if (!is_utf8(text)) break;
      at_ = i + 1;
      return text;
    }
    if (c == '\\') {
      ++i;
      if (i == in_.size() || (in_[i] != '"' && in_[i] != '\\')) break;
      c = in_[i];
    }
    if (!is_text_char(c) && !(utf8_ && is_8bit(c))) break;
    text += c;
  }
  at_ = begin;
  fail("quoted string");
  return {};
}

std::string Cursor::literal() {
  const std::size_t end = in_.find("\r\n", at_);
  if (end == std::string_view::npos) {
    fail("literal");
    return {};
  }
  const auto announced = announced_here(in_.substr(at_, end - at_));
  const std::size_t begin = end + 2;
  if (!announced || announced->size > in_.size() - begin) {
    fail("literal");
    return {};
  }
  const std::string_view bytes = in_.substr(begin, announced->size);
  if (bytes.find('\0') != std::string_view::npos) {
    fail("literal without NUL");
    return {};
  }
  at_ = begin + bytes.size();
  return std::string(bytes);
}

std::string Cursor::string() {
  if (peek() == '"') return quoted();
  if (peek() == '{') return literal();
  fail("string");
  return {};
}

std::string Cursor::astring() {
  if (peek() == '"' || peek() == '{') return string();
  return std::string(span(is_astring_char, "astring"));
}

std::optional<std::string> Cursor::nstring() {
  if (take_word("NIL")) return std::nullopt;
  return string();
}

std::uint64_t Cursor::digits(std::uint64_t smallest, std::uint64_t largest, std::string_view name) {
  const std::size_t begin = at_;
  const auto value = parse_number(span(is_digit, name));
  if (error_) return 0;
  if (value && *value >= smallest && *value <= largest) return *value;
  at_ = begin;
  fail(name);
  return 0;
}

std::uint32_t Cursor::number() { return static_cast<std::uint32_t>(digits(0, kMaxNumber, "number")); }
std::uint32_t Cursor::nz_number() { return static_cast<std::uint32_t>(digits(1, kMaxNumber, "nz-number")); }
std::uint64_t Cursor::number64() { return digits(0, kMaxNumber64, "number64"); }
std::uint64_t Cursor::mod_sequence_value() { return digits(1, kMaxNumber64, "mod-sequence-value"); }
std::uint64_t Cursor::mod_sequence_valzer() { return digits(0, kMaxNumber64, "mod-sequence-valzer"); }

std::uint32_t Cursor::seq_number() {
  if (take("*")) return SequenceSet::kLargest;
  return static_cast<std::uint32_t>(digits(1, kMaxNumber, "sequence-set"));
}

SequenceSet Cursor::one_number() {
  SequenceSet set;
  const std::uint32_t number = seq_number();
  set.ranges.push_back({number, number});
  return set;
}

SequenceSet Cursor::sequence_set() {
  SequenceSet set;
  set.saved = take("$");
  if (set.saved) return set;
  do {
    const std::uint32_t first = seq_number();
    const std::uint32_t last = take(":") ? seq_number() : first;
    if (error_) return {};
    set.ranges.push_back({first, last});
  } while (take(","));
  return set;
}

std::string Cursor::decode_name(const std::string& encoded, std::size_t begin) {
  if (error_) return {};
  if (utf8_ && is_utf8(encoded)) return encoded;
  if (!utf8_) {
    auto name = decode_modified_utf7(encoded);
    if (name) return *std::move(name);
  }
  at_ = begin;
  fail(utf8_ ? "a mailbox name in UTF-8" : "a mailbox name in modified UTF-7");
  return {};
}

MailboxName Cursor::mailbox() {
  const std::size_t begin = at_;
  MailboxName mailbox;
  mailbox.given = decode_name(astring(), begin);
  mailbox.name = canonical_name(mailbox.given);
  return mailbox;
}

std::string Cursor::list_mailbox() {
  const std::size_t begin = at_;
  const bool is_string = peek() == '"' || peek() == '{';
  return decode_name(is_string ? string() : std::string(span(is_list_char, "list-mailbox")), begin);
}

std::string Cursor::flag_keyword() { return std::string(span(is_atom_char, "flag-keyword")); }

void Cursor::flag(FlagNames& flags) {
  if (peek() != '\\') {
    std::string keyword = flag_keyword();
    if (!error_) flags.add_keyword(std::move(keyword));
    return;
  }
  for (const SystemFlag& system : kSystemFlags) {
    const std::size_t before = at_;
    if (take(system.name) && (at_ == in_.size() || !is_atom_char(in_[at_]))) {
      flags.system |= system.bit;
      return;
    }
    at_ = before;
  }
  fail("flag");  // \Recent too is no client's to set
}

FlagNames Cursor::flag_list() {
  FlagNames flags;
  need("(");
  if (take(")")) return flags;
  flag(flags);
  while (take(" ")) flag(flags);
  need(")");
  return flags;
}

WallTime Cursor::date() {
  const bool in_quotes = take("\"");
  const std::size_t begin = at_;
  const auto text = span([](char c) { return is_atom_char(c); }, "date");
  const auto day = mime::parse_imap_date(text);
  if (!day) {
    at_ = begin;
    fail("date");
    return {};
  }
  if (in_quotes) need("\"");
  return WallTime(std::chrono::seconds(*day));
}

WallTime Cursor::date_time() {
  const std::size_t begin = at_;
  need("\"");
  const auto moment =
      mime::parse_imap_date_time(span([](char c) { return is_text_char(c) && c != '"'; }, "date-time"));
  need("\"");
  if (error_ || moment) return moment ? WallTime(std::chrono::seconds(moment->unix_seconds)) : WallTime();
  at_ = begin;
  fail("date-time");
  return {};
}

std::string Cursor::initial_resp() {
  const auto is_base64_char = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '+' || c == '/' || c == '=';
  };
  return std::string(span(is_base64_char, "base64"));
}

Announced Cursor::streamed_literal() {
  const auto announced = error_ ? std::nullopt : announced_here(rest());
  if (!announced) {
    fail("literal");
    return {};
  }
  at_ = in_.size();
  return *announced;
}

}  // namespace postroom::imap
