// TextTerms: what the text index keeps of messages for SEARCH. A text that contains a string contains every
// three bytes in a row of it: these trigrams are the terms, with the place where they stand. So the index
// answers which messages may contain a string, and never leaves out one that MessageScan would find it in.
#pragma once

#include "protocols/imap/search_key.h"
#include "storage/terms.h"

namespace postroom::imap {

class TextTerms final : public TermExtractor {
 public:
  std::string version() const override;
  std::unique_ptr<TermFinder> begin(std::string_view parts) const override;

  /// A message with more than this is not indexed: neither takes the writer long.
  static constexpr std::uint64_t kMaxBytes = 8 << 20;
  static constexpr std::size_t kMaxTerms = 50'000;
};

/// The terms without which a key that looks for text finds nothing; `folded` is what it looks for.
TermQuery terms_of(const SearchNode& node, std::string_view folded);

}  // namespace postroom::imap
