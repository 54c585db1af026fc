// Client: one session's client. It knows nothing but what it is told, and keeps what QRESYNC's clients keep.
#pragma once

#include <deque>

#include "tests/model/command.h"
#include "tests/support/memory_stream.h"

namespace postroom::testing::model {

class Client {
 public:
  explicit Client(std::string name) : name_(std::move(name)) {}

  /// What a client remembers of a mailbox between two sessions (RFC 7162 3.2.5).
  struct Cache {
    int mailbox = 0;
    std::uint32_t validity = 0;
    ModSeq known = 0;
    Entries entries;
  };

  // The connection.
  Wire wire;
  /// Queues a command; say() sends what is queued.
  Command& queue(Command command);
  void say();
  /// Takes in what has come. Throws std::logic_error with what no server may say.
  void hear();
  /// Every command has been answered, but for an IDLE.
  bool answered() const { return waiting_ == 0 || (waiting_ == 1 && idling); }
  /// Nothing more comes in this round; what an IDLE has told is complete.
  void end_round();
  /// It was told that messages have come, and one cannot tell which.
  bool knows_too_little() const;
  void new_connection();

  // What it knows.
  int mailbox = 0;  ///< 0: none
  bool read_only = false;
  bool condstore = false;
  bool qresync = false;
  bool idling = false;
  bool ended = false;
  Picture picture;
  std::vector<Uid> saved;
  bool saved_known = true;   ///< what "$" is: not after a SEARCH whose result could be one or another
  bool recent_known = true;  ///< not when one of several messages has gone of which some were recent
  ModSeq known = 0;
  std::size_t selection = 0;  ///< how often it has selected a mailbox
  std::optional<Cache> cache;
  std::map<Uid, Picture::Entry> resyncing;  ///< of the cache, while a SELECT is answered

  /// Of this round.
  std::deque<Command> commands;
  /// The last lines of the conversation.
  std::string log() const;
  const std::string& name() const { return name_; }
  void note(const std::string& line);

 private:
  std::optional<ImapResponse> next();
  void take(const ImapResponse& response);
  void begin(Command& command);
  void tagged(Command& command, std::string_view text);
  void untagged(Command& command, const ImapResponse& response);
  void untagged_ok(Command& command, std::string_view text);
  void numbered(Command& command, std::uint64_t number, std::string_view kind, const ImapResponse& response);
  void fetched(Command& command, std::uint64_t number, const ImapResponse& response);
  void exists(std::uint64_t count);
  void recent(std::uint64_t count);
  void vanished(Uid uid);
  void vanished(Command& command, std::string_view rest);
  void found(Command& command, std::string_view text);
  void learn(const std::vector<Uid>& uids);
  std::vector<Uid> uids_of(const Command& command, const std::vector<std::uint32_t>& numbers);
  void store_silently(Command& command);
  void finish(Command& command);
  void settle_known();

  std::string name_;
  std::deque<std::string> log_;
  unsigned tags_ = 0;
  std::size_t waiting_ = 0;        // commands at the end of `commands` that have not been answered
  bool begun_ = false;             // the first of these
  bool places_known_ = true;       // not when one of the messages whose UIDs it does not know has gone
  std::size_t fresh_ = 0;          // messages at the end of the picture of which RECENT has not been told
  ModSeq revealed_ = 0;            // the highest MODSEQ told in the answer under way,
  std::optional<ModSeq> settled_;  // and its HIGHESTMODSEQ
};

}  // namespace postroom::testing::model
