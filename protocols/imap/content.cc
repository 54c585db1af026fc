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

// What is left of `range` after its first `count` bytes.
mime::Range behind(mime::Range range, std::uint64_t count) {
  return {range.offset + count, range.size - count};
}

}  // namespace

std::optional<mime::Range> Content::find(const Section& section) {
  if (section.whole_message()) return mime::Range{0, row_.size};
  if (!parts_) parts_ = mime::PartIndex::parse(row_.parts);
  if (!parts_)
    throw StoreCorrupt("unreadable part index of content " + std::to_string(std::int64_t(row_.content)));
  return section.find(*parts_);
}

mime::Range Content::range_of(const std::vector<FetchRequest>& requests) {
  std::uint64_t begin = row_.size;
  std::uint64_t end = 0;
  for (const FetchRequest& request : requests) {
    if (!request.item->send) continue;
    std::optional<mime::Range> range = find(request.section);
    if (range && !request.section.subset()) range = clip(*range, request.partial);
    if (!range || range->size == 0) continue;
    begin = std::min(begin, range->offset);
    end = std::max(end, range->offset + range->size);
  }
  return begin < end ? mime::Range{begin, end - begin} : mime::Range();
}

void Content::give(std::uint64_t offset, std::string bytes) {
  loaded_at_ = offset;
  loaded_ = std::move(bytes);
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

// The beginning of `range`, good until the next load(); empty if it is gone.
Task<std::string_view> Content::load(mime::Range range) {
  const std::uint64_t loaded_end = loaded_at_ + loaded_.size();
  if (range.offset < loaded_at_ || range.offset >= loaded_end) {
    loaded_at_ = range.offset;
    loaded_ = co_await session_.store().read(row_.content, range.offset, first_piece(range).size);
  }
  co_return std::string_view(loaded_).substr(range.offset - loaded_at_, range.size);
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

void Content::send_nil() {
  gone_ = true;
  wire().raw("NIL");
}

Task<> Content::send_range(mime::Range range) {
  bool announced = range.size == 0;
  if (announced) announce(0);
  while (range.size > 0) {
    const std::string_view piece = co_await load(range);
    if (piece.empty() && announced) vanished();
    if (piece.empty()) co_return send_nil();
    if (!announced) announce(range.size);
    announced = true;
    co_await write(piece);
    range = behind(range, piece.size());
  }
}

Task<> Content::send_fields(const Section& section, mime::Range header,
                            const std::optional<Partial>& partial) {
  FieldFilter filter(section);
  std::string text;
  while (header.size > 0) {
    const std::string_view piece = co_await load(header);
    if (piece.empty()) co_return send_nil();
    filter.feed(piece, text);
    header = behind(header, piece.size());
  }
  filter.finish(text);
  const mime::Range sent = clip({0, text.size()}, partial);
  announce(sent.size);
  co_await write(std::string_view(text).substr(sent.offset, sent.size));
}

// Twice through the filter: for the literal's length, and to send it.
Task<> Content::send_large_fields(const Section& section, mime::Range header,
                                  const std::optional<Partial>& partial) {
  mime::Range sent;
  for (const bool counting : {true, false}) {
    FieldFilter filter(section);
    std::uint64_t passed = 0;
    for (mime::Range left = header; left.size > 0;) {
      const std::string_view piece = co_await load(left);
      if (piece.empty()) vanished();
      left = behind(left, piece.size());
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
