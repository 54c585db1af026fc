// Converter: changes a message as Survey has found it; see downgrade.h.
#include "protocols/mime/downgrade.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/header.h"

namespace postroom::mime {

namespace {

using Role = Segment::Role;
using Change = Segment::Change;

/// The body of the first field of this name; nothing: there is none.
std::optional<std::string> find_field(std::string_view header, std::string_view name) {
  HeaderFields fields(header);
  while (const auto field = fields.next())
    if (iequals(field->name, name)) return std::string(field->body);
  return std::nullopt;
}

/// The word that an encoding is changed to where it says that the body is more than is carried; nothing: it
/// may stay (RFC 2045 6.2).
std::optional<std::string_view> mended_label(std::string_view label, const ContentForm& carried) {
  label = trim(label);
  const bool binary = istarts_with(label, "binary");
  const bool eight_bit = istarts_with(label, "8bit");
  if (binary && !carried.bare_line_ends) return carried.beyond_ascii ? "8bit" : "7bit";
  if (eight_bit && !carried.beyond_ascii) return "7bit";
  return std::nullopt;
}

void append_ascii(std::string_view bytes, std::string& out) {
  const std::size_t begin = out.size();
  out += bytes;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return static_cast<unsigned char>(c) > 0x7f; }, '?');
}

}  // namespace

void Converter::feed(std::string_view slice, std::string& out) {
  while (!slice.empty()) {
    const Segment& segment = conversion_.segments[at_];
    const std::string_view bytes = slice.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(slice.size(), segment.end - offset_)));
    take(segment, bytes, out);
    offset_ += bytes.size();
    slice.remove_prefix(bytes.size());
    while (at_ + 1 < conversion_.segments.size() && offset_ == conversion_.segments[at_].end)
      end_segment(out);
  }
}

void Converter::finish(std::string& out) {
  while (at_ < conversion_.segments.size()) end_segment(out);
}

void Converter::take(const Segment& segment, std::string_view bytes, std::string& out) {
  if (segment.role == Role::header) {
    header_ += bytes;
    if (header_.size() > kMaxHeader) passing_ = true;
    if (!passing_) return;
    out += header_;
    header_.clear();
  } else if (segment.change == Change::quoted_printable) {
    quoted_printable_.feed(bytes, out);
  } else if (segment.change == Change::base64) {
    base64_.feed(bytes, out);
  } else if (segment.role == Role::between && !conversion_.carried.beyond_ascii) {
    append_ascii(bytes, out);
  } else {
    out += bytes;
  }
}

void Converter::end_segment(std::string& out) {
  const Segment& segment = conversion_.segments[at_++];
  if (segment.role == Role::header) {
    if (!passing_) out += changed_header(segment);
    passing_ = false;
    header_.clear();
  } else if (segment.change == Change::quoted_printable) {
    quoted_printable_.finish(out);
  } else if (segment.change == Change::base64) {
    base64_.finish(out);
  }
}

std::string Converter::changed_header(const Segment& segment) const {
  if (segment.change == Change::none) {
    const auto label = find_field(header_, "Content-Transfer-Encoding");
    const auto mended = label ? mended_label(*label, conversion_.carried) : std::nullopt;
    return mended && !segment.sealed ? header_with_encoding(header_, *mended) : header_;
  }
  const char* encoding = segment.change == Change::base64 ? "base64" : "quoted-printable";
  std::string added;
  // RFC 2045 4: without it the other fields mean nothing.
  if (at_ == 1 && !find_field(header_, "MIME-Version")) added += "MIME-Version: 1.0\r\n";
  // RFC 1428 3: nobody has said what the letters are.
  if (segment.beyond_ascii && !find_field(header_, "Content-Type"))
    added += "Content-Type: text/plain; charset=unknown-8bit\r\n";
  return header_with_encoding(header_, encoding, added);
}

}  // namespace postroom::mime
