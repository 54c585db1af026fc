// Terms: what a text index knows of messages. Which terms a message has is the protocols' business, and what
// they mean; the store keeps which message has which.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/types.h"

namespace postroom {

/// Finds the terms of one message in its bytes as they come. Pure; the same message gives the same terms.
class TermFinder {
 public:
  virtual ~TermFinder() = default;

  struct Bytes {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  /// What of the message is to be fed next; nothing: all that is needed was.
  virtual std::optional<Bytes> wanted() const = 0;
  /// The beginning of what is wanted(): not nothing, no more than that.
  virtual void feed(std::string_view bytes) = 0;
  /// Each once, in lower-case ASCII letters and digits, a space between. Nothing: the message is not fit to
  /// be indexed, and any search may find it.
  virtual std::optional<std::string> terms() = 0;
};

class TermExtractor {
 public:
  virtual ~TermExtractor() = default;

  /// Another version finds other terms: what was indexed by one is of no use to the other.
  virtual std::string version() const = 0;
  /// For a message with these MessageFacts::parts. Null: it is not fit to be indexed.
  virtual std::unique_ptr<TermFinder> begin(std::string_view parts) const = 0;
};

/// Which messages a search may find, by the terms they must have: all others it does not.
struct TermQuery {
  TermQuery() = default;
  enum class Kind : std::uint8_t {
    anything,  ///< any message
    terms,     ///< those that have all of `terms`
    all_of,    ///< those that each of `parts` may find
    any_of,    ///< those that one of `parts` may find
  };
  Kind kind = Kind::anything;
  std::vector<std::string> terms;
  std::vector<TermQuery> parts;  ///< none of them is anything
};

}  // namespace postroom
