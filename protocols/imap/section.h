// Section: which part of a message FETCH means (RFC 3501 6.4.5, section in 9), and where its bytes lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/cursor.h"
#include "protocols/imap/wire.h"
#include "protocols/mime/part_index.h"

namespace postroom::imap {

struct Section {
  Section() = default;
  enum class Text : std::uint8_t { all, header, header_fields, header_fields_not, text, mime };
  std::vector<std::uint32_t> part;  ///< 4.2.1; empty: the message itself
  Text text = Text::all;
  std::vector<std::string> fields;  ///< of HEADER.FIELDS, as the client wrote them
  std::vector<std::string> sorted;  ///< the same in lower case, in order

  bool subset() const { return text == Text::header_fields || text == Text::header_fields_not; }
  bool whole_message() const { return part.empty() && text == Text::all; }
  /// Where its bytes lie; of HEADER.FIELDS, the header. Nothing when the message has no such part.
  std::optional<mime::Range> find(const mime::PartIndex& parts) const;
};

/// section-spec up to and with its "]".
Section parse_section(Cursor& in);
/// section-binary (RFC 3516 7) up to and with its "]": a part's numbers, or nothing.
Section parse_section_binary(Cursor& in);
/// A section as a response names it, with its "]".
void print(const Section& section, Wire& wire);

/// "<number.nz-number>" of a partial fetch.
struct Partial {
  std::uint64_t origin = 0;
  std::uint64_t length = 0;
};
std::optional<Partial> parse_partial(Cursor& in);

/// What a partial fetch leaves of some bytes: nothing when it begins beyond their end.
mime::Range clip(mime::Range bytes, const std::optional<Partial>& partial);

/// HEADER.FIELDS and HEADER.FIELDS.NOT: the fields of a header that are meant, and the empty line at its end.
/// The header may come in pieces; a field of any length passes through.
class FieldFilter {
 public:
  /// `section` outlives the filter.
  explicit FieldFilter(const Section& section);
  explicit FieldFilter(Section&&) = delete;
  /// Appends what of `piece` (and of what was held back before) is meant.
  void feed(std::string_view piece, std::string& out);
  /// The header has ended: what was held back, if it is meant.
  void finish(std::string& out);

 private:
  void decide(std::string& out);
  bool meant(std::string_view name) const;

  // A longer name is in no list that fits into a command.
  static constexpr std::size_t kMaxName = 1000;

  const std::vector<std::string>& names_;  // lower case, sorted
  bool without_;                           // .NOT
  bool keep_;                              // the field that is passing through is meant
  bool deciding_ = true;                   // at the start of a line, not known yet what it is
  std::string held_;                       // of that line
};

}  // namespace postroom::imap
