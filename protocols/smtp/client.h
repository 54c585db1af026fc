// Client: sends mail to another server, by SMTP (RFC 5321) or LMTP (RFC 2033), over one connection.
//
// That the connection ends, or that the server says nonsense, is a reply like any other: RemoteReply::lost().
// Only what is our own fault is an exception.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "protocols/smtp/abilities.h"
#include "protocols/smtp/client_channel.h"
#include "protocols/smtp/remote_reply.h"
#include "storage/dsn.h"
#include "storage/queue.h"

namespace postroom::smtp {

/// One message as it leaves, to some of its recipients.
struct OutgoingMail {
  OutgoingMail() = default;
  std::string reverse_path;  ///< without angle brackets; empty: "<>"
  std::vector<OutgoingRecipient> recipients;
  /// Of the content, in bytes; a source with less has lost some of it. 0: not known.
  std::uint64_t size = 0;
  bool utf8 = false;       ///< needs SMTPUTF8 (RFC 6531)
  bool eight_bit = false;  ///< its body has bytes beyond ASCII (RFC 1652)
  bool binary = false;     ///< it is no text (RFC 3030 3); then its size is known
  MailDsn dsn;
  struct By {
    std::int64_t seconds = 0;  ///< from now on
    bool returns = false;
    bool traced = false;
  };
  std::optional<By> by;      ///< RFC 2852
  int priority = 0;          ///< RFC 6710
  bool require_tls = false;  ///< RFC 8689
};

/// A message's content.
class MailSource {
 public:
  virtual ~MailSource() = default;
  /// The next piece, from `offset` bytes on: not much more than 64 KiB; empty at the end. Throws StoreFault.
  virtual Task<std::string> read(std::uint64_t offset) = 0;
};

class Client {
 public:
  struct Options {
    Options() = default;
    std::string hostname;  ///< ours, for EHLO
    bool lmtp = false;
    // RFC 5321 4.5.3.2
    std::chrono::seconds greeting_time{300};
    std::chrono::seconds command_time{300};  ///< MAIL, and what has no time of its own there
    std::chrono::seconds recipient_time{300};
    std::chrono::seconds data_time{120};   ///< for the answer to DATA
    std::chrono::seconds block_time{180};  ///< for a piece of content to be taken
    std::chrono::seconds end_time{600};    ///< for the answer to the end of the content
    std::chrono::seconds quit_time{5};
    // What the RFC has no time for: servers that are never late, and never done either.
    std::chrono::seconds introduction_time{900};  ///< from the greeting to the first transaction
    std::chrono::seconds transaction_time{3600};  ///< up to the content's end, and what `slowest` adds
    std::uint64_t slowest = 4096;                 ///< bytes of content that are taken in a second
  };

  Client(std::unique_ptr<Stream> stream, Options options);

  // One of these at a time.

  /// Waits for the greeting (RFC 5321 3.1), and says EHLO, HELO when that is refused (3.2), or LHLO. A reply
  /// that is not positive: this connection is of no use.
  Task<RemoteReply> greet();
  /// As the server last said, after TLS began if it did.
  const Abilities& abilities() const { return abilities_; }

  /// RFC 3207: STARTTLS, the handshake, EHLO again (4.2). Not positive but usable(): TLS was refused, the
  /// connection is as before. A handshake that fails is `ours`, with its reason: 4.7.5 when the
  /// server is not who it should be, 4.7.0 else.
  Task<RemoteReply> start_tls(TlsConnector& tls);

  /// RFC 4954: by AUTH PLAIN (RFC 4616), or LOGIN. The caller sees to it that TLS protects the password.
  Task<RemoteReply> login(std::string user, std::string password);

  /// One transaction; may be called again while usable(). One reply for each recipient, in their order.
  /// Throws what `source` throws, having ended the connection, so that no part of a message is taken for the
  /// whole.
  Task<std::vector<RemoteReply>> send(OutgoingMail mail, MailSource& source);

  /// Says goodbye (RFC 5321 4.1.1.10) and closes.
  Task<> quit();

  /// Ends the connection at once, at any time; whoever waits gets RemoteReply::lost().
  void abort() noexcept {
    aborted_ = true;
    channel_.abort();
  }

  /// Is the connection good for anything more?
  bool usable() const { return ready_ && !channel_.over() && !channel_.closing(); }
  /// May another message be sent? Not more of them than the server has said (RFC 9422).
  bool may_send() const { return usable() && (abilities_.mail_limit == 0 || mails_ < abilities_.mail_limit); }
  /// "TLSv1.3 TLS_AES_256_GCM_SHA384", or empty without TLS.
  std::string tls() const { return channel_.tls(); }

 private:
  struct Attempt;  // one transaction
  struct Step;     // a command of it

  Task<RemoteReply> command(std::string line, std::string_view verb, Duration time);
  Task<RemoteReply> hello();

  std::optional<RemoteReply> refuse(const OutgoingMail& mail) const;
  std::size_t recipients_at_once(const OutgoingMail& mail) const;
  std::vector<Step> steps(const OutgoingMail& mail) const;
  std::string mail_line(const OutgoingMail& mail) const;
  std::string recipient_line(const OutgoingMail& mail, const OutgoingRecipient& recipient) const;
  Task<> hear_unasked(Attempt& attempt);
  Task<> envelope(Attempt& attempt);
  Duration time_for(const Step& step) const;
  void take(Attempt& attempt, const Step& step, RemoteReply reply);
  Task<> content(Attempt& attempt, MailSource& source);
  Task<bool> transmit_binary(const OutgoingMail& mail, MailSource& source);
  Task<bool> transmit(const OutgoingMail& mail, MailSource& source);
  Task<> hear_end(Attempt& attempt);
  Task<> hear_refusal(Attempt& attempt);
  Task<> end_empty();
  RemoteReply out_of_step(std::string_view verb, const RemoteReply& reply);

  /// What is begun now may take so much time.
  TimePoint within(Duration time) const { return std::min(channel_.in(time), limit_); }
  void limit(Duration time) { limit_ = channel_.in(time); }

  ClientChannel channel_;
  const Options options_;
  TimePoint limit_ = kNever;  // for all that is done now
  Abilities abilities_;
  bool ready_ = false;           // the server has been greeted
  bool aborted_ = false;         // by our owner
  std::uint64_t mails_ = 0;      // transactions
  bool in_transaction_ = false;  // MAIL was accepted, and nothing has ended it
};

}  // namespace postroom::smtp
