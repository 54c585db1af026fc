// Where the parts of a message lie, and which of them a section names.
#include "protocols/mime/part_index.h"

#include <algorithm>

#include "protocols/mime/chars.h"
#include "protocols/mime/packed.h"

namespace postroom::mime {

namespace {

// The first byte; another one means that the message has to be parsed again.
constexpr char kVersion = 1;
// Each multipart may have been given a part it had not.
constexpr std::size_t kMaxEntries = 2 * kMaxParts;
// Sums of two of them do not overflow.
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 62;

using Kind = Part::Kind;

std::string text_of(std::string_view text) { return std::string(clipped(text, kMaxPackedText)); }

std::uint64_t end_of(const Range& range) { return range.offset + range.size; }

}  // namespace

PartIndex::PartIndex(const Part& root) { add(root); }

/// Calls itself once for each level of parts, of which there are kMaxDepth.
void PartIndex::add(const Part& part) {
  const std::size_t index = entries_.size();
  Entry& entry = entries_.emplace_back();
  entry.kind = part.kind;
  entry.header = {part.header_offset, part.header_size};
  entry.body = {part.body_offset, part.body_size};
  entry.encoding = encoding_of(part.encoding);
  entry.type = text_of(part.type + '/' + part.subtype);
  if (part.type == "text")
    entry.charset = text_of(lower(parameter_text(part.parameters, "charset").value_or("")));
  entry.disposition = text_of(part.disposition.value);
  auto filename = parameter_text(part.disposition.parameters, "filename");
  if (!filename) filename = parameter_text(part.parameters, "name");
  entry.filename = text_of(filename.value_or(""));
  for (const Part& child : part.children) add(child);
  entries_[index].end = static_cast<std::uint32_t>(entries_.size());
}

std::string PartIndex::serialise() const {
  std::string out(1, kVersion);
  pack_number(out, entries_.size());
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    out += static_cast<char>(static_cast<unsigned>(entry.kind) << 4 | static_cast<unsigned>(entry.encoding));
    pack_number(out, entry.end - i);
    pack_number(out, entry.header.offset - before);
    pack_number(out, entry.header.size);
    pack_number(out, entry.body.size);
    pack_text(out, entry.type);
    pack_text(out, entry.charset);
    pack_text(out, entry.disposition);
    pack_text(out, entry.filename);
    before = entry.header.offset;
  }
  return out;
}

std::optional<PartIndex> PartIndex::parse(std::string_view bytes) {
  Unpacker in(bytes);
  if (in.byte() != static_cast<unsigned char>(kVersion)) return std::nullopt;
  const std::uint64_t count = in.number(kMaxEntries);
  PartIndex index;
  std::uint64_t before = 0;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    Entry& entry = index.entries_.emplace_back();
    const unsigned packed = in.byte();
    if (packed >> 4 > static_cast<unsigned>(Kind::message) ||
        (packed & 15) > static_cast<unsigned>(Encoding::unknown))
      return std::nullopt;
    entry.kind = static_cast<Kind>(packed >> 4);
    entry.encoding = static_cast<Encoding>(packed & 15);
    entry.end = static_cast<std::uint32_t>(i + in.number(count - i));
    entry.header.offset = before + in.number(kMaxNumber - before);
    entry.header.size = in.number(kMaxNumber - entry.header.offset);
    entry.body.offset = end_of(entry.header);
    entry.body.size = in.number(kMaxNumber - entry.body.offset);
    entry.type = in.text();
    entry.charset = in.text();
    entry.disposition = in.text();
    entry.filename = in.text();
    before = entry.header.offset;
  }
  if (in.failed() || !in.at_end() || !index.sound()) return std::nullopt;
  return index;
}

/// Is it a tree whose parts lie within each other as their kinds say?
bool PartIndex::sound() const {
  if (entries_.empty() || entries_.front().end != entries_.size()) return false;
  std::vector<std::size_t> within;  // what the entry at hand is in, the outermost first
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    while (!within.empty() && entries_[within.back()].end <= i) within.pop_back();
    if (entry.end <= i) return false;
    const std::size_t inside = entry.end - i - 1;
    if (entry.kind == Kind::leaf ? inside != 0 : inside == 0) return false;
    if (entry.kind == Kind::message && entries_[i + 1].end != entry.end) return false;
    if (!within.empty()) {
      const Entry& parent = entries_[within.back()];
      if (entry.end > parent.end || entry.header.offset < parent.body.offset ||
          end_of(entry.body) > end_of(parent.body))
        return false;
    }
    within.push_back(i);
  }
  return true;
}

const PartIndex::Entry* PartIndex::child(const Entry& parent, std::uint32_t number) const {
  if (number == 0) return nullptr;
  const auto index = static_cast<std::size_t>(&parent - entries_.data());
  std::size_t at = index + 1;
  while (at < parent.end && --number > 0) at = entries_[at].end;
  return at < parent.end ? &entries_[at] : nullptr;
}

/// RFC 3501 6.4.5: the parts of a message are those of its multipart, or else it is its own part 1.
const PartIndex::Entry* PartIndex::part_of_message(const Entry& message, std::uint32_t number) const {
  if (message.kind == Kind::multipart) return child(message, number);
  return number == 1 ? &message : nullptr;
}

const PartIndex::Entry* PartIndex::part(std::span<const std::uint32_t> path) const {
  if (entries_.empty()) return nullptr;
  if (path.empty()) return &entries_.front();
  const Entry* at = part_of_message(entries_.front(), path.front());
  for (const std::uint32_t number : path.subspan(1)) {
    if (!at || at->kind == Kind::leaf) return nullptr;
    at = at->kind == Kind::multipart ? child(*at, number) : part_of_message(*child(*at, 1), number);
  }
  return at;
}

std::optional<Range> PartIndex::find(std::span<const std::uint32_t> path, Section section) const {
  const Entry* at = part(path);
  if (!at || (path.empty() && section == Section::mime)) return std::nullopt;
  if (section == Section::mime) return at->header;
  if (section == Section::whole) {
    if (path.empty()) return Range{at->header.offset, at->header.size + at->body.size};
    return at->body;
  }
  if (!path.empty()) {
    if (at->kind != Kind::message) return std::nullopt;
    at = child(*at, 1);
  }
  return section == Section::header ? at->header : at->body;
}

}  // namespace postroom::mime
