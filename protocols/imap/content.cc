// Sends a message's bytes.
#include "protocols/imap/content.h"

#include <algorithm>

namespace postroom::imap {

namespace {

[[noreturn]] void vanished() {
  throw ConnectionEnded(ConnectionEnded::Reason::failed, "message expunged while it was sent");
}

constexpr mime::Range kEverything{0, std::uint64_t{1} << 63};

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
    if (range && !request.section.subset() && !request.item->decodes) range = clip(*range, request.partial);
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

void Content::announce(std::uint64_t size, bool has_nul) {
  if (size == 0) {
    wire().string("");
    return;
  }
  if (has_nul) wire().raw("~");  // literal8
  wire().literal_header(size);
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

/// The part whose content is not what is stored; null: `section` names none.
const mime::PartIndex::Entry* Content::decodes(const Section& section) {
  if (section.part.empty() || !find(section)) return nullptr;
  const mime::PartIndex::Entry* part = parts_->part(section.part);
  return part->kind == mime::Part::Kind::leaf ? part : nullptr;
}

bool Content::can_decode(const Section& section) {
  const mime::PartIndex::Entry* part = decodes(section);
  const bool known = !part || part->encoding != mime::Encoding::unknown;
  unknown_encoding_ |= !known;
  return known;
}

/// Where to begin for what lies at `offset`: where the last partial fetch ended, if that was of this part and
/// not beyond. So a client that takes a large part piece by piece does not have it decoded from its beginning
/// each time.
DecodePlace Content::place_for(const mime::PartIndex::Entry& part, std::uint64_t offset) const {
  const DecodePlace* last = session_.decode_place.get();
  if (last && last->content == row_.content && last->part_begin == part.body.offset &&
      last->decoded <= offset)
    return *last;
  return DecodePlace(row_.content, part);
}

/// Decodes a piece into `out` and goes on; false: the message is gone.
Task<bool> Content::decode_next(DecodePlace& place, std::string& out) {
  out.clear();
  const std::string_view piece = co_await load(place.left);
  if (piece.empty()) co_return false;
  place.left = behind(place.left, piece.size());
  auto decode = [&] {
    place.decoder.feed(piece, out);
    if (place.left.size == 0) place.decoder.finish(out);
  };
  if (piece.size() <= kDecodedOnLoop) {
    decode();
  } else {
    co_await perform(session_.runtime(), Lane::compute, decode);
  }
  place.decoded += out.size();
  co_return true;
}

/// Decodes up to the end of `wanted`; `place` is then not beyond that. False: the message is gone.
Task<bool> Content::measure(DecodePlace& place, mime::Range wanted, Decoded& found) {
  std::string out;
  DecodePlace next = place;
  while (next.left.size > 0 && next.decoded < wanted.offset + wanted.size) {
    place = next;
    const bool there = co_await decode_next(next, out);
    if (!there) co_return false;
    const std::string_view part = overlap(out, place.decoded, wanted);
    if (part.empty()) continue;
    if (!found.begin) found.begin = place;
    found.size += part.size();
    found.has_nul = found.has_nul || part.find('\0') != std::string_view::npos;
    if (found.size > kKept) found.text.reset();
    if (found.text) found.text->append(part);
  }
  co_return true;
}

Task<> Content::send_decoded(const Section& section, const std::optional<Partial>& partial) {
  const mime::PartIndex::Entry* part = decodes(section);
  if (!part) {
    co_await send(section, partial);
    co_return;
  }
  const mime::Range wanted = partial ? mime::Range{partial->origin, partial->length} : kEverything;
  DecodePlace place = place_for(*part, wanted.offset);
  Decoded found;
  const bool there = co_await measure(place, wanted, found);
  if (!there) co_return send_nil();
  announce(found.size, found.has_nul);
  if (partial) session_.decode_place = std::make_shared<DecodePlace>(place);
  if (found.text) co_return co_await write(*found.text);
  std::string out;
  while (found.begin->decoded < wanted.offset + found.size) {
    const std::uint64_t at = found.begin->decoded;
    const bool still_there = co_await decode_next(*found.begin, out);
    if (!still_there) vanished();
    const std::string_view piece = overlap(out, at, wanted);
    co_await write(piece);
    co_await session_.give_way();
  }
}

Task<std::uint64_t> Content::decoded_size(const Section& section) {
  const mime::PartIndex::Entry* part = decodes(section);
  if (!part) {
    const std::optional<mime::Range> whole = find(section);
    co_return whole ? whole->size : 0;
  }
  DecodePlace place(row_.content, *part);
  Decoded found;
  const bool there = co_await measure(place, kEverything, found);
  gone_ |= !there;
  co_return there ? found.size : 0;
}

namespace {

/// "BODY[1.MIME]<0> "
void print_name(std::string_view name, const FetchRequest& request, Wire& wire) {
  print(request.section, wire.raw(name));
  if (request.partial) wire.raw("<").number(request.partial->origin).raw(">");
  wire.raw(" ");
}

}  // namespace

Task<> send_body_section(const FetchRequest& request, Content& content) {
  print_name("BODY[", request, content.wire());
  co_await content.send(request.section, request.partial);
}

Task<> send_binary(const FetchRequest& request, Content& content) {
  print_name("BINARY[", request, content.wire());
  co_await content.send_decoded(request.section, request.partial);
}

bool can_decode(const FetchRequest& request, Content& content) { return content.can_decode(request.section); }

}  // namespace postroom::imap
