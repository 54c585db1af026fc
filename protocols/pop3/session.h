// POP3: one connection of a client that fetches its mail (RFC 1939): what it knows, and what commands may do
// with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/channel.h"
#include "protocols/login_exchange.h"
#include "protocols/pop3/command.h"
#include "protocols/pop3/maildrop.h"
#include "protocols/pop3/options.h"

namespace postroom::pop3 {

/// Serves one connection from greeting to close. Everything outlives it; throws nothing.
Task<> serve(Connection connection, const Service& service, const Options& options, MaildropLocks& locks);

class Session {
 public:
  Session(Connection connection, const Service& service, const Options& options, MaildropLocks& locks);

  /// From greeting to close.
  Task<> run();

  const Service& service;
  const Options& options;
  const Peer peer;
  const std::string timestamp;       ///< of the greeting, for APOP (RFC 1939 7)
  std::string name;                  ///< from USER
  std::optional<Maildrop> maildrop;  ///< once somebody has logged in

  bool under_tls() const { return !channel_.stream().tls().empty(); }
  bool tls_on_offer() const { return service.tls && !under_tls(); }
  bool password_allowed() const { return login_allowed(service, channel_.stream(), peer); }
  sasl::Offer sasl_offer() const { return postroom::sasl_offer(service, channel_.stream(), peer); }
  LoginExchange login_exchange(const sasl::Mechanism& mechanism) const {
    return LoginExchange(service, channel_.stream(), peer, mechanism);
  }
  /// Has the client said more than the command under way?
  bool said_more() const { return !channel_.unread().empty(); }

  /// What a login came to: locks and opens the maildrop.
  Task<Reply> log_in(Login login, std::string claimed);
  /// The client's answer to a challenge; nothing: the server is stopping.
  Task<std::optional<Line>> sasl_line();
  /// "+ " and a challenge, at once.
  Task<> challenge(std::string text);

  // A multi-line response: begin, put, end. What fails between the two ends the connection: nothing else can
  // be told from the lines of the response.
  void begin_lines(std::string_view text);
  /// Whole lines, dots stuffed; waits when a lot is unsent.
  Task<> put_lines(std::string_view lines);
  void end_lines();

  /// The message's row, or nothing when there is none of this number, or another client has removed it.
  Task<std::optional<MessageRow>> message(std::uint64_t number);
  Reply no_such_message() const { return Reply::error("There is no such message, or no longer"); }
  /// Header and body, or so many lines of it, as a multi-line response.
  Task<Reply> send_message(std::uint64_t number, std::optional<std::uint64_t> body_lines);

 private:
  Task<> converse();
  Task<> handle(Line line);
  Task<Reply> dispatch(const Command& command, Cursor arguments);
  std::optional<Reply> refuse(const Line& line, const Command* command) const;
  Task<> respond(Reply reply);
  TimePoint line_deadline() const;
  TimePoint write_deadline() const;

  LineChannel channel_;
  MaildropLocks& locks_;
  const TimePoint begun_;
  bool within_lines_ = false;
  std::size_t early_commands_ = 0;
  std::size_t bad_commands_ = 0;
  std::size_t failed_logins_ = 0;
  bool over_ = false;
};

}  // namespace postroom::pop3
