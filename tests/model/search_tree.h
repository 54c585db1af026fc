// SearchTree: SEARCH's criteria (RFC 3501 6.4.4) drawn by dice, as the client writes them and as they are
// meant.
#pragma once

#include <functional>
#include <memory>

#include "tests/model/dice.h"
#include "tests/model/number_set.h"
#include "tests/model/truth.h"

namespace postroom::testing::model {

/// Does a message match? Where what it is about may have changed meanwhile, or is not known to the second:
/// perhaps.
struct Verdict {
  bool may = false;      ///< match
  bool may_not = false;  ///< match
  static Verdict of(bool matches) { return {matches, !matches}; }
  static Verdict perhaps() { return {true, true}; }
};

/// The client that searches.
struct Searcher {
  const Entries& entries;
  const std::vector<Uid>& saved;
  std::int64_t now = 0;  ///< Unix seconds
  bool recent_known = true;
};

struct SearchTree {
  using Test = std::function<Verdict(const Mail&, const Searcher&)>;
  std::string text;
  Test test;
  bool numbers = false;  ///< message numbers are used
  bool bad = false;      ///< one of them does not exist when the client writes them
  bool modseq = false;   ///< the answer tells the highest modseq (RFC 7162 3.1.5)

  /// Several keys together, down to `depth` levels. `with_saved`: "$" may be used.
  static SearchTree some(Dice& dice, const Searcher& searcher, ModSeq highest, bool with_numbers,
                         bool with_saved, unsigned depth = 2);
};

}  // namespace postroom::testing::model
