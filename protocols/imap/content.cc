// Sends a message's bytes.
#include "protocols/imap/content.h"

#include <algorithm>

namespace postroom::imap {

namespace {

[[noreturn]] void vanished() {
  throw ConnectionEnded(ConnectionEnded::Reason::failed, "message expunged while it was sent");
}

// What of `text`, which begins at `at` of a longer one, lies within `wanted` of that.
std::string_view overlap(std::string_view text, std::uint64_t at, mime::Range wanted) {
  const std::uint64_t begin = std::max(at, wanted.offset);
  const std::uint64_t end = std::min(at + text.size(), wanted.offset + wanted.size);
  return begin < end ? text.substr(begin - at, end - begin) : std::string_view();
}

}  // namespace

std::optional<mime::Range> Content::find(const Section& section) {
  if (section.whole_message()) return mime::Range{0, row_.size};
  if (!parts_) parts_ = mime::PartIndex::parse(row_.parts);
  if (!parts_) throw StoreFault("unreadable part index of content " + std::to_string(std::int64_t(row_.content)));
  return section.find(*parts_);
}

Task<> Content::send(const Section& section, const std::optional<Partial>& partial) {
  const std::optional<mime::Range> range = find(section);
  if (!range) {
    wire().raw("NIL");
  } else if (!section.subset()) {
    const mime::Range clipped = clip(*range, partial);
    co_await send_range(clipped);
  } else if (range->size <= kPiece) {
    co_await send_fields(section, *range, partial);
  } else {
    co_await send_large_fields(section, *range, partial);
  }
}

// The beginning of `range`, kPiece at most, good until the next load(); empty if it is gone.
Task<std::string_view> Content::load(mime::Range range) {
  const std::uint64_t wanted = std::min(range.size, kPiece);
  if (range.offset < loaded_at_ || range.offset + wanted > loaded_at_ + loaded_.size()) {
    const bool all = whole_ && row_.size <= kSmall;
    loaded_at_ = all ? 0 : range.offset;
    const std::uint64_t length = all ? row_.size : wanted;
    loaded_ = co_await session_.store().read(row_.content, loaded_at_, length);
  }
  const std::size_t skipped = std::min<std::size_t>(range.offset - loaded_at_, loaded_.size());
  co_return std::string_view(loaded_).substr(skipped, wanted);
}

void Content::announce(std::uint64_t size) {
  if (size == 0) {
    wire().string("");
  } else {
    wire().literal_header(size);
  }
}

Task<> Content::write(std::string_view bytes) {
  if (bytes.size() <= kCopied) {
    wire().raw(bytes);
    co_return;
  }
  co_await session_.flush();
  const TimePoint deadline = session_.runtime().now() + session_.options.write_timeout;
  co_await session_.stream->write(bytes, deadline);
}

Task<> Content::send_range(mime::Range range) {
  bool announced = range.size == 0;
  if (announced) announce(0);
  while (range.size > 0) {
    const std::string_view piece = co_await load(range);
    if (piece.empty() && announced) vanished();
    if (piece.empty()) {
      gone_ = true;
      wire().raw("NIL");
      co_return;
    }
    if (!announced) announce(range.size);
    announced = true;
    co_await write(piece);
    range.offset += piece.size();
    range.size -= piece.size();
  }
}

Task<> Content::send_fields(const Section& section, mime::Range header, const std::optional<Partial>& partial) {
  const std::string_view block = co_await load(header);
  if (block.size() < header.size) {
    gone_ = true;
    wire().raw("NIL");
    co_return;
  }
  std::string text;
  FieldFilter filter(section);
  filter.feed(block, text);
  filter.finish(text);
  const mime::Range sent = clip({0, text.size()}, partial);
  announce(sent.size);
  co_await write(std::string_view(text).substr(sent.offset, sent.size));
}

// Twice through the filter: for the literal's length, and to send it.
Task<> Content::send_large_fields(const Section& section, mime::Range header, const std::optional<Partial>& partial) {
  mime::Range sent;
  for (const bool counting : {true, false}) {
    FieldFilter filter(section);
    std::uint64_t passed = 0;
    for (mime::Range left = header; left.size > 0;) {
      const std::string_view piece = co_await load(left);
      if (piece.empty()) vanished();
      left.offset += piece.size();
      left.size -= piece.size();
      std::string text;
      filter.feed(piece, text);
      if (left.size == 0) filter.finish(text);
      const std::string_view part = counting ? std::string_view() : overlap(text, passed, sent);
      co_await write(part);
      passed += text.size();
    }
    if (!counting) break;
    sent = clip({0, passed}, partial);
    announce(sent.size);
  }
}

Task<> send_body_section(const FetchRequest& request, Content& content) {
  content.wire().raw("BODY[");
  print(request.section, content.wire());
  if (request.partial) content.wire().raw("<").number(request.partial->origin).raw(">");
  content.wire().raw(" ");
  co_await content.send(request.section, request.partial);
}

}  // namespace postroom::imap
