// FactsBuilder: a message's bytes in, what is kept beside them out. Pure; runs wherever it is called.
#pragma once

#include <optional>
#include <string_view>

#include "protocols/mime/preview.h"
#include "storage/types.h"

namespace postroom::mime {

/// Linear in the message, constant in memory but for headers and parts (see structure.h's limits). What comes
/// out is bounded too: the envelope by kMaxEnvelope, all else by a few MiB for the worst of messages.
class FactsBuilder {
 public:
  void feed(std::string_view slice);
  /// Once, after the last slice.
  MessageFacts finish();
  /// Received fields of the header as far as it has been fed (RFC 5321 6.3).
  int received_count() const { return received_count_ ? *received_count_ : parser_.received_count(); }

 private:
  StructureParser parser_;
  PreviewBuilder preview_;
  std::uint64_t fed_ = 0;
  std::optional<int> received_count_;  // once finished
};

/// The facts of a whole message in memory.
MessageFacts facts_of(std::string_view message);

}  // namespace postroom::mime
