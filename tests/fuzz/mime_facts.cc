// What is shown and compared of a message: the first byte says what the rest is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "protocols/mime/base_subject.h"
#include "protocols/mime/facts.h"
#include "protocols/mime/message_id.h"
#include "protocols/mime/plain_text.h"
#include "protocols/mime/sort_keys.h"

using namespace postroom::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++count;
  return count;
}

void read_preview(std::string_view text, PlainText::Kind kind) {
  if (!postroom::is_utf8(text)) return;
  PlainText plain(kind, kPreviewCharacters);
  plain.feed(text);
  require(postroom::is_utf8(plain.text()) && characters(plain.text()) <= kPreviewCharacters);
}

void read_subject(std::string_view text) {
  const BaseSubject base = base_subject(text);
  require(base.text.size() <= text.size());
  const BaseSubject again = base_subject(base.text);
  require(again.text == base.text && !again.reply_or_forward);
}

void read_ids(std::string_view text) {
  MessageIds ids(text);
  while (const auto id = ids.next()) require(id->find('@') != std::string::npos);
}

void read_message(std::string_view text) {
  const postroom::MessageFacts facts = facts_of(text);
  require(postroom::is_utf8(facts.preview) && characters(facts.preview) <= kPreviewCharacters);
  const auto keys = SortKeys::parse(facts.sort_keys);
  require(keys && keys->serialise() == facts.sort_keys && keys->references == facts.references);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 's': read_subject(text); break;
    case 'i': read_ids(text); break;
    case 'h': read_preview(text, PlainText::Kind::html); break;
    case 'p': read_preview(text, PlainText::Kind::plain); break;
    case 'k': SortKeys::parse(text); break;
    default: read_message(text);
  }
  return 0;
}
