// A client that looks at an account's inbox by IMAP, and keeps a picture of it.
#pragma once

#include <deque>

#include "tests/sim/net/client.h"
#include "tests/sim/net/imap_picture.h"

namespace postroom::testing {

class ImapClient : public Client {
 public:
  enum class Role { idles, stores, expunges };

  ImapClient(Around& around, std::string name, int account, Role role, std::uint64_t seed)
      : Client(around, std::move(name), Port::imap, seed),
        account_(account),
        role_(role),
        acts_(2 + below(6)) {}

 private:
  struct Command {
    std::string tag;
    bool by_number = false;  ///< no EXPUNGE may come while it is answered (RFC 3501 7.4.1)
  };
  struct Storing {
    Storing() = default;
    FlagSet flags;
    std::string how;  ///< "+", "-", or nothing to replace
    bool silent = false;
  };

  Task<> visit() override;
  bool wants_more() const override { return !over_; }

  // imap_client.cc: the conversation.
  Task<> command(std::string text);
  Task<> commands(std::vector<std::string> texts);
  std::string begin(const std::string& text);
  Task<> answers();
  Task<> hear();
  Task<ImapResponse> response();
  void tagged(const ImapResponse& response);
  void untagged(const ImapResponse& response);
  void changed(std::uint64_t number, std::string_view kind, const ImapResponse& response);
  void searched(std::string_view numbers) const;
  void fetched(std::uint64_t number, const ImapResponse& response);

  // imap_acts.cc: what it does.
  Task<> log_in();
  Task<> select();
  Task<> act();
  Task<> begin_idle();
  Task<> idle_until(TimePoint until);
  Task<> end_idle();
  Task<> idle();
  Task<> look();
  Task<> store();
  Task<> append();
  Task<> learn();
  Task<> expunge();
  Task<> wait_for_quiet();
  Task<> compare(std::string when);
  std::string some_numbers();
  std::string some_uids();
  std::string some_that_are_known();
  std::string store_command(const Storing& storing);
  void stored(const Storing& storing);

  const int account_;
  const Role role_;
  std::size_t acts_;
  bool over_ = false;

  int session_ = 0;  // of all sessions of the scenario
  bool condstore_ = false;
  Picture picture_;
  std::deque<Command> under_way_;
  std::string answer_;  // the last tagged one, without its tag
  bool go_ahead_ = false;
  unsigned tags_ = 0;
};

}  // namespace postroom::testing
