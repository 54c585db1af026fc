// Trigrams of a message's texts.
#include "protocols/imap/text_terms.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/crypto.h"
#include "protocols/imap/message_scan.h"

namespace postroom::imap {

namespace {

// Where a trigram stands; a term's first character.
constexpr char kLine = 'h';  // a header field as TEXT finds it, its name included; a part's MIME header too
constexpr char kBody = 'b';  // whatever BODY finds
struct Field {
  std::string_view name;
  char place;
};
// Header fields that are looked for most, by their text alone.
constexpr std::array<Field, 5> kFields = {
    {{"from", 'f'}, {"to", 't'}, {"cc", 'c'}, {"bcc", 'y'}, {"subject", 's'}}};

// Of a long string so many trigrams tell enough.
constexpr std::size_t kMaxPerNeedle = 12;

char place_of(std::string_view field) {
  for (const Field& one : kFields)
    if (one.name == field) return one.place;
  return kLine;
}

using Code = std::uint32_t;
Code code_of(char place, Code trigram) {
  return static_cast<Code>(static_cast<unsigned char>(place)) << 24 | trigram;
}

void append_term(Code code, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  out += static_cast<char>(code >> 24);
  for (int shift = 20; shift >= 0; shift -= 5) out += kDigits[code >> shift & 31 & (0xffffff >> shift)];
}

/// Trigrams in a row.
class Window {
 public:
  /// True: `trigram` is one that ends with `c`.
  bool push(char c, Code& trigram) {
    last_ = (last_ << 8 | static_cast<unsigned char>(c)) & 0xffffff;
    trigram = last_;
    return ++length_ >= 3;
  }
  void cut() { length_ = 0; }

 private:
  Code last_ = 0;
  std::size_t length_ = 0;
};

/// A set of codes, which are never 0.
class CodeSet {
 public:
  void add(Code code) {
    if (full()) return;
    if (2 * (size_ + 1) > slots_.size()) grow();
    Code& slot = slot_of(code);
    if (slot == 0) ++size_;
    slot = code;
  }
  bool full() const { return size_ > TextTerms::kMaxTerms; }
  std::size_t size() const { return size_; }
  const std::vector<Code>& slots() const { return slots_; }

 private:
  /// By chance, lest somebody writes a message whose codes all want the same slots.
  static std::uint64_t spread() {
    static const std::uint64_t odd = [] {
      std::uint64_t bits = 0;
      random_bytes(std::as_writable_bytes(std::span(&bits, 1)));
      return bits >> 16 | 1;
    }();
    return odd;
  }
  Code& slot_of(Code code) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (code * spread() >> 16) & mask;
    while (slots_[at] != 0 && slots_[at] != code) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    const std::vector<Code> old =
        std::exchange(slots_, std::vector<Code>(std::max<std::size_t>(1024, 2 * slots_.size())));
    for (const Code code : old)
      if (code != 0) slot_of(code) = code;
  }

  std::vector<Code> slots_;
  std::size_t size_ = 0;
};

class MessageTerms final : public TermFinder, private TextReader {
 public:
  explicit MessageTerms(mime::PartIndex parts) : parts_(std::move(parts)), scan_(*this, parts_) {
    const MessageScan::Size size = scan_.size();
    too_much_ = size.all > TextTerms::kMaxBytes || size.header > MessageScan::kMaxField;
  }

  std::optional<Bytes> wanted() const override {
    const auto range = scan_.wanted();
    if (!range) return std::nullopt;
    return Bytes{range->offset, range->size};
  }
  void feed(std::string_view bytes) override { scan_.feed(bytes); }

  std::optional<std::string> terms() override {
    if (done()) return std::nullopt;
    std::string out;
    out.reserve(codes_.size() * 7);
    for (const Code code : codes_.slots()) {
      if (code == 0) continue;
      append_term(code, out);
      out += ' ';
    }
    return out;
  }

 private:
  bool reads_header() const override { return true; }
  bool reads_body() const override { return true; }
  bool done() const override { return too_much_ || codes_.full(); }

  void field(TextPlace place, std::string_view name, std::string_view body) override {
    const std::string text = field_text(body);
    const std::string label = name.empty() ? std::string() : field_label(name);
    add(place == TextPlace::body ? kBody : kLine, label + text);
    const char own = place_of(std::string_view(label).substr(0, name.size()));
    if (place == TextPlace::header && own != kLine) add(own, text);
  }
  void end_header() override {}
  void body_text(std::string_view folded) override { add_to(window_, kBody, folded); }
  void end_text() override { window_.cut(); }
  void end_body() override {}

  void add(char place, std::string_view text) {
    Window window;
    add_to(window, place, text);
  }
  void add_to(Window& window, char place, std::string_view text) {
    Code trigram = 0;
    for (const char c : text)
      if (window.push(c, trigram)) codes_.add(code_of(place, trigram));
  }

  const mime::PartIndex parts_;
  CodeSet codes_;
  Window window_;  // of the text in the body
  bool too_much_ = false;
  MessageScan scan_;
};

/// Trigrams of `text`, evenly chosen.
void add_terms(char place, std::string_view text, std::vector<std::string>& terms) {
  if (text.size() < 3) return;
  const std::size_t last = text.size() - 3;
  const std::size_t count = std::min(last + 1, kMaxPerNeedle);
  for (std::size_t i = 0; i < count; ++i) {
    Window window;
    Code trigram = 0;
    for (const char c : text.substr(count > 1 ? i * last / (count - 1) : 0, 3)) window.push(c, trigram);
    append_term(code_of(place, trigram), terms.emplace_back());
  }
}

TermQuery with_all(std::vector<std::string> terms) {
  TermQuery query;
  if (terms.empty()) return query;
  query.kind = TermQuery::Kind::terms;
  query.terms = std::move(terms);
  return query;
}

}  // namespace

std::string TextTerms::version() const { return "1 icu " + mime::icu_version(); }

std::unique_ptr<TermFinder> TextTerms::begin(std::string_view parts) const {
  std::optional<mime::PartIndex> index = mime::PartIndex::parse(parts);
  if (!index) return nullptr;
  return std::make_unique<MessageTerms>(std::move(*index));
}

TermQuery terms_of(const SearchNode& node, std::string_view folded) {
  std::vector<std::string> in_header, in_body;
  if (node.key->cost == Cost::header) {
    const char place = place_of(node.field);
    if (place == kLine) add_terms(kLine, field_label(node.field), in_header);
    add_terms(place, folded, in_header);
    return with_all(std::move(in_header));
  }
  add_terms(kLine, folded, in_header);
  add_terms(kBody, folded, in_body);
  const bool headers_too = node.key->looks_at(node, TextPlace::mime, {});
  if (!headers_too || in_body.empty()) return with_all(std::move(in_body));
  TermQuery either;
  either.kind = TermQuery::Kind::any_of;
  either.parts.push_back(with_all(std::move(in_header)));
  either.parts.push_back(with_all(std::move(in_body)));
  return either;
}

}  // namespace postroom::imap
