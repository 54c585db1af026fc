// A message's facts.
#include "protocols/mime/facts.h"

#include "protocols/mime/body_structure.h"
#include "protocols/mime/part_index.h"

namespace postroom::mime {

void FactsBuilder::feed(std::string_view slice) {
  parser_.feed(slice);
  preview_.take(slice, fed_, parser_.texts());
  fed_ += slice.size();
}

MessageFacts FactsBuilder::finish() {
  Part root = parser_.finish();
  received_count_ = root.envelope.received_count;
  MessageFacts facts;
  facts.preview = preview_.finish(parser_.texts());
  facts.sort_keys = parser_.sort_keys().serialise();
  facts.message_id = parser_.sort_keys().id;
  facts.references = parser_.sort_keys().references;
  parser_ = StructureParser();  // gives its memory back
  facts.envelope = std::move(root.envelope.wire);
  facts.body = body_structure(root, Extensions::no);
  facts.body_structure = body_structure(root, Extensions::yes);
  facts.parts = PartIndex(root).serialise();
  facts.message_id_text = std::move(root.envelope.message_id);
  facts.sent_date = root.envelope.sent_date;
  return facts;
}

MessageFacts facts_of(std::string_view message) {
  FactsBuilder builder;
  builder.feed(message);
  return builder.finish();
}

}  // namespace postroom::mime
