// Judge: is there an order in which the commands of a round can have happened, so that every answer is right?
//
// A command that changes something does so at one moment, or a few: its steps. A read may have happened at
// any moment between the step before it and the one after it in the same session. All orders of the sessions'
// steps are tried until one explains every answer; with one command at a time there is only one.
#pragma once

#include "tests/model/command.h"

namespace postroom::testing::model {

class Judge {
 public:
  /// Commands that follow each other: a session's, or what happens without one.
  struct Lane {
    std::deque<Command>* commands = nullptr;
    std::string name;
    // What the order found makes of it.
    std::optional<Entries> picture;         ///< with all UIDs; nothing: two pictures are possible
    std::optional<std::vector<Uid>> saved;  ///< what "$" is, if a SEARCH has changed it,
    bool saved_unsure = false;              ///< or that it may be one thing or another
  };

  /// `found` is what the store holds after the round, of the mailboxes that may have changed: it tells apart
  /// orders that the answers do not.
  Judge(const Truth& before, std::vector<Lane>& lanes, const std::vector<Mailbox>& found);

  /// Empty: all is right, and truth() is what is there now.
  std::string explain();
  const Truth& truth() const { return states_.back(); }
  /// How many orders explain nothing.
  std::size_t orders() const { return orders_; }

 private:
  struct Play {
    Command* command = nullptr;
    unsigned steps = 0;       // that it has
    unsigned taken = 0;       // so far
    std::size_t begun = 0;    // the state before its first step,
    std::size_t done = 0;     // and after its last
    bool changed = false;     // something
    std::vector<Uid> chosen;  // by its first step, for its second
  };
  /// The states that a command can have seen.
  struct Window {
    std::size_t first = 0, last = 0;
    std::size_t own = 0;  // the first that has what it did
  };

  bool explore();
  void complain(const std::string& complaint);
  std::string step(Play& play);
  Window window(const std::vector<Play>& plays, std::size_t at) const;
  std::string judge_all();
  std::string judge_found() const;
  std::string judge(Lane& lane, const Play& play, Window window, bool last);

  // judge_steps.cc: what commands change, and what they answer to that.
  static unsigned steps_of(const Command& command);
  std::string append(Truth& truth, const Command& command);
  std::string store(Truth& truth, const Command& command);
  std::string fetch(Truth& truth, Play& play);
  std::string copy(Truth& truth, Play& play);
  std::string move(Truth& truth, const Command& command);
  std::string expunge(Truth& truth, Play& play);
  std::string change_mailboxes(Truth& truth, const Command& command);

  // judge_reads.cc: what can have been seen.
  const Mailbox* mailbox(std::size_t state, int id) const { return states_[state].by_id(id); }
  std::string judge_fetched(const Command& command, const Fetched& fetched, Window window) const;
  std::string judge_fetch(const Command& command, Window window) const;
  std::string judge_stored(const Command& command, Window window) const;
  using Numbers = std::vector<std::uint32_t>;
  struct Found {
    Numbers numbers, uids;
    bool certain = true;
  };
  std::string find(const Command& command, Window window, Found& all) const;
  std::string search_answer(const Command& command, const Found& found, const Numbers& meant,
                            Window window) const;
  std::string judge_search(Lane& lane, const Command& command, Window window) const;
  std::string judge_status(const Command& command, Window window) const;
  std::string judge_list(const Command& command, Window window) const;
  std::string judge_select(const Command& command, Window window) const;
  std::string judge_picture(Lane& lane, const Command& command, Window window) const;
  std::string judge_known(const Command& command, const Entries& entries, Window window) const;

  std::vector<Lane>& lanes_;
  const std::vector<Mailbox>& found_;
  std::vector<std::vector<Play>> plays_;  // by lane
  std::vector<Truth> states_;
  std::set<std::string> complaints_;  // of orders that explain nothing
  std::size_t orders_ = 0;
};

/// Is this what was to be answered? `code` in brackets, or empty.
std::string expect(const Command& command, std::string_view kind, const std::string& code = {});

}  // namespace postroom::testing::model
