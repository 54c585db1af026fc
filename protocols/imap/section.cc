// Sections of messages: their grammar, their place, and subsets of headers.
#include "protocols/imap/section.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kTextNames[] = {"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
                                           "TEXT", "MIME"};

std::string_view name_of(Section::Text text) { return kTextNames[static_cast<std::size_t>(text)]; }

// section-msgtext, and of a part also section-text.
void parse_text(Cursor& in, Section& section) {
  for (const auto text : {Section::Text::header, Section::Text::header_fields,
                          Section::Text::header_fields_not, Section::Text::text, Section::Text::mime}) {
    if (!in.take_word(name_of(text))) continue;
    if (text == Section::Text::mime && section.part.empty()) return in.fail("section");
    section.text = text;
    return;
  }
  in.fail("section");
}

// header-list
void parse_fields(Cursor& in, Section& section) {
  in.need(" (");
  do {
    section.fields.push_back(in.astring());
  } while (in.take(" "));
  in.need(")");
  for (const std::string& field : section.fields) section.sorted.push_back(lower(field));
  std::sort(section.sorted.begin(), section.sorted.end());
}

}  // namespace

Section parse_section(Cursor& in) {
  Section section;
  if (in.take("]")) return section;
  bool dot = true;
  while (dot && is_digit(in.peek())) {
    section.part.push_back(in.nz_number());
    dot = in.take(".");
  }
  if (dot) parse_text(in, section);
  if (section.subset()) parse_fields(in, section);
  in.need("]");
  return section;
}

Section parse_section_binary(Cursor& in) {
  Section section;
  if (in.take("]")) return section;
  do {
    section.part.push_back(in.nz_number());
  } while (in.take("."));
  in.need("]");
  return section;
}

void print(const Section& section, Wire& wire) {
  for (std::size_t i = 0; i < section.part.size(); ++i) {
    if (i > 0) wire.raw(".");
    wire.number(section.part[i]);
  }
  if (!section.part.empty() && section.text != Section::Text::all) wire.raw(".");
  wire.raw(name_of(section.text));
  if (section.subset()) {
    std::string_view separator = " (";
    for (const std::string& field : section.fields) {
      wire.raw(separator).astring(field);
      separator = " ";
    }
    wire.raw(")");
  }
  wire.raw("]");
}

std::optional<Partial> parse_partial(Cursor& in) {
  if (!in.take("<")) return std::nullopt;
  Partial partial;
  partial.origin = in.number64();
  in.need(".");
  partial.length = in.number64();
  if (partial.length == 0) in.fail("nz-number");
  in.need(">");
  return partial;
}

mime::Range clip(mime::Range bytes, const std::optional<Partial>& partial) {
  if (!partial) return bytes;
  const std::uint64_t skipped = std::min(partial->origin, bytes.size);
  return {bytes.offset + skipped, std::min(partial->length, bytes.size - skipped)};
}

std::optional<mime::Range> Section::find(const mime::PartIndex& parts) const {
  using Meant = mime::PartIndex::Section;
  switch (text) {
    case Text::all: return parts.find(part, Meant::whole);
    case Text::text: return parts.find(part, Meant::text);
    case Text::mime: return parts.find(part, Meant::mime);
    default: return parts.find(part, Meant::header);
  }
}

FieldFilter::FieldFilter(const Section& section)
    : names_(section.sorted), without_(section.text == Section::Text::header_fields_not), keep_(without_) {}

bool FieldFilter::meant(std::string_view name) const {
  // RFC 5322 4.5 allows white space before the colon.
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  return std::binary_search(names_.begin(), names_.end(), lower(name)) != without_;
}

void FieldFilter::decide(std::string& out) {
  const char last = held_.back();
  if (held_.size() == 1 && (last == ' ' || last == '\t')) {
    // A folded line goes the way of its field.
  } else if (last == ':') {
    keep_ = meant(std::string_view(held_).substr(0, held_.size() - 1));
  } else if (last == '\n') {
    keep_ = without_ || held_ == "\r\n" || held_ == "\n";
  } else if (held_.size() > kMaxName) {
    keep_ = without_;
  } else {
    return;
  }
  if (keep_) out.append(held_);
  held_.clear();
  deciding_ = last == '\n';
}

void FieldFilter::feed(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (deciding_) {
      held_.push_back(piece.front());
      piece.remove_prefix(1);
      decide(out);
      continue;
    }
    const std::size_t end = piece.find('\n');
    const std::size_t line = end == std::string_view::npos ? piece.size() : end + 1;
    if (keep_) out.append(piece.substr(0, line));
    piece.remove_prefix(line);
    deciding_ = end != std::string_view::npos;
  }
}

void FieldFilter::finish(std::string& out) {
  if (without_) out.append(held_);
  held_.clear();
}

}  // namespace postroom::imap
