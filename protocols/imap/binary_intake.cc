// Base64 for parts that hold NUL: see binary_intake.h.
#include "protocols/imap/binary_intake.h"

#include "protocols/imap/content.h"
#include "protocols/mime/base64_part.h"
#include "protocols/mime/part_index.h"

namespace postroom::imap {

namespace {

/// A larger header is not rewritten.
constexpr std::uint64_t kMaxHeader = 64 * 1024;

bool holds_nul(std::string_view bytes) { return bytes.find('\0') != std::string_view::npos; }

class Encoding {
 public:
  Encoding(Session& session, Spool& from, Intake& into) : session_(session), from_(from), into_(into) {}

  /// All up to and with a part, which is in base64 then if it must be.
  Task<bool> pass(mime::Range header, mime::Range body) {
    const bool needed = co_await has_nul(body);
    if (!needed) co_return true;
    if (header.size > kMaxHeader) co_return false;
    const bool clean = co_await copy_to(header.offset);
    if (!clean) co_return false;
    co_await encode(header, body);
    co_return true;
  }

  /// What comes before `offset` and was not passed, as it is; false if it holds NUL.
  Task<bool> copy_to(std::uint64_t offset) {
    while (at_ < offset) {
      const mime::Range left{at_, offset - at_};
      const std::string piece = co_await read(left);
      if (holds_nul(piece)) co_return false;
      co_await into_.append(piece);
      at_ += piece.size();
    }
    co_return true;
  }

 private:
  /// The beginning of `range`: not nothing.
  Task<std::string> read(mime::Range range) {
    const std::uint64_t staged = from_.size() - from_.held().size();
    if (range.offset >= staged) co_return from_.held().substr(range.offset - staged, first_piece(range).size);
    range.size = std::min(range.size, staged - range.offset);
    std::string bytes =
        co_await session_.store().read(*from_.staged(), range.offset, first_piece(range).size);
    if (bytes.empty()) throw StoreFault("staged content is gone");
    co_return bytes;
  }

  Task<bool> has_nul(mime::Range range) {
    while (range.size > 0) {
      const std::string piece = co_await read(range);
      if (holds_nul(piece)) co_return true;
      range = behind(range, piece.size());
    }
    co_return false;
  }

  Task<> encode(mime::Range header, mime::Range body) {
    std::string fields;
    while (header.size > 0) {
      const std::string piece = co_await read(header);
      header = behind(header, piece.size());
      fields += piece;
    }
    const std::string changed = mime::header_for_base64(fields);
    co_await into_.append(changed);
    mime::Base64Lines lines;
    while (body.size > 0) {
      const std::string piece = co_await read(body);
      body = behind(body, piece.size());
      std::string encoded;
      lines.feed(piece, encoded);
      if (body.size == 0) lines.finish(encoded);
      co_await into_.append(encoded);
    }
    at_ = body.offset;
  }

  Session& session_;
  Spool& from_;
  Intake& into_;
  std::uint64_t at_ = 0;  // what comes before has been passed on
};

}  // namespace

Task<bool> encode_binary(Session& session, Intake& from, const MessageFacts& facts, Intake& into) {
  const auto parts = mime::PartIndex::parse(facts.parts);
  if (!parts) throw StoreFault("unreadable part index of a new message");
  Encoding encoding(session, from.spool(), into);
  for (const mime::PartIndex::Entry& part : parts->entries()) {
    const bool may = part.kind == mime::Part::Kind::leaf && part.encoding == mime::Encoding::identity;
    if (!may) continue;
    const bool passed = co_await encoding.pass(part.header, part.body);
    if (!passed) co_return false;
  }
  co_return co_await encoding.copy_to(from.size());
}

}  // namespace postroom::imap
