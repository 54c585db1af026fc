// Session: one IMAP connection from greeting to BYE (RFC 3501). What a command may use, and the entry point.
#pragma once

#include "protocols/imap/command.h"
#include "protocols/imap/framer.h"
#include "protocols/imap/view.h"
#include "protocols/imap/wire.h"
#include "protocols/service.h"

namespace postroom::imap {

/// What the server's configuration says about IMAP.
struct Options {
  std::uint64_t message_size = 50 << 20;             ///< the largest message APPEND takes, in bytes
  Duration login_timeout = std::chrono::minutes(3);  ///< from the greeting to a login
  Duration idle_timeout = std::chrono::minutes(30);  ///< from command to command (RFC 3501 5.4: at least 30)
  Duration write_timeout =
      std::chrono::minutes(5);  ///< for a client that does not read, or stops in a message
  std::uint64_t sorting_memory =
      128 << 20;                      ///< what SORT and THREAD hold of the messages they found, in bytes
  std::uint64_t saved_runs = 65'536;  ///< what a session keeps of a SEARCH: so many runs of UIDs (1 MB)
  /// Makes the stream that COMPRESS=DEFLATE begins (RFC 4978) out of the one there is; `unread` has come on
  /// that and is compressed already. Null: not on offer.
  std::unique_ptr<Stream> (*compress)(std::unique_ptr<Stream>&& plain, std::string_view unread) = nullptr;
};

struct DecodePlace;

struct Session {
  Session(Connection connection, const Service& service, const Options& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A command with its literals is at most this long, APPEND's message excepted.
  static constexpr std::size_t kCommandLimit = 64 * 1024;
  static constexpr std::size_t kCommandLimitBeforeLogin = 8 * 1024;
  static constexpr std::size_t kInputLimit = 64 * 1024;

  const Service& service;
  const Options& options;
  const Peer peer;
  std::unique_ptr<Stream> stream;
  Gate::Pass pass;
  Buffer in;
  Framer framer;
  Wire wire;
  TimePoint deadline;  ///< for the command that is awaited
  std::string tag;     ///< of the command that runs

  State state = State::not_authenticated;
  bool ending = false;             ///< after this command the connection ends; BYE is written
  bool start_tls = false;          ///< after this command's OK comes a TLS handshake
  bool start_compression = false;  ///< all that follows this command's OK is compressed
  bool condstore = false;          ///< the client hears of modseqs (RFC 7162 3.1)
  bool qresync = false;            ///< it hears of UIDs that vanished instead of EXPUNGE (RFC 7162 3.2.3)
  bool rev2 = false;               ///< it speaks IMAP4rev2, not IMAP4rev1 (RFC 9051 A)
  bool utf8_accept = false;        ///< it takes UTF-8 where IMAP4rev1 has none (RFC 6855 3)
  AccountId account{};
  std::vector<std::string> keywords;          ///< the account's, by number, as far as this session has looked
  std::unique_ptr<View> view;                 ///< the selected mailbox; null: none
  std::shared_ptr<DecodePlace> decode_place;  ///< where the last partial FETCH of decoded content ended

  Store& store() const { return service.store; }
  Runtime& runtime() const { return service.runtime; }
  bool login_allowed() const { return postroom::login_allowed(service, *stream, peer); }

  /// UTF-8 is sent and heard in quoted strings, and mailbox names are in it.
  bool utf8() const { return rev2 || utf8_accept; }
  /// At the beginning of framer.text().
  Cursor cursor() const;
  /// IMAP4rev2 has no \Recent (RFC 9051 E).
  bool is_recent(Uid uid) const { return !rev2 && view->is_recent(uid); }

  /// Sends what waits in `wire`. Throws ConnectionEnded.
  Task<> flush();
  /// For writers of long responses, after `parts` of them (lines, FETCH items): flushes when enough waits,
  /// and lets others have the loop when enough was done.
  Task<> give_way(std::size_t parts = 1);
  /// Counts `parts`; true: give_way(0) has something to do. For loops so quick that asking it each time would
  /// be felt.
  bool must_give_way(std::size_t parts);
  /// The server is stopping: BYE, and the end.
  void say_stopping();

  /// Tells what happened in the selected mailbox; messages that are gone only if `expunges` may be told now.
  /// `own`: what a STORE of this session did and has answered itself. True: flags had changed. (tell.cc)
  Task<bool> tell_changes(bool expunges, const FlagsStored* own = nullptr);
  /// Makes sure that `keywords` names all of these flags; tells the client when there are new ones (RFC
  /// 3501 7.2.6).
  Task<> learn_keywords(std::uint64_t bits);
  /// The client has shown that it knows CONDSTORE (RFC 7162 3.1): from now on it hears of modseqs.
  void enable_condstore();
  /// No mailbox is selected any more.
  void deselect();

  /// After a "+": the client's next line is framer.text(). `more`: none yet, the stream's signal was raised
  /// by someone else. `too_long`: the connection had better end.
  Task<Framer::Event> hear_line(std::size_t limit);

  // For a command that reads a literal itself.

  /// Asks for the literal if the client waits to be asked.
  Task<> begin_literal(Announced literal);
  /// The next piece of it, good until the session reads again; empty at its end.
  Task<std::string_view> read_literal();
  /// What follows the literal is framer.text(). `complete`: the command has ended; `literal`: it goes on with
  /// another one; `too_long`.
  Task<Framer::Event> hear_rest();

  // Of the command that is running.

  bool keeps_numbers = false;  ///< its sequence numbers must keep their meaning to its end
  bool owes_modseq = false;    ///< what it told does not show the modseq up to which the client knows all

  // Of the command loop (session.cc).

  // Work is counted in bytes; a part of a response takes as long as so many. Together: a few milliseconds.
  static constexpr std::size_t kPartWork = 256;
  static constexpr std::size_t kTurnWork = 256 * 1024;
  /// Of a command: sixteen that wait for nothing are enough for a turn, since many connections may be full of
  /// them.
  static constexpr std::size_t kCommandParts = kTurnWork / kPartWork / 16;

  Task<Framer::Event> hear(bool line, std::size_t limit);
  std::uint64_t literal_left = 0;  ///< bytes of a streamed literal that have not been read
  std::size_t work = 0;            ///< since this session last gave the loop to others
  bool command_open = false;       ///< the rest of a command with a streamed literal has not been read
  bool listening = false;          ///< a read is under way, and everything has been sent
  bool speaks_imap = false;        ///< it has sent a command that there is
  unsigned early_commands = 0;     ///< before login
  unsigned mistakes = 0;           ///< before login
};

/// One connection, to its end. Never throws.
Task<> serve(Connection connection, const Service& service, const Options& options);

}  // namespace postroom::imap
