// MessageScan: takes a message apart for SEARCH and for the text index: fields of headers, names of
// attachments, text of its parts without their transfer encoding, in UTF-8, folded. Pure; it says which bytes
// it needs next, so that a message of any size is read in pieces and no further than is needed.
#pragma once

#include "protocols/imap/search_key.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/html_text.h"
#include "protocols/mime/part_index.h"
#include "protocols/mime/transfer.h"

namespace postroom::imap {

/// Who is told the texts of a message: first the fields of its header, then what is in its body.
class TextReader {
 public:
  virtual ~TextReader() = default;

  virtual bool reads_header() const = 0;
  virtual bool reads_body() const = 0;
  /// It needs no more.
  virtual bool done() const = 0;

  /// A field; `body` is still folded over lines and encoded: see field_text().
  virtual void field(TextPlace place, std::string_view name, std::string_view body) = 0;
  virtual void end_header() = 0;
  /// The next piece of a text in the body, as fold_case() leaves it.
  virtual void body_text(std::string_view folded) = 0;
  virtual void end_text() = 0;
  virtual void end_body() = 0;
};

/// Folded text of a header field: folding over lines turns a space into a tab as often as not (RFC 5322 2.2.3
/// keeps either), so that tabs are spaces.
std::string fold_field(std::string_view utf8);
/// The same of a field's body as it stands in the message.
std::string field_text(std::string_view body);
/// What TEXT and BODY find a field's name as: together with its text, the line as it stands in the header.
std::string field_label(std::string_view name);

class MessageScan {
 public:
  /// `reader` has begun with this message. Both outlive the scan.
  MessageScan(TextReader& reader, const mime::PartIndex& parts);

  /// The bytes to be fed next; nothing when the reader is done, or has seen all.
  std::optional<mime::Range> wanted() const;
  /// The beginning of what is wanted(): not nothing, no more than that.
  void feed(std::string_view bytes);

  /// How much is read of a message, and the longest of its headers, in bytes.
  struct Size {
    std::uint64_t all = 0;
    std::uint64_t header = 0;
  };
  Size size() const;

  // A field of a header that comes in pieces is held together up to here.
  static constexpr std::size_t kMaxField = 256 * 1024;

 private:
  // What is looked at, in this order.
  struct Step {
    enum class Kind : std::uint8_t { header, name, text, html } kind;
    TextPlace place;
    mime::Range bytes;
    std::size_t part;
  };

  void plan(const mime::PartIndex& parts);
  void plan_part(std::size_t part);
  void open();
  void feed_header(std::string_view bytes, bool last);
  void feed_text(std::string_view bytes, bool last);
  void fields(std::string_view block);
  void tell_name();
  void skip_empty();

  TextReader& reader_;
  const mime::PartIndex& parts_;
  std::vector<Step> steps_;
  std::size_t step_ = 0;
  std::uint64_t done_ = 0;  // bytes of the step
  std::string held_;        // the beginning of a field
  std::optional<mime::TransferDecoder> transfer_;
  std::optional<mime::CharsetDecoder> charset_;
  std::optional<mime::HtmlText> html_;
  mime::CaseFolder folder_;
};

}  // namespace postroom::imap
