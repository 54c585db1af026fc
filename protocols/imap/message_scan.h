// MessageScan: takes a message apart for a Query: fields of headers, text of its parts without their transfer
// encoding and in UTF-8. Pure; it says which bytes it needs next, so that a message of any size is read in
// pieces and no further than to the verdict.
#pragma once

#include "protocols/imap/query.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/part_index.h"
#include "protocols/mime/transfer.h"

namespace postroom::imap {

class MessageScan {
 public:
  /// `query` has begun with this message's row. Both outlive the scan.
  MessageScan(Query& query, const mime::PartIndex& parts);

  /// The bytes to be fed next; nothing when the verdict is there.
  std::optional<mime::Range> wanted() const;
  /// The beginning of what is wanted(): not nothing, no more than that.
  void feed(std::string_view bytes);

 private:
  // What is looked at, in this order.
  struct Step {
    TextPlace place;
    bool header;  // fields, else text
    mime::Range bytes;
    std::size_t part;
  };

  void plan(const mime::PartIndex& parts);
  void open();
  void feed_header(std::string_view bytes, bool last);
  void feed_text(std::string_view bytes, bool last);
  void fields(std::string_view block);
  void skip_empty();

  // A field of a header that comes in pieces is held together up to here.
  static constexpr std::size_t kMaxField = 256 * 1024;
  // A letter and its marks.
  static constexpr std::size_t kMaxMarks = 1024;

  Query& query_;
  const mime::PartIndex& parts_;
  std::vector<Step> steps_;
  std::size_t step_ = 0;
  std::uint64_t done_ = 0;  // bytes of the step
  std::string held_;        // the beginning of a field, or of a letter with its marks
  std::optional<mime::TransferDecoder> transfer_;
  std::optional<mime::CharsetDecoder> charset_;
};

}  // namespace postroom::imap
