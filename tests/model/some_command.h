// What a client does next.
#pragma once

#include "tests/model/client.h"
#include "tests/model/dice.h"

namespace postroom::testing::model {

class Chooser {
 public:
  /// `now`: Unix seconds.
  Chooser(Dice& dice, const Truth& truth, std::int64_t now) : dice_(dice), truth_(truth), now_(now) {}

  /// `alone`: nothing else happens meanwhile. `first`: it comes before others of its session have changed
  /// what numbers mean.
  Command some(const Client& client, bool alone, bool first);
  Command select(const Client& client);
  /// After this nothing about the picture is unknown.
  static Command learn(const Client& client);
  static Command noop(const Client& client);
  /// Not by a session.
  Command outside();

 private:
  Command in_mailbox(const Client& client, bool first);
  Command among_mailboxes(const Client& client);
  Command append();
  Command store(const Client& client, bool first);
  Command fetch(const Client& client, bool first);
  Command transfer(const Client& client, bool first);
  Command expunge(const Client& client);
  Command search(const Client& client, bool first);
  Command status(const Client& client);
  Command list(const Client& client);
  void choose_set(const Client& client, Command& command, bool first);
  std::string resync(const Client& client, Command& command);
  const Mailbox& some_mailbox();
  Mail some_mail();
  Bits some_flags();
  ModSeq some_modseq(const Client& client);

  Dice& dice_;
  const Truth& truth_;
  const std::int64_t now_;
};

}  // namespace postroom::testing::model
