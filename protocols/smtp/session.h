// SMTP: one connection of a client that has mail for us (RFC 5321, or RFC 2033), or of a user who wants to
// send (RFC 6409): what it knows, and what commands may do with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/channel.h"
#include "protocols/login_exchange.h"
#include "protocols/smtp/command.h"
#include "protocols/smtp/dot_reader.h"
#include "protocols/smtp/extension.h"
#include "protocols/smtp/options.h"
#include "protocols/smtp/send_limits.h"
#include "protocols/smtp/trace.h"
#include "protocols/smtp/transaction.h"

namespace postroom::smtp {

/// Serves one connection from greeting to close. Everything outlives it; throws nothing.
Task<> serve(Connection connection, const Service& service, const Options& options, Port port,
             SendLimits& send_limits);

class Session {
 public:
  Session(Connection connection, const Service& service, const Options& options, Port port,
          SendLimits& send_limits);

  /// From greeting to close.
  Task<> run();

  const Service& service;
  const Options& options;
  const Port port;
  const Peer peer;

  struct Hello {
    std::string name;  ///< empty: neither EHLO nor HELO yet
    bool extended = false;
  };
  Hello hello;
  std::optional<Login> user;  ///< who has logged in
  std::optional<Transaction> transaction;
  std::size_t transactions = 0;
  std::size_t failed_logins = 0;
  std::size_t unknown_recipients = 0;

  bool for_submission() const { return port == Port::submission || port == Port::submissions; }
  /// Is the language LMTP?
  bool lmtp() const { return port == Port::lmtp; }
  /// Is it a command of the language that is spoken?
  bool knows(const Command& command) const {
    return lmtp() ? command.traits.in_lmtp : command.traits.in_smtp;
  }
  bool under_tls() const { return !channel_.stream().tls().empty(); }
  bool tls_on_offer() const { return service.tls && !under_tls(); }
  bool login_offered() const { return for_submission() && login_allowed(service, channel_.stream(), peer); }
  sasl::Offer sasl_offer() const { return postroom::sasl_offer(service, channel_.stream(), peer); }
  LoginExchange login_exchange(const sasl::Mechanism& mechanism) const {
    return LoginExchange(service, channel_.stream(), peer, mechanism);
  }
  /// May this client send to other servers? Nobody else may: we are no open relay (RFC 5321 7.9).
  bool may_send_outside() const { return options.relay && user.has_value(); }
  /// Has the client said more than the command under way?
  bool said_more() const { return !channel_.unread().empty(); }
  /// Why the user who is logged in may not send one more message, to so many recipients; nothing: they may,
  /// or nobody is.
  std::optional<Reply> refuse_by_send_limits(std::size_t recipients) const;
  /// EHLO, and LHLO: who the client is, and what we offer it.
  Reply greet(std::string name);
  void begin_transaction(MailArguments mail);

  /// An intermediate reply, at once.
  Task<> send(Reply reply);
  /// The client's answer to a 334; nothing: the server is stopping.
  Task<std::optional<Line>> sasl_line();

  /// Why DATA or BDAT cannot be now; nothing when it can.
  std::optional<Reply> refuse_content() const;
  /// Makes the transaction's content ready, with its trace fields.
  Task<> begin_content();
  /// What comes next is content, up to <CRLF>.<CRLF>, or of this length.
  void expect_dots() { dots_.emplace(); }
  void expect_chunk(std::uint64_t size) { chunk_ = size; }
  /// It is the last of the message: LMTP has a reply to it for each recipient (RFC 2033 4.2, 4.3).
  void expect_end() {
    if (lmtp()) replies_due_ = transaction->recipients;
  }
  /// Gives it to the transaction's content, all of it.
  Task<> receive_content();
  /// Reads over it.
  Task<> skip_content();
  /// The command under way brought some of a message.
  void brought_content() { --fruitless_; }
  /// The whole content is there: stores it, ends the transaction.
  Task<Reply> finish_transaction();

 private:
  Task<> converse();
  Task<> handle(Line line);
  Task<Reply> dispatch(const Command& command, Cursor arguments);
  std::optional<Reply> refuse(const Line& line, const Command* command) const;
  Task<std::string_view> content();
  Task<Reply> deliver(Transaction& message);
  std::optional<Reply> look_at_lists(Transaction& message) const;
  Reply answer_each(const Transaction& message);
  Task<> report_delivered(const Transaction& message);
  Task<> respond(Reply reply, bool in_group);
  Reply within_limits(Reply reply);
  void forget_client();
  Arrival arrival() const;
  Origin origin(const Transaction& message) const;
  bool content_pending() const { return dots_.has_value() || chunk_ > 0; }
  TimePoint command_deadline() const { return service.runtime.now() + options.command_time; }
  TimePoint line_deadline() const;
  TimePoint content_deadline() const;

  SendLimits& send_limits_;
  LineChannel channel_;
  std::optional<DotReader> dots_;   // DATA is under way
  std::uint64_t chunk_ = 0;         // so many bytes of a BDAT are still to come
  std::size_t taken_ = 0;           // input handed out by content() and not yet consumed
  TimePoint content_end_ = kNever;  // when the whole content has to be there
  TimePoint idle_end_;              // when the next message has to have begun
  std::size_t commands_ = 0;
  std::size_t bad_commands_ = 0;
  std::size_t fruitless_ = 0;
  std::size_t replies_due_ = 1;  // how often the client wants to hear the reply to the command under way
  bool over_ = false;
};

}  // namespace postroom::smtp
