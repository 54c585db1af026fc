// A message's facts.
#include "protocols/mime/facts.h"

#include "protocols/mime/body_structure.h"
#include "protocols/mime/part_index.h"

namespace postroom::mime {

MessageFacts FactsBuilder::finish() {
  Part root = parser_.finish();
  received_count_ = root.envelope.received_count;
  parser_ = StructureParser();  // gives its memory back
  MessageFacts facts;
  facts.envelope = std::move(root.envelope.wire);
  facts.body = body_structure(root, Extensions::no);
  facts.body_structure = body_structure(root, Extensions::yes);
  facts.parts = PartIndex(root).serialise();
  facts.sent_date = root.envelope.sent_date;
  return facts;
}

MessageFacts facts_of(std::string_view message) {
  FactsBuilder builder;
  builder.feed(message);
  return builder.finish();
}

}  // namespace postroom::mime
