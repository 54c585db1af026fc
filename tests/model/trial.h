// Trial: some sessions on one account, round after round: commands of one session alone, or of several at
// once with mail that comes in and is removed, each answer judged before the next round begins.
#pragma once

#include <memory>

#include "tests/model/client.h"
#include "tests/model/dice.h"
#include "tests/model/judge.h"
#include "tests/transcripts/world.h"

namespace postroom::testing::model {

/// What a run has seen, so that a test can tell whether it was enough.
struct Counts {
  std::uint64_t steps = 0;  ///< commands judged
  std::uint64_t rounds = 0;
  std::uint64_t at_once = 0;  ///< rounds with several sessions
  std::uint64_t orders = 0;   ///< tried in these
  std::uint64_t resyncs = 0;
  std::uint64_t selects = 0;
  std::uint64_t outside = 0;
  std::uint64_t idle = 0;  ///< rounds in which an IDLE was told of something
};

class Trial {
 public:
  explicit Trial(std::uint64_t seed);
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial();

  /// What was wrong, with the end of each conversation; empty: nothing.
  std::string play(std::uint64_t steps);
  const Counts& counts() const { return counts_; }
  /// The end of what was said in each session.
  std::string conversations() const;

 private:
  struct Outside;

  void round();
  void choose_round();
  void choose_commands(Client& client, bool alone);
  void choose_outside();
  void act_outside(Command& command);
  Task<> deliver(unsigned text);
  Task<> drop(std::string name, std::vector<Uid> uids);
  void let_pass();
  bool all_answered() const;
  void judge_round();
  std::vector<Mailbox> look() const;
  Mailbox stored(const MailboxInfo& info, const std::vector<std::string>& keywords) const;
  void adopt(Client& client, const Judge::Lane& lane);
  void claim_recent();
  static bool claims(const Client& client);
  bool claims_unsure(const Mailbox& mailbox) const;
  Uid first_sure(const Mailbox& mailbox) const;
  void check_not_recent(const Client& client) const;
  void check_recent_counts();
  void remember(Client& client);
  void connect(Client& client);
  void disconnect(Client& client);
  void exchange(Client& client, const std::string& text);
  void learn_mailboxes();
  std::int64_t now() const;

  Dice dice_;
  std::unique_ptr<Endpoint> endpoint_;
  mutable World world_;
  AccountId account_{};
  std::vector<std::unique_ptr<Client>> clients_;
  std::deque<Command> outside_;
  std::size_t under_way_ = 0;  // of what happens outside
  bool slow_ = false;
  Truth truth_;
  std::uint32_t last_validity_ = 0;
  std::map<std::pair<int, Uid>, std::pair<const Client*, std::size_t>> claims_;  // whose \Recent a message is
  std::map<int, Uid> unsure_;  // by mailbox: of lower UIDs it is not known whose they are
  Counts counts_;
};

}  // namespace postroom::testing::model
