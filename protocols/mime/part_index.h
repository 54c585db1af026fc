// PartIndex: where each MIME part of a message lies. Computed once, stored beside the message, asked by FETCH
// BODY[section] and by SEARCH.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/structure.h"
#include "protocols/mime/transfer.h"

namespace postroom::mime {

/// Bytes of the message.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const Range&) const = default;
};

class PartIndex {
 public:
  struct Entry {
    Part::Kind kind = Part::Kind::leaf;
    Range header;  ///< of the message, or the part's MIME header; the blank line included
    Range body;
    Encoding encoding = Encoding::identity;
    std::string type;         ///< "text/plain", lower case
    std::string charset;      ///< of text, lower case; empty: none given
    std::string disposition;  ///< "inline", "attachment", lower case; empty: none given
    std::string filename;     ///< UTF-8, decoded: the disposition's, else Content-Type's name
    std::uint32_t end = 0;    ///< index of the first entry after this one and all within it
    bool operator==(const Entry&) const = default;
  };

  /// What of a part a section asks for (RFC 3501 6.4.5).
  enum class Section : std::uint8_t {
    whole,   ///< no specifier: a part's body; of the message itself everything
    header,  ///< HEADER and its subsets: the header of the message, or of the one a message/rfc822 part holds
    text,    ///< TEXT: its body
    mime,    ///< MIME: a part's own header; needs a path
  };

  PartIndex() = default;
  explicit PartIndex(const Part& root);

  std::string serialise() const;
  /// Nothing when the bytes are not what serialise() wrote; safe whatever they are.
  static std::optional<PartIndex> parse(std::string_view bytes);

  /// The bytes that a section names; nothing when the message has no such section. `path` {2, 1, 3} is part
  /// 2.1.3; empty is the message itself.
  std::optional<Range> find(std::span<const std::uint32_t> path, Section section) const;
  /// The part itself; null when there is none. An empty path is the message.
  const Entry* part(std::span<const std::uint32_t> path) const;

  /// Everything in the order of the message: first the message, each part before the parts in it. Those of
  /// Part::Kind::leaf hold content.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void add(const Part& part);
  bool sound() const;
  const Entry* child(const Entry& parent, std::uint32_t number) const;
  const Entry* part_of_message(const Entry& message, std::uint32_t number) const;

  std::vector<Entry> entries_;  // in pre-order
};

}  // namespace postroom::mime
