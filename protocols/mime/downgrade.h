// Downgrade: a message that holds more than the way it has to go can carry (RFC 6152 3, RFC 3030 3, RFC 5321
// 4.5.3.1.6) is sent all the same, with those parts that need it in quoted-printable or base64 (RFC 2045 6).
// Nothing is lost, no other part is touched, and what is encoded already is not encoded again. Pure.
//
// A header comes before the body that decides what it has to say. So a message is seen three times: by
// StructureParser, which finds its parts; by Survey, which finds what is in them; by Converter, which changes
// them. All take it in slices of any size, and how it is cut changes nothing; memory depends on the number of
// parts, which StructureParser bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/base64_part.h"
#include "protocols/mime/form_scan.h"
#include "protocols/mime/part_index.h"
#include "protocols/mime/quoted_printable.h"

namespace postroom::mime {

/// A message cut into headers, bodies, and what is between them: delimiters, and text that nobody reads (RFC
/// 2046 5.1.1).
struct Segment {
  enum class Role : std::uint8_t { header, body, between };
  enum class Change : std::uint8_t { none, quoted_printable, base64 };

  Role role = Role::between;
  std::uint64_t end = 0;  ///< where the next one begins
  bool sealed = false;    ///< a signature is over it, or it is encrypted (RFC 1847 2): it stays as it is
  Encoding encoding = Encoding::identity;  ///< of a part, in its header and its body
  std::string type;                        ///< of a part: "text/plain"
  // What Survey found, of a part's header and its body:
  bool beyond_ascii = false;     ///< in the body
  bool only_long_lines = false;  ///< nothing else is wrong with the body
  Change change = Change::none;
};

/// How a message is to be changed.
struct Conversion {
  Conversion() = default;
  std::vector<Segment> segments;
  ContentForm carried;
  bool needed = false;  ///< false: it can go as it is
  /// Why it cannot be changed so that it could go, for people; empty: it can.
  std::string refusal;
};

/// Looks at all of a message.
class Survey {
 public:
  /// `carried`: what the message may hold when it leaves.
  Survey(const PartIndex& parts, ContentForm carried);

  void feed(std::string_view slice);
  /// After the last slice; then it is spent.
  Conversion finish();

 private:
  void end_segment();
  void judge_header(Segment& segment, const ContentForm& form);
  void judge_body(Segment& segment, const ContentForm& form);
  void judge_between(const ContentForm& form);
  void leave_long_lines();
  void refuse(const char* why);

  Conversion conversion_;
  std::size_t at_ = 0;  // the segment under way
  std::uint64_t offset_ = 0;
  FormScan scan_;
  std::string header_;             // the one under way, as far as Converter takes it
  bool signed_ = false;            // all of the message is (RFC 6376)
  bool header_too_large_ = false;  // the last one was
};

/// Changes the message that Survey looked at.
class Converter {
 public:
  explicit Converter(Conversion conversion) : conversion_(std::move(conversion)) {}

  /// Appends what is sure to `out`; holds back no more than a header.
  void feed(std::string_view slice, std::string& out);
  /// After the last slice.
  void finish(std::string& out);

  /// A larger header stays as it is, and so does its part: Survey refuses where that cannot be.
  static constexpr std::size_t kMaxHeader = 64 << 10;

 private:
  void take(const Segment& segment, std::string_view bytes, std::string& out);
  void end_segment(std::string& out);
  std::string changed_header(const Segment& segment) const;

  Conversion conversion_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
  std::string header_;    // the one under way
  bool passing_ = false;  // it is too large
  QuotedPrintable quoted_printable_;
  Base64Lines base64_;
};

}  // namespace postroom::mime
