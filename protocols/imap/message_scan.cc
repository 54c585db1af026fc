// Takes a message apart for SEARCH.
#include "protocols/imap/message_scan.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"

namespace postroom::imap {

std::string fold_field(std::string_view utf8) {
  std::string text(utf8);
  std::replace(text.begin(), text.end(), '\t', ' ');
  return mime::fold_case(text);
}

std::string field_text(std::string_view body) { return fold_field(mime::decode_words(mime::unfold(body))); }

std::string field_label(std::string_view name) { return lower(name) + ": "; }

MessageScan::MessageScan(TextReader& reader, const mime::PartIndex& parts) : reader_(reader), parts_(parts) {
  plan(parts);
  skip_empty();
}

void MessageScan::plan(const mime::PartIndex& parts) {
  const auto& entries = parts.entries();
  if (entries.empty()) return;
  if (reader_.reads_header()) steps_.push_back({Step::Kind::header, TextPlace::header, entries[0].header, 0});
  if (!reader_.reads_body()) return;
  // Cheapest first: the names are at hand.
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!entries[i].filename.empty()) steps_.push_back({Step::Kind::name, TextPlace::body, {}, i});
  for (std::size_t i = 0; i < entries.size(); ++i) plan_part(i);
}

void MessageScan::plan_part(std::size_t part) {
  const auto& entries = parts_.entries();
  const auto& entry = entries[part];
  const bool of_message = part > 0 && entries[part - 1].kind == mime::Part::Kind::message;
  // RFC 9051 6.4.4: TEXT looks into MIME header fields too.
  if (part > 0)
    steps_.push_back(
        {Step::Kind::header, of_message ? TextPlace::body : TextPlace::mime, entry.header, part});
  // RFC 3501 6.4.4: content that is neither text nor message need not be considered.
  const bool text = entry.kind == mime::Part::Kind::leaf && istarts_with(entry.type, "text/");
  if (!text || entry.encoding == mime::Encoding::unknown) return;
  // HTML as it is seen, and as it is written: addresses of links are there alone.
  if (entry.type == "text/html") steps_.push_back({Step::Kind::html, TextPlace::body, entry.body, part});
  steps_.push_back({Step::Kind::text, TextPlace::body, entry.body, part});
}

MessageScan::Size MessageScan::size() const {
  Size size;
  for (const Step& step : steps_) {
    size.all += step.bytes.size;
    if (step.kind == Step::Kind::header) size.header = std::max(size.header, step.bytes.size);
  }
  return size;
}

std::optional<mime::Range> MessageScan::wanted() const {
  if (step_ == steps_.size() || reader_.done()) return std::nullopt;
  const mime::Range& bytes = steps_[step_].bytes;
  return mime::Range{bytes.offset + done_, bytes.size - done_};
}

// Goes on to the next step that has bytes; tells the reader of what has been passed.
void MessageScan::skip_empty() {
  for (; step_ < steps_.size() && steps_[step_].bytes.size == done_; ++step_, done_ = 0)
    if (steps_[step_].kind == Step::Kind::name) tell_name();
  const bool header_over = step_ == steps_.size() || steps_[step_].place != TextPlace::header;
  if (header_over) reader_.end_header();
  if (step_ == steps_.size()) reader_.end_body();
}

void MessageScan::tell_name() {
  reader_.end_header();
  reader_.body_text(mime::fold_case(parts_.entries()[steps_[step_].part].filename));
  reader_.end_text();
}

void MessageScan::feed(std::string_view bytes) {
  const Step& step = steps_[step_];
  if (done_ == 0) open();
  done_ += bytes.size();
  const bool last = done_ == step.bytes.size;
  if (step.kind == Step::Kind::header) {
    feed_header(bytes, last);
  } else {
    feed_text(bytes, last);
  }
  if (last) skip_empty();
}

void MessageScan::open() {
  held_.clear();
  if (steps_[step_].kind == Step::Kind::header) return;
  const auto& part = parts_.entries()[steps_[step_].part];
  transfer_.emplace(part.encoding);
  charset_ = mime::CharsetDecoder::open(part.charset);
  if (!charset_) charset_ = mime::CharsetDecoder::open({});
  html_.reset();
  if (steps_[step_].kind == Step::Kind::html) html_.emplace();
}

void MessageScan::fields(std::string_view block) {
  mime::HeaderFields walk(block);
  while (const auto field = walk.next())
    reader_.field(steps_[step_].place, field->name, field->name.empty() ? field->raw : field->body);
}

void MessageScan::feed_header(std::string_view bytes, bool last) {
  if (last && held_.empty()) return fields(bytes);
  held_.append(bytes);
  if (last) return fields(held_);
  // The last field may go on in the next piece: it is over where a line begins without white space.
  std::size_t end = held_.size() > kMaxField ? held_.size() : 0;
  for (std::size_t i = held_.size(); i-- > 1;) {
    if (held_[i - 1] != '\n' || held_[i] == ' ' || held_[i] == '\t') continue;
    end = i;
    break;
  }
  fields(std::string_view(held_).substr(0, end));
  held_.erase(0, end);
}

void MessageScan::feed_text(std::string_view bytes, bool last) {
  std::string decoded;
  transfer_->feed(bytes, decoded);
  if (last) transfer_->finish(decoded);
  std::string text;
  charset_->feed(decoded, text);
  if (last) charset_->finish(text);
  if (html_) {
    std::string seen;
    html_->feed(text, seen);
    if (last) html_->finish(seen);
    text = std::move(seen);
  }
  std::string folded;
  folder_.feed(text, folded);
  if (last) folder_.finish(folded);
  reader_.body_text(folded);
  if (last) reader_.end_text();
}

}  // namespace postroom::imap
