// Takes a message apart for SEARCH.
#include "protocols/imap/message_scan.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/header.h"

namespace postroom::imap {

MessageScan::MessageScan(Query& query, const mime::PartIndex& parts) : query_(query), parts_(parts) {
  plan(parts);
  skip_empty();
}

void MessageScan::plan(const mime::PartIndex& parts) {
  const auto& entries = parts.entries();
  if (entries.empty()) return;
  if (query_.reads_header()) steps_.push_back({TextPlace::header, true, entries[0].header, 0});
  if (query_.cost() < Cost::body) return;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    // RFC 3501 6.4.4: content that is neither text nor message need not be considered.
    const bool text = entry.kind == mime::Part::Kind::leaf && istarts_with(entry.type, "text/");
    if (text && entry.encoding != mime::Encoding::unknown)
      steps_.push_back({TextPlace::body, false, entry.body, i});
    const bool message = entry.kind == mime::Part::Kind::message && i + 1 < entries.size();
    if (message) steps_.push_back({TextPlace::body, true, entries[i + 1].header, i + 1});
  }
}

std::optional<mime::Range> MessageScan::wanted() const {
  if (step_ == steps_.size() || query_.verdict() != Truth::unknown) return std::nullopt;
  const mime::Range& bytes = steps_[step_].bytes;
  return mime::Range{bytes.offset + done_, bytes.size - done_};
}

// Goes on to the next step that has bytes; tells the query of what has been passed.
void MessageScan::skip_empty() {
  while (step_ < steps_.size() && steps_[step_].bytes.size == done_) {
    ++step_;
    done_ = 0;
  }
  const bool header_over = step_ == steps_.size() || steps_[step_].place == TextPlace::body;
  if (header_over) query_.end_header();
  if (step_ == steps_.size()) query_.end_body();
}

void MessageScan::feed(std::string_view bytes) {
  const Step& step = steps_[step_];
  if (done_ == 0) open();
  done_ += bytes.size();
  const bool last = done_ == step.bytes.size;
  if (step.header) {
    feed_header(bytes, last);
  } else {
    feed_text(bytes, last);
  }
  if (last) skip_empty();
}

void MessageScan::open() {
  held_.clear();
  if (steps_[step_].header) return;
  const auto& part = parts_.entries()[steps_[step_].part];
  transfer_.emplace(part.encoding);
  charset_ = mime::CharsetDecoder::open(part.charset);
  if (!charset_) charset_ = mime::CharsetDecoder::open({});
}

void MessageScan::fields(std::string_view block) {
  mime::HeaderFields walk(block);
  while (const auto field = walk.next())
    query_.field(steps_[step_].place, field->name, field->name.empty() ? field->raw : field->body);
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
  charset_->feed(decoded, held_);
  if (last) charset_->finish(held_);
  // Marks that follow a letter are compared together with it, so a text is cut only where an ASCII character
  // begins.
  std::size_t end = held_.size();
  const std::size_t most = std::min(held_.size(), kMaxMarks);
  for (std::size_t back = 1; !last && back <= most; ++back) {
    if (static_cast<unsigned char>(held_[held_.size() - back]) >= 0x80) continue;
    end = held_.size() - back;
    break;
  }
  query_.body_text(std::string_view(held_).substr(0, end));
  held_.erase(0, end);
  if (last) query_.end_text();
}

}  // namespace postroom::imap
