// Whole messages: however they are cut the facts are the same, parts lie within each other, IMAP's forms are
// sound.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/imap/wire.h"
#include "protocols/mime/facts.h"
#include "protocols/mime/part_index.h"

namespace {

using postroom::MessageFacts;
using namespace postroom::mime;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Reads what a client would: parentheses, strings, atoms. Nothing must be left open or over.
void require_form(std::string_view form) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < form.size(); ++at) {
    const char c = form[at];
    require(c != '\0' && c != '\r' && c != '\n' && static_cast<unsigned char>(c) < 0x80);
    if (c == '(') ++depth;
    if (c == ')') {
      require(depth > 0);
      --depth;
      require(depth > 0 || at + 1 == form.size());
    }
    if (c == '"') {
      for (++at; at < form.size() && form[at] != '"'; ++at)
        if (form[at] == '\\') ++at;
      require(at < form.size());
    }
    if (c == '{') {
      const std::size_t close = form.find("}\r\n", at);
      require(close != std::string_view::npos);
      const std::size_t size = std::stoul(std::string(form.substr(at + 1, close - at - 1)));
      at = close + 2 + size;
      require(at < form.size());
    }
  }
  require(depth == 0);
}

MessageFacts facts_in_slices(std::string_view message, std::size_t step) {
  FactsBuilder builder;
  for (std::size_t at = 0; at < message.size(); at += step) builder.feed(message.substr(at, step));
  return builder.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const MessageFacts facts = facts_of(message);
  for (const std::size_t step : {std::size_t{1}, 1 + size % 13}) {
    const MessageFacts again = facts_in_slices(message, step);
    require(again.envelope == facts.envelope && again.body == facts.body && again.parts == facts.parts);
    require(again.body_structure == facts.body_structure && again.sent_date == facts.sent_date);
  }
  require_form(facts.envelope);
  for (const bool rev2 : {false, true}) {
    for (const std::string* stored : {&facts.body, &facts.body_structure}) {
      postroom::imap::Wire wire;
      wire.body(*stored, rev2);
      require_form(wire.view());
    }
  }
  require(facts.envelope.size() <= kMaxEnvelope);
  const auto index = PartIndex::parse(facts.parts);  // checks that parts lie within their parents
  require(index.has_value());
  const PartIndex::Entry& root = index->entries().front();
  require(root.body.offset + root.body.size == size);
  return 0;
}
