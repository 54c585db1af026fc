// SearchReturn: what SEARCH is asked to answer (RFC 4731 3.1, RFC 5182 2, RFC 9394 3.1). Pure.
#pragma once

#include "protocols/imap/partial_range.h"

namespace postroom::imap {

struct SearchReturn {
  SearchReturn() = default;
  bool extended = false;  ///< RETURN was said: the answer is ESEARCH, not SEARCH
  bool min = false;
  bool max = false;
  bool all = false;
  bool count = false;
  bool save = false;
  std::optional<PartialRange> partial;

  /// The answer is to be ESEARCH: with nothing else asked for, it tells all.
  void extend() {
    all = all || !extended;
    extended = true;
  }
  /// SAVE alone: there is no untagged response.
  bool silent() const { return save && !min && !max && !all && !count && !partial; }
  /// Nobody will know of more than the first or the last message found: there is no need to look for the
  /// others.
  bool ends_only() const { return (min || max) && !all && !count && !partial; }
  /// Those of `found` that the answer is about: its mod-sequence is theirs (RFC 4731 3.2), and they are what
  /// SAVE saves (RFC 5182 2.4, RFC 9394 3.2).
  UidSet meant(const UidSet& found) const;
};

/// search-return-opts, from the parenthesis on (RFC 4466 3).
SearchReturn parse_search_return(Cursor& in);

}  // namespace postroom::imap
