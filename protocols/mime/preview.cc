// The beginning of what a message says.
#include "protocols/mime/preview.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/plain_text.h"
#include "protocols/mime/transfer.h"

namespace postroom::mime {

namespace {

// Of each kind of text: 200 characters may be three bytes each, encoded as nine, after some blank lines; HTML
// begins with styles.
constexpr std::array<std::size_t, 2> kKept = {8 * 1024, 64 * 1024};
static_assert(kPlainText == 0 && kHtmlText == 1);

// Decoded at once: little more than what is shown, nearly always.
constexpr std::size_t kStep = 256;

/// A text's charset, undone piece by piece. A converter is made only when one is needed.
class Decoder {
 public:
  explicit Decoder(std::string_view charset) : charset_(charset) {
    const bool lenient = charset.empty() || iequals(charset, "utf-8") || iequals(charset, "us-ascii");
    if (lenient) charset_ = {};
    plain_ = lenient;
  }

  std::string decode(std::string_view bytes) {
    plain_ = plain_ && is_ascii(bytes);
    if (plain_) return std::string(bytes);
    if (!decoder_) decoder_ = CharsetDecoder::open(charset_);
    if (!decoder_) decoder_ = CharsetDecoder::open({});
    std::string utf8;
    decoder_->feed(bytes, utf8);
    return utf8;
  }

 private:
  std::string_view charset_;
  bool plain_;  // nothing but ASCII so far
  std::optional<CharsetDecoder> decoder_;
};

std::string read(const FirstText& text, std::string_view bytes, PlainText::Kind kind) {
  PlainText plain(kind, kPreviewCharacters);
  if (text.encoding == Encoding::unknown) return {};
  TransferDecoder transfer(text.encoding);
  Decoder charset(text.charset);
  while (!bytes.empty() && !plain.full()) {
    std::string decoded;
    transfer.feed(bytes.substr(0, kStep), decoded);
    bytes.remove_prefix(std::min(bytes.size(), kStep));
    if (bytes.empty()) transfer.finish(decoded);
    plain.feed(charset.decode(decoded));
  }
  return plain.text();
}

}  // namespace

void PreviewBuilder::take(std::string_view slice, std::uint64_t offset, const FirstTexts& texts) {
  for (std::size_t kind = 0; kind < texts.size(); ++kind) {
    if (!texts[kind]) continue;
    std::string& kept = beginnings_[kind];
    const std::uint64_t next = texts[kind]->begin + kept.size();
    const std::uint64_t end = offset + slice.size();
    if (kept.size() >= kKept[kind] || next < offset || next >= end) continue;
    kept += slice.substr(static_cast<std::size_t>(next - offset), kKept[kind] - kept.size());
  }
}

std::string PreviewBuilder::finish(const FirstTexts& texts) {
  std::string preview;
  for (std::size_t kind = 0; kind < texts.size() && preview.empty(); ++kind) {
    if (!texts[kind]) continue;
    const FirstText& text = *texts[kind];
    const std::string_view bytes = std::string_view(beginnings_[kind]).substr(0, text.end - text.begin);
    preview = read(text, bytes, kind == kHtmlText ? PlainText::Kind::html : PlainText::Kind::plain);
  }
  beginnings_ = {};
  return preview;
}

}  // namespace postroom::mime
