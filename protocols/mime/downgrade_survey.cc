// Survey: what of a message has to be changed; see downgrade.h.
#include <algorithm>
#include <limits>

#include "base/text.h"
#include "protocols/mime/downgrade.h"
#include "protocols/mime/header.h"
#include "protocols/mime/parameters.h"

namespace postroom::mime {

namespace {

using Role = Segment::Role;
using Change = Segment::Change;

std::uint64_t end_of(const Range& range) { return range.offset + range.size; }

bool is_message(std::string_view type) { return type.starts_with("message/"); }
/// RFC 6532 3.7: of all messages within messages only this one may be encoded; then nothing is changed in it.
bool is_global(std::string_view type) { return type == "message/global"; }
bool is_sealed(std::string_view type) { return type == "multipart/signed" || type == "multipart/encrypted"; }

/// Cuts a message into segments, from its beginning to its end.
class Cutter {
 public:
  std::vector<Segment> cut(const std::vector<PartIndex::Entry>& entries) {
    for (std::size_t i = 0; i < entries.size();) {
      const PartIndex::Entry& entry = entries[i];
      if (entry.header.offset > position_) add(Role::between, entry.header.offset, nullptr);
      add(Role::header, end_of(entry.header), &entry);
      const bool one = entry.kind == Part::Kind::leaf || is_global(entry.type);
      if (one) add(Role::body, end_of(entry.body), &entry);
      if (is_sealed(entry.type)) sealed_to_ = std::max(sealed_to_, end_of(entry.body));
      i = one ? entry.end : i + 1;
    }
    add(Role::between, std::numeric_limits<std::uint64_t>::max(), nullptr);
    return std::move(segments_);
  }

 private:
  void add(Role role, std::uint64_t end, const PartIndex::Entry* entry) {
    Segment& segment = segments_.emplace_back();
    segment.role = role;
    segment.sealed = position_ < sealed_to_;
    position_ = segment.end = std::max(end, position_);
    if (!entry) return;
    segment.encoding = entry->encoding;
    segment.type = entry->type;
  }

  std::vector<Segment> segments_;
  std::uint64_t position_ = 0;
  std::uint64_t sealed_to_ = 0;
};

/// Quoted-printable leaves text to be read; beyond a third of its bytes base64 is shorter. Only base64 keeps
/// lines that are none.
Change change_for(const Segment& segment, const FormScan& scan, const ContentForm& form) {
  const bool text = segment.type.starts_with("text/") && !form.binary();
  return text && 3 * scan.beyond_ascii() <= scan.size() ? Change::quoted_printable : Change::base64;
}

ContentForm with_long_lines(ContentForm form) {
  form.long_lines = true;
  return form;
}

}  // namespace

Survey::Survey(const PartIndex& parts, ContentForm carried) {
  conversion_.segments = Cutter().cut(parts.entries());
  conversion_.carried = carried;
}

void Survey::feed(std::string_view slice) {
  while (!slice.empty()) {
    const Segment& segment = conversion_.segments[at_];
    const std::string_view bytes = slice.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(slice.size(), segment.end - offset_)));
    scan_.feed(bytes);
    if (segment.role == Role::header) header_ += bytes.substr(0, Converter::kMaxHeader + 1 - header_.size());
    offset_ += bytes.size();
    slice.remove_prefix(bytes.size());
    if (offset_ == segment.end) end_segment();
  }
}

void Survey::end_segment() {
  Segment& segment = conversion_.segments[at_];
  const ContentForm form = scan_.finish();
  switch (segment.role) {
    case Role::header: judge_header(segment, form); break;
    case Role::body: judge_body(segment, form); break;
    case Role::between: judge_between(form); break;
  }
  scan_ = FormScan();
  ++at_;
}

void Survey::judge_header(Segment& segment, const ContentForm& form) {
  // A header cannot be encoded; a line that is too long is better than none.
  if (!form.within(with_long_lines(conversion_.carried)))
    refuse("a header in it holds what the other server does not take");
  HeaderFields fields(header_);
  while (const auto field = fields.next()) {
    if (iequals(field->name, "Content-Type")) segment.type = parse_parameterized(field->body).value;
    if (at_ == 0 && iequals(field->name, "DKIM-Signature")) signed_ = true;
  }
  header_too_large_ = header_.size() > Converter::kMaxHeader;
  header_.clear();
  if (at_ + 1 < conversion_.segments.size() && conversion_.segments[at_ + 1].role == Role::body)
    conversion_.segments[at_ + 1].type = segment.type;
}

void Survey::judge_body(Segment& segment, const ContentForm& form) {
  if (form.within(conversion_.carried)) return;
  segment.beyond_ascii = form.beyond_ascii;
  segment.only_long_lines = form.within(with_long_lines(conversion_.carried));
  // RFC 2046 5.2: no other message may be encoded, and a multipart is only here if it is broken.
  const bool composite =
      segment.type.starts_with("multipart/") || (is_message(segment.type) && !is_global(segment.type));
  const char* obstacle = nullptr;
  if (segment.sealed) obstacle = "it is signed or encrypted, and may not be changed";
  if (segment.encoding != Encoding::identity) obstacle = "a part of it is not what its encoding says";
  if (composite || header_too_large_) obstacle = "a part of it cannot be encoded";
  if (obstacle && !segment.only_long_lines) refuse(obstacle);
  if (obstacle) return;
  segment.change = change_for(segment, scan_, form);
  conversion_.needed = true;
  Segment& header = conversion_.segments[at_ - 1];
  header.change = segment.change;
  header.beyond_ascii = segment.beyond_ascii;
  header.only_long_lines = segment.only_long_lines;
}

/// RFC 2046 5.1.1: nobody reads what is before the first part and behind the last, so that Converter may
/// spoil a letter there.
void Survey::judge_between(const ContentForm& form) {
  ContentForm carried = with_long_lines(conversion_.carried);
  if (form.within(carried)) return;
  carried.beyond_ascii = true;
  if (conversion_.segments[at_].sealed || !form.within(carried))
    return refuse("there is something between its parts that the other server does not take");
  conversion_.needed = true;
}

/// Most servers take long lines all the same, but none takes back that a signature is broken.
void Survey::leave_long_lines() {
  std::vector<Segment>& all = conversion_.segments;
  const bool only_those = std::ranges::all_of(
      all, [](const Segment& s) { return s.change == Change::none || s.only_long_lines; });
  if (!signed_ || !only_those) return;
  for (Segment& segment : all) segment.change = Change::none;
  conversion_.needed = false;
}

void Survey::refuse(const char* why) {
  if (conversion_.refusal.empty()) conversion_.refusal = why;
}

Conversion Survey::finish() {
  while (at_ < conversion_.segments.size()) end_segment();
  leave_long_lines();
  return std::move(conversion_);
}

}  // namespace postroom::mime
