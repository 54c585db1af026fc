// Incoming: the content of one message while DATA or BDAT brings it, from its trace fields to the store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/intake.h"
#include "protocols/mime/form_scan.h"
#include "protocols/service.h"
#include "protocols/smtp/content_check.h"
#include "protocols/smtp/fix_up.h"
#include "protocols/smtp/options.h"
#include "protocols/smtp/reply.h"
#include "protocols/smtp/tls_required_field.h"

namespace postroom::smtp {

/// Somebody goes on sending far beyond what we take: the end of the message is not worth waiting for.
class MessageWithoutEnd : public ConnectionEnded {
 public:
  MessageWithoutEnd() : ConnectionEnded(Reason::failed, "message without an end") {}
};
inline bool far_too_big(std::uint64_t size, const Options& options) {
  return size / 2 > options.message_size;
}

class Incoming {
 public:
  Incoming(const Service& service, const Options& options)
      : service_(service),
        options_(options),
        check_(options.text_line),
        intake_(std::make_unique<Intake>(service.runtime, service.store)) {}

  // Before begin():

  /// It is our user's, whose header is mended (RFC 6409 8) with these where it has none: FixUp.
  void fix_up(std::string message_id, std::string date) {
    fix_up_.emplace(std::move(message_id), std::move(date));
  }
  /// It may be anything, and need not be text (RFC 3030 3).
  void allow_binary() { check_.allow_binary(); }
  /// So many bytes of it are kept for beginning().
  void keep_beginning(std::size_t most) { keep_ = most; }

  /// What we put on top; not counted as content.
  Task<> begin(std::string trace);
  /// It goes to members of a list, too, with this on top, and without the fields that are the list's to set.
  Task<> begin_copy(std::string top);
  /// Content as the client sent it. Once the message is refused the rest is only counted. Throws StoreFault
  /// and MessageWithoutEnd.
  Task<> add(std::string_view content);
  /// After the last byte: stores it, for accounts and for the queue, and says what became of it. Throws
  /// StoreFault. The delivery's copies are those that were begun, in their order, or none.
  Task<Reply> deliver(Delivery delivery, std::string id);

  /// Why the message will not be taken, as far as is known.
  const std::optional<Reply>& refusal() const { return refusal_; }
  /// Is the content's header beyond ASCII, as far as it came?
  bool header_beyond_ascii() const { return check_.header_beyond_ascii(); }
  /// Does its header say "TLS-Required: No" (RFC 8689 3), as far as it came?
  bool tls_not_required() const { return tls_required_.is_no(); }
  /// How the message begins, below what we put on top; empty without keep_beginning().
  const std::string& beginning() const { return beginning_; }
  /// What the store said of it; after deliver().
  const Delivered& delivered() const { return delivered_; }
  /// Bytes of content that came.
  std::uint64_t size() const { return size_; }

 private:
  struct Copy {
    Copy(const Service& service, std::span<const std::string_view> dropped)
        : filter(dropped), intake(service.runtime, service.store) {}
    FixUp filter;
    Intake intake;
  };

  Task<> take(std::string_view content, bool last);
  Task<> keep(std::string_view content);
  Task<bool> make_text(MessageFacts& facts);
  Task<> keep_copies(std::string_view content, bool last);
  Task<Reply> store(Delivery delivery, std::string id);
  void refuse(Reply why);

  const Service& service_;
  const Options& options_;
  ContentCheck check_;
  mime::FormScan scan_;
  ContentForm form_;  // once all is there
  TlsRequiredField tls_required_;
  std::optional<FixUp> fix_up_;
  std::size_t keep_ = 0;
  std::string beginning_;
  Delivered delivered_;
  std::uint64_t size_ = 0;
  std::optional<Reply> refusal_;
  std::unique_ptr<Intake> intake_;  // gone once the message is refused
  std::vector<std::unique_ptr<Copy>> copies_;
};

/// There is no room by its user's quota.
Reply mailbox_full();
/// What became of a message that we call `id`.
Reply answer_to(Delivered::Outcome outcome, const std::string& id);
/// RFC 1870 6.1 (2), for a size that was declared and for one that came.
Reply too_big(const Options& options);

}  // namespace postroom::smtp
