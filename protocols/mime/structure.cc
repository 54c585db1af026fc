// Finding the parts of a message while it comes in, line by line.
//
// A line matters in a header block, and where it may be a boundary: only then is it kept (its head, that is).
// All other lines are passed over by memchr; sizes and line counts are differences of positions.
#include "protocols/mime/structure.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocols/mime/chars.h"
#include "protocols/mime/mime_fields.h"
#include "protocols/mime/transfer.h"

namespace postroom::mime {

namespace {

// A delimiter line cannot be longer (RFC 5322 2.1.1), nor can a boundary.
constexpr std::size_t kMaxHead = 1000;
constexpr std::size_t kMaxBoundary = kMaxHead - 6;
// What is kept of a header's memory for the next one.
constexpr std::size_t kMaxIdleHeader = 64 * 1024;

enum class Match { no, prefix, exact };

/// Is `line` (without "--" and line end) a delimiter with `boundary`? RFC 2046 5.1.1: it is if it begins with
/// it. `closing`: with "--" after it.
Match match(std::string_view line, std::string_view boundary, bool& closing) {
  if (boundary.empty() || !line.starts_with(boundary)) return Match::no;
  line.remove_prefix(boundary.size());
  closing = line.starts_with("--");
  if (closing) line.remove_prefix(2);
  return line.empty() || is_blank(line.front()) ? Match::exact : Match::prefix;
}

}  // namespace

StructureParser::StructureParser() { open_part(0, false); }

int StructureParser::received_count() const {
  return open_.empty() ? 0 : open_.front().part.envelope.received_count;
}

void StructureParser::feed(std::string_view slice) {
  while (!slice.empty()) {
    if (!watching()) {
      work_ += slice.size();
      lines_ += static_cast<std::uint64_t>(std::count(slice.begin(), slice.end(), '\n'));
      offset_ += slice.size();
      return;
    }
    if (!in_header_ && offset_ == line_start_) {
      slice.remove_prefix(skip_lines(slice));
      if (slice.empty()) return;
    }
    const std::size_t lf = slice.find('\n');
    take_piece(slice.substr(0, lf));
    if (lf == std::string_view::npos) return;
    slice.remove_prefix(lf + 1);
    ++offset_;
    ++lines_;
    end_line();
  }
}

/// Passes over whole lines that cannot be delimiters; returns their size.
std::size_t StructureParser::skip_lines(std::string_view slice) {
  const char* at = slice.data();
  const char* const end = at + slice.size();
  while (end - at >= 2 && !(at[0] == '-' && at[1] == '-')) {
    const auto* lf = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (!lf) break;
    ++lines_;
    line_end_ = lf > at && lf[-1] == '\r' ? 2 : 1;
    at = lf + 1;
  }
  const auto size = static_cast<std::size_t>(at - slice.data());
  work_ += size;
  offset_ += size;
  line_start_ = offset_;
  line_start_lines_ = lines_;
  return size;
}

std::size_t StructureParser::header_room() const {
  return std::min(kMaxHeader - header_.size(), headers_left_ - std::min(headers_left_, header_.size()));
}

/// Takes a line, or what there is of it, without its LF.
void StructureParser::take_piece(std::string_view piece) {
  if (piece.empty()) return;
  work_ += piece.size();
  offset_ += piece.size();
  last_ = piece.back();
  if (boundaries_ > 0) head_ += piece.substr(0, kMaxHead - head_.size());
  if (in_header_) header_ += piece.substr(0, header_room());
}

/// The line under way is whole, its LF has been counted.
void StructureParser::end_line() {
  const unsigned line_end = last_ == '\r' ? 2 : 1;
  if (!end_at_boundary() && in_header_) {
    if (header_room() > 0) header_ += '\n';
    if (offset_ - line_start_ == line_end) end_header(offset_, lines_);
  }
  line_start_ = offset_;
  line_start_lines_ = lines_;
  line_end_ = line_end;
  head_.clear();
  last_ = 0;
}

/// If the line under way, now whole, is a delimiter: ends what it ends, and begins a part unless it closes.
/// An exact match counts before a beginning, the inner multipart before the outer, the longer boundary before
/// the shorter.
bool StructureParser::end_at_boundary() {
  if (!head_.starts_with("--")) return false;
  std::string_view line = std::string_view(head_).substr(2);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Match best = Match::no;
  std::size_t found = 0;
  bool closes = false;
  for (std::size_t i = open_.size(); i-- > 0 && best != Match::exact;) {
    ++work_;
    bool closing = false;
    const Match here = match(line, open_[i].boundary, closing);
    if (here == Match::no) continue;
    if (here == best && open_[i].boundary.size() <= open_[found].boundary.size()) continue;
    best = here;
    found = i;
    closes = closing;
  }
  if (best == Match::no) return false;
  // No room for more: the last part holds the rest, up to a close delimiter.
  if (!closes && parts_ >= kMaxParts) return false;

  close_down_to(found + 1, line_start_ - line_end_, line_start_lines_ - std::min(line_end_, 1U));
  if (closes) {
    open_[found].boundary.clear();
    --boundaries_;
  } else {
    open_part(offset_, open_[found].part.subtype == "digest");
  }
  return true;
}

void StructureParser::open_part(std::uint64_t offset, bool digest) {
  Open& open = open_.emplace_back();
  open.part.header_offset = offset;
  if (digest) {  // RFC 2046 5.1.5
    open.part.type = "message";
    open.part.subtype = "rfc822";
  }
  ++parts_;
  in_header_ = true;
}

/// The innermost part's header ends at `end`, with so many line ends before that.
void StructureParser::end_header(std::uint64_t end, std::uint64_t lines) {
  Open& open = open_.back();
  open.part.header_size = end - std::min(end, open.part.header_offset);
  open.part.body_offset = end;
  open.lines_before = lines;
  in_header_ = false;
  read_header();
  decide_kind();
  note_text();
}

void StructureParser::read_header() {
  Part& part = open_.back().part;
  work_ += 2 * header_.size();
  headers_left_ -= std::min(headers_left_, header_.size());
  read_mime_fields(header_, part, fields_left_);
  const bool root = open_.size() == 1;
  if (root) sort_keys_ = read_sort_keys(header_);
  if (root || open_[open_.size() - 2].part.kind == Part::Kind::message) {
    part.envelope = read_envelope(header_);
    if (!root) {
      if (part.envelope.wire.size() > envelopes_left_) part.envelope.wire = kEmptyEnvelope;
      envelopes_left_ -= std::min(envelopes_left_, part.envelope.wire.size());
    }
  }
  header_.clear();
  if (header_.capacity() > kMaxIdleHeader) header_.shrink_to_fit();
}

/// What the innermost part is, now that its header is known; begins the message in a message/rfc822 or
/// message/global (RFC 6532 3.7).
void StructureParser::decide_kind() {
  Part& part = open_.back().part;
  const bool multipart = part.type == "multipart";
  const bool message = part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global");
  if (!multipart && !message) return;
  std::string boundary;
  if (multipart) boundary = parameter_text(part.parameters, "boundary").value_or("");
  while (!boundary.empty() && is_blank(boundary.back())) boundary.pop_back();
  // RFC 2046 5.1.1 demands a boundary: without one it is text. RFC 2045 6.4 forbids encodings here, if RFC
  // 6532 does not, and an encoded message cannot be parsed; beyond our limits nothing is: then it is bytes.
  const bool no_boundary = multipart && (boundary.empty() || boundary.size() > kMaxBoundary);
  const bool opaque = (message && encoding_of(part.encoding) != Encoding::identity) || parts_ >= kMaxParts ||
                      open_.size() > kMaxDepth;
  if (no_boundary || opaque) {
    part.type = no_boundary ? "text" : "application";
    part.subtype = no_boundary ? "plain" : "octet-stream";
    part.parameters.clear();
  } else if (multipart) {
    part.kind = Part::Kind::multipart;
    open_.back().boundary = std::move(boundary);
    ++boundaries_;
  } else {
    part.kind = Part::Kind::message;
    open_part(part.body_offset, false);
  }
}

/// The innermost part's header is known: is it a text that a reader sees first?
void StructureParser::note_text() {
  const Part& part = open_.back().part;
  if (in_header_ || part.kind != Part::Kind::leaf || part.type != "text") return;
  if (part.disposition.value == "attachment" || (part.subtype != "plain" && part.subtype != "html")) return;
  std::optional<FirstText>& text = texts_[part.subtype == "html" ? kHtmlText : kPlainText];
  if (text) return;
  text.emplace();
  text->encoding = encoding_of(part.encoding);
  text->charset = parameter_text(part.parameters, "charset").value_or("");
  text->begin = part.body_offset;
}

/// Ends all but the outermost `depth` parts at `end`, with so many line ends before that.
void StructureParser::close_down_to(std::size_t depth, std::uint64_t end, std::uint64_t lines) {
  while (in_header_ && open_.size() > depth) end_header(end, lines);
  while (open_.size() > depth) {
    Part part = close(end, lines);
    open_.back().part.children.push_back(std::move(part));
  }
}

/// Takes the innermost part off, ended at `end`. Of a part whose blank line belongs to the delimiter that
/// follows (RFC 2046 5.1.1: the CRLF before it) nothing lies beyond that.
Part StructureParser::close(std::uint64_t end, std::uint64_t lines) {
  Open open = std::move(open_.back());
  open_.pop_back();
  if (!open.boundary.empty()) --boundaries_;
  Part& part = open.part;
  part.header_offset = std::min(part.header_offset, end);
  part.header_size = std::min(part.header_size, end - part.header_offset);
  part.body_offset = std::min(part.body_offset, end);
  part.body_size = end - part.body_offset;
  part.body_lines = lines - std::min(lines, open.lines_before);
  for (std::optional<FirstText>& text : texts_)
    if (text && text->begin == part.body_offset) text->end = std::min(text->end, end);
  if (part.kind == Part::Kind::multipart && part.children.empty()) {
    // IMAP has no multipart without parts (RFC 3501 9 body-type-mpart).
    Part& none = part.children.emplace_back();
    none.header_offset = none.body_offset = end;
  }
  return std::move(part);
}

Part StructureParser::finish() {
  end_at_boundary();
  close_down_to(1, offset_, lines_);
  if (in_header_) {
    end_header(offset_, lines_);
    close_down_to(1, offset_, lines_);
  }
  return close(offset_, lines_);
}

}  // namespace postroom::mime
