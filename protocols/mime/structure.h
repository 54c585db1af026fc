// The tree of a message's MIME parts (RFC 2045, 2046), found while the message comes in. Memory depends on
// the parts and headers that are found, within the limits below, never on the size of the message.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/envelope.h"
#include "protocols/mime/parameters.h"
#include "protocols/mime/sort_keys.h"
#include "protocols/mime/transfer.h"

namespace postroom::mime {

/// A header block is read up to here; what follows counts in sizes only.
inline constexpr std::size_t kMaxHeader = 512 * 1024;
/// The same for all header blocks of a message together.
inline constexpr std::size_t kMaxHeaders = std::size_t{4} << 20;
/// Embedded messages count twice, as the part and as the message in it.
inline constexpr std::size_t kMaxParts = 1000;
inline constexpr std::size_t kMaxDepth = 100;
/// A MIME field's text is kept up to here, and all of a message's up to the second.
inline constexpr std::size_t kMaxMimeField = 16 * 1024;
inline constexpr std::size_t kMaxMimeFields = 256 * 1024;
/// All envelopes of embedded messages together; the ones beyond say nothing.
inline constexpr std::size_t kMaxEnvelopes = 256 * 1024;

/// A message or a part of one. Offsets count from the message's first byte; a line ends with LF.
struct Part {
  enum class Kind : std::uint8_t {
    leaf,
    multipart,  ///< children: its parts, at least one
    message,    ///< message/rfc822 or message/global; one child: the message in it
  };
  Kind kind = Kind::leaf;

  std::uint64_t header_offset = 0;  ///< of the message's header or the part's MIME header
  std::uint64_t header_size = 0;    ///< the blank line included
  std::uint64_t body_offset = 0;
  std::uint64_t body_size = 0;   ///< without the line end that belongs to the boundary (RFC 2046 5.1.1)
  std::uint64_t body_lines = 0;  ///< line ends in the body

  std::string type = "text";  ///< lower case, as what the part is treated
  std::string subtype = "plain";
  std::vector<Parameter> parameters;  ///< of Content-Type
  std::string encoding;               ///< Content-Transfer-Encoding, lower case; empty: none given
  std::string id;                     ///< empty strings: the field is missing
  std::string description;
  std::string md5;                     ///< RFC 1864
  std::string location;                ///< RFC 2557
  ParameterizedValue disposition;      ///< RFC 2183; value empty: missing
  std::vector<std::string> languages;  ///< RFC 3282

  Envelope envelope;  ///< of a message: the root, and the child of a Kind::message
  std::vector<Part> children;
};

/// Where a text lies that a reader may see first.
struct FirstText {
  Encoding encoding = Encoding::identity;
  std::string charset;  ///< empty: none given
  std::uint64_t begin = 0;
  std::uint64_t end = ~std::uint64_t{0};  ///< as far as it is known
};
/// By kind.
using FirstTexts = std::array<std::optional<FirstText>, 2>;
inline constexpr std::size_t kPlainText = 0, kHtmlText = 1;

/// Takes a message in slices of any size; how it is cut changes nothing.
class StructureParser {
 public:
  StructureParser();

  void feed(std::string_view slice);
  /// The root; afterwards the parser is spent. What is not ended ends with the message.
  Part finish();

  /// Received fields of the message's own header as far as it has been read.
  int received_count() const;
  /// Of the message's own header, once that has been read.
  const SortKeys& sort_keys() const { return sort_keys_; }

  /// The first text/plain and the first text/html part found so far, attachments excepted.
  const FirstTexts& texts() const { return texts_; }
  /// How many bytes were looked at, some twice: the work done. Shown by tests to be linear.
  std::uint64_t work() const { return work_; }

 private:
  struct Open {  // a part whose end has not come
    Part part;
    std::string boundary;            // of a multipart whose close delimiter has not come
    std::uint64_t lines_before = 0;  // line ends before its body
  };

  bool watching() const { return in_header_ || boundaries_ > 0; }
  std::size_t header_room() const;
  std::size_t skip_lines(std::string_view slice);
  void take_piece(std::string_view piece);
  void end_line();
  bool end_at_boundary();
  void open_part(std::uint64_t offset, bool digest);
  void end_header(std::uint64_t end, std::uint64_t lines);
  void read_header();
  void decide_kind();
  void note_text();
  void close_down_to(std::size_t depth, std::uint64_t end, std::uint64_t lines);
  Part close(std::uint64_t end, std::uint64_t lines);

  std::vector<Open> open_;      // the root first
  std::size_t boundaries_ = 0;  // how many of them have a boundary
  std::size_t parts_ = 0;       // found so far
  bool in_header_ = false;      // the innermost part's
  std::string header_;          // that header, as far as it is read
  std::size_t headers_left_ = kMaxHeaders;
  std::size_t fields_left_ = kMaxMimeFields;
  std::size_t envelopes_left_ = kMaxEnvelopes;
  SortKeys sort_keys_;
  FirstTexts texts_;

  std::uint64_t offset_ = 0;  // of the next byte
  std::uint64_t lines_ = 0;   // line ends before it
  // The line under way: where it begins, the line ends before it, how many bytes the last of them has (0, 1
  // or 2), its beginning as far as it may matter, its last byte.
  std::uint64_t line_start_ = 0;
  std::uint64_t line_start_lines_ = 0;
  unsigned line_end_ = 0;
  std::string head_;
  char last_ = 0;

  std::uint64_t work_ = 0;
};

}  // namespace postroom::mime
