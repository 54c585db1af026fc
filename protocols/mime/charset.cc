// Charsets, by ICU's converters and normalisers.
#include "protocols/mime/charset.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/utf8.h>
#include <unicode/uversion.h>

#include "protocols/mime/chars.h"

namespace postroom::mime {

namespace {

struct Alias {
  std::string_view name;
  std::string_view is;
};
// Names that senders use for a superset of what they mean (as browsers take them too), and names ICU does not
// have.
constexpr std::array<Alias, 16> kAliases = {{{"iso-8859-1", "windows-1252"},
                                             {"iso_8859-1", "windows-1252"},
                                             {"iso8859-1", "windows-1252"},
                                             {"latin1", "windows-1252"},
                                             {"iso-8859-9", "windows-1254"},
                                             {"iso-8859-11", "windows-874"},
                                             {"tis-620", "windows-874"},
                                             {"gb2312", "gb18030"},
                                             {"gbk", "gb18030"},
                                             {"x-gbk", "gb18030"},
                                             {"ks_c_5601-1987", "windows-949"},
                                             {"euc-kr", "windows-949"},
                                             {"shift_jis", "windows-31j"},
                                             {"iso-8859-8-i", "iso-8859-8"},
                                             {"unicode-1-1-utf-7", "utf-7"},
                                             {"unicode-1-1-utf-8", "utf-8"}}};
// ICU's limit is 60; a name with anything else in it would be read as options, or as a file.
constexpr std::size_t kMaxName = 50;

bool is_plain_name(std::string_view name) {
  return name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
           return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
                  std::string_view("-_.:+()").find(c) != std::string_view::npos;
         });
}

/// What is taken as it comes: see to_utf8().
bool is_lenient(std::string_view name) {
  return name.empty() || name == "us-ascii" || name == "ascii" || name == "ansi_x3.4-1968" ||
         name == "unknown-8bit";
}

/// U+FFFD for whatever is malformed. ICU's own callback writes U+001A for some charsets.
void replace_malformed(const void*, UConverterToUnicodeArgs* args, const char*, std::int32_t,
                       UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  static constexpr UChar replacement = 0xfffd;
  *error = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open_converter(const std::string& name) {
  UErrorCode error = U_ZERO_ERROR;
  Converter converter(ucnv_open(name.c_str(), &error));
  if (U_FAILURE(error)) return nullptr;
  return converter;
}

// windows-1252 0x80 to 0x9f; what it leaves open are the control characters.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

void append_windows_1252(std::string& out, unsigned char byte) {
  append_utf8(out, byte >= 0x80 && byte < 0xa0 ? kWindows1252[byte - 0x80] : byte);
}

/// UTF-8 where it is UTF-8, else windows-1252, byte by byte.
class LenientDecoder {
 public:
  void feed(std::string_view bytes, bool last, std::string& out) {
    if (held_.empty()) {
      held_ = bytes.substr(run(bytes, last, out));
      return;
    }
    const std::string joined = held_.append(bytes);
    held_ = joined.substr(run(joined, last, out));
  }

 private:
  /// Returns how many bytes it has decoded: all but an unfinished character.
  static std::size_t run(std::string_view bytes, bool last, std::string& out) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      const auto rest = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      const auto plain_end =
          std::find_if(rest, bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
      out.append(rest, plain_end);
      at = static_cast<std::size_t>(plain_end - bytes.begin());
      if (at == bytes.size()) break;
      const std::size_t length = utf8_sequence(bytes.substr(at));
      const bool whole = length > 0 && length <= bytes.size() - at;
      if (length > 0 && !whole && !last) break;
      if (whole)
        out += bytes.substr(at, length);
      else
        append_windows_1252(out, static_cast<unsigned char>(bytes[at]));
      at += whole ? length : 1;
    }
    return at;
  }

  std::string held_;
};

}  // namespace

struct CharsetDecoder::State {
  Converter from;  // null: lenient
  Converter to;
  LenientDecoder lenient;
  std::array<UChar, 1024> pivot{};
  UChar* pivot_source = nullptr;
  UChar* pivot_target = nullptr;

  void run(std::string_view bytes, bool last, std::string& out) {
    if (!from) {
      lenient.feed(bytes, last, out);
      return;
    }
    std::array<char, 4096> buffer;
    const char* source = bytes.data();
    for (;;) {
      char* target = buffer.data();
      UErrorCode error = U_ZERO_ERROR;
      ucnv_convertEx(to.get(), from.get(), &target, buffer.data() + buffer.size(), &source,
                     bytes.data() + bytes.size(), pivot.data(), &pivot_source, &pivot_target,
                     pivot.data() + pivot.size(), false, last, &error);
      out.append(buffer.data(), target);
      if (error == U_TRUNCATED_CHAR_FOUND) out += "\xEF\xBF\xBD";  // the callback is not asked at the end
      if (error != U_BUFFER_OVERFLOW_ERROR) return;
    }
  }
};

CharsetDecoder::CharsetDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;
CharsetDecoder& CharsetDecoder::operator=(CharsetDecoder&&) noexcept = default;
CharsetDecoder::~CharsetDecoder() = default;

std::optional<CharsetDecoder> CharsetDecoder::open(std::string_view charset) {
  std::string name = lower(trim(charset));
  auto state = std::make_unique<State>();
  if (is_lenient(name)) return CharsetDecoder(std::move(state));
  if (!is_plain_name(name)) return std::nullopt;
  const auto* alias =
      std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& a) { return a.name == name; });
  if (alias != kAliases.end()) name = alias->is;
  state->from = open_converter(name);
  state->to = open_converter("UTF-8");
  if (!state->from || !state->to) return std::nullopt;
  UErrorCode error = U_ZERO_ERROR;
  ucnv_setToUCallBack(state->from.get(), &replace_malformed, nullptr, nullptr, nullptr, &error);
  state->pivot_source = state->pivot_target = state->pivot.data();
  return CharsetDecoder(std::move(state));
}

void CharsetDecoder::feed(std::string_view bytes, std::string& out) { state_->run(bytes, false, out); }
void CharsetDecoder::finish(std::string& out) { state_->run("", true, out); }

bool known_charset(std::string_view charset) { return CharsetDecoder::open(charset).has_value(); }

std::optional<std::string> to_utf8(std::string_view charset, std::string_view bytes) {
  // Nearly all mail, without a converter.
  if ((charset.empty() || iequals(charset, "utf-8")) && is_utf8(bytes)) return std::string(bytes);
  auto decoder = CharsetDecoder::open(charset);
  if (!decoder) return std::nullopt;
  std::string out;
  out.reserve(bytes.size());
  decoder->feed(bytes, out);
  decoder->finish(out);
  return out;
}

namespace {

// Normalising sorts combining marks, in quadratic time for a run of them: no run is longer than this.
constexpr std::size_t kMaxBlock = 1024;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// What ICU's macro becomes is not ours to be warned of.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
UChar32 next_character(std::string_view text, std::int32_t& at) {
  UChar32 character = 0;
  // NOLINTNEXTLINE(bugprone-inc-dec-in-conditions)
  U8_NEXT_OR_FFFD(text.data(), at, static_cast<std::int32_t>(text.size()), character);
  return character;
}
#pragma GCC diagnostic pop

/// Is the character at `at` folded the same whatever stands before it?
bool folds_apart(std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) return true;
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  auto next = static_cast<std::int32_t>(at);
  return U_SUCCESS(error) && fold->hasBoundaryBefore(next_character(text, next));
}

/// Where to end a block: before the last character that folds apart, so that the whole is folded as if it
/// were one block. Only a run of marks that is longer than a block is cut, every kMaxBlock bytes from its
/// letter on.
std::size_t block_size(std::string_view text) {
  if (text.size() <= kMaxBlock) return text.size();
  const std::size_t most = clipped(text, kMaxBlock).size();
  for (std::size_t at = most; at > 0; --at)
    if (!is_continuation(text[at]) && folds_apart(text, at)) return at;
  return most;
}

icu::StringPiece piece(std::string_view text) {
  return icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()));
}

void throw_failure(UErrorCode error) {
  if (U_FAILURE(error)) throw std::runtime_error(std::string("ICU: ") + u_errorName(error));
}

void fold_block(std::string_view block, std::string& out) {
  if (is_ascii(block)) {
    out += lower(block);
    return;
  }
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFDInstance(error);
  std::string folded;
  icu::StringByteSink<std::string> folded_sink(&folded);
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(error)) fold->normalizeUTF8(0, piece(block), folded_sink, nullptr, error);
  // The one letter that RFC 5051 takes for another one and case folding does not.
  constexpr std::string_view kDotlessI = "\xC4\xB1";
  for (auto at = folded.find(kDotlessI); at != std::string::npos; at = folded.find(kDotlessI, at))
    folded.replace(at, kDotlessI.size(), "i");
  if (U_SUCCESS(error)) decompose->normalizeUTF8(0, piece(folded), sink, nullptr, error);
  throw_failure(error);
}

void casemap_block(std::string_view block, std::string& out) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFKDInstance(error);
  std::string titled;
  const auto size = static_cast<std::int32_t>(block.size());
  for (std::int32_t at = 0; at < size;) {
    append_utf8(titled, static_cast<char32_t>(u_totitle(next_character(block, at))));
  }
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(error)) decompose->normalizeUTF8(0, piece(titled), sink, nullptr, error);
  throw_failure(error);
}

/// `utf8` mapped block by block.
std::string mapped(std::string_view utf8, std::string (*ascii)(std::string_view),
                   void (*other)(std::string_view, std::string&)) {
  if (is_ascii(utf8)) return ascii(utf8);
  std::string sound;
  if (!is_utf8(utf8)) {
    sound = to_utf8("utf-8", utf8).value();
    utf8 = sound;
  }
  std::string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const std::string_view block = utf8.substr(0, block_size(utf8));
    if (is_ascii(block))
      out += ascii(block);
    else
      other(block, out);
    utf8.remove_prefix(block.size());
  }
  return out;
}

}  // namespace

std::string fold_case(std::string_view utf8) { return mapped(utf8, &lower, &fold_block); }

std::string casemap(std::string_view utf8) { return mapped(utf8, &upper, &casemap_block); }

std::string normal_form(std::string_view utf8) {
  if (is_ascii(utf8)) return std::string(utf8);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* compose = icu::Normalizer2::getNFCInstance(error);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(error)) compose->normalizeUTF8(0, piece(utf8), sink, nullptr, error);
  throw_failure(error);
  return out;
}

void CaseFolder::feed(std::string_view utf8, std::string& out) {
  held_ += utf8;
  std::string_view rest = held_;
  while (rest.size() > kMaxBlock) {
    const std::string_view block = rest.substr(0, block_size(rest));
    fold_block(block, out);
    rest.remove_prefix(block.size());
  }
  held_.erase(0, held_.size() - rest.size());
}

void CaseFolder::finish(std::string& out) {
  fold_block(held_, out);
  held_.clear();
}

std::string icu_version() {
  UVersionInfo version;
  std::array<char, U_MAX_VERSION_STRING_LENGTH> text{};
  u_getVersion(version);
  u_versionToString(version, text.data());
  return text.data();
}

}  // namespace postroom::mime
