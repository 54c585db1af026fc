// RFC 8474: each kind of identifier begins with a letter of its own.
#include "protocols/imap/object_id.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/mime/sort_keys.h"

namespace postroom::imap {

namespace {

constexpr std::size_t kMaxObjectId = 255;

bool is_object_id_char(char c) {
  const char letter = to_lower(c);
  return is_digit(c) || (letter >= 'a' && letter <= 'z') || c == '_' || c == '-';
}

std::string hex(std::uint64_t number) {
  std::string digits;
  for (unsigned shift = 64; shift > 0; shift -= 4) digits += "0123456789abcdef"[number >> (shift - 4) & 15];
  return digits;
}

}  // namespace

std::string object_id(MailboxId mailbox) { return "F" + std::to_string(static_cast<std::int64_t>(mailbox)); }

std::string object_id(ContentId content) { return "M" + std::to_string(static_cast<std::int64_t>(content)); }

std::string thread_id(const MessageRow& row) {
  std::uint64_t thread = row.thread;
  if (thread == 0) {
    const auto keys = mime::SortKeys::parse(row.sort_keys);
    if (keys) thread = keys->references.empty() ? keys->id : keys->references.front();
  }
  // Without an ID nobody can answer it.
  return thread == 0 ? "T" + object_id(row.content) : "T" + hex(thread);
}

std::string parse_object_id(Cursor& in) {
  std::string id(in.atom());
  if (id.size() > kMaxObjectId || !std::all_of(id.begin(), id.end(), &is_object_id_char)) in.fail("objectid");
  return id;
}

}  // namespace postroom::imap
