#include "tests/model/judge.h"

#include <algorithm>

namespace postroom::testing::model {

namespace {

constexpr std::size_t kMostOrders = 1'000'000;

std::uint64_t all_changes(const Truth& truth) {
  std::uint64_t all = 0;
  for (const Mailbox& mailbox : truth.mailboxes) all += mailbox.highest;
  return all;
}

/// What is read without changing anything may have been read before others hear of a change that it shows.
bool changes(const Truth& before, const Truth& after) { return all_changes(before) != all_changes(after); }

std::string describe(const Mailbox& mailbox) {
  std::string text =
      " up to modseq " + std::to_string(mailbox.highest) + ", next UID " + std::to_string(mailbox.next) + ":";
  for (const Mail& mail : mailbox.mails)
    text += " " + std::to_string(mail.uid) + " " + names_of(mail.flags) + " " + std::to_string(mail.modseq);
  return text;
}

}  // namespace

std::string expect(const Command& command, std::string_view kind, const std::string& code) {
  const std::string_view tagged = command.answer.tagged;
  const std::string wanted = std::string(kind) + (code.empty() ? "" : " [" + code + "]");
  const bool fits = tagged.starts_with(wanted + " ");
  const bool has_code = tagged.find(" [") == kind.size() && !tagged.starts_with("OK [HIGHESTMODSEQ ");
  if (fits && (!code.empty() || !has_code || kind == "BAD")) return {};
  return "should be answered " + wanted + ", and is answered " + std::string(tagged);
}

Judge::Judge(const Truth& before, std::vector<Lane>& lanes, const std::vector<Mailbox>& found)
    : lanes_(lanes), found_(found) {
  states_.push_back(before);
  for (Lane& lane : lanes_) {
    std::vector<Play>& plays = plays_.emplace_back();
    for (Command& command : *lane.commands) {
      Play& play = plays.emplace_back();
      play.command = &command;
      play.steps = steps_of(command);
    }
  }
}

std::string Judge::explain() {
  if (explore()) return {};
  std::string all;
  for (const std::string& complaint : complaints_) all += complaint + "\n";
  return all + "(" + std::to_string(orders_) + " orders tried)";
}

bool Judge::explore() {
  bool over = true;
  for (std::vector<Play>& plays : plays_) {
    const auto next =
        std::find_if(plays.begin(), plays.end(), [](const Play& play) { return play.taken < play.steps; });
    if (next == plays.end()) continue;
    over = false;
    const Play before = *next;
    const std::string complaint = step(*next);
    if (complaint.empty() && explore()) return true;
    if (!complaint.empty()) complain(complaint);
    *next = before;
    states_.pop_back();
    if (orders_ > kMostOrders) return false;
  }
  if (!over) return false;
  const std::string complaint = judge_all();
  if (!complaint.empty()) complain(complaint);
  return complaint.empty();
}

void Judge::complain(const std::string& complaint) {
  constexpr std::size_t kMost = 6;
  ++orders_;
  if (complaints_.size() < kMost) complaints_.insert(complaint);
}

std::string Judge::step(Play& play) {
  if (play.taken == 0) play.begun = states_.size() - 1;
  ++play.taken;
  states_.push_back(states_.back());
  play.done = states_.size() - 1;
  Truth& truth = states_.back();
  const Command& command = *play.command;
  std::string complaint;
  switch (command.kind) {
    case Kind::append:
    case Kind::deliver: complaint = append(truth, command); break;
    case Kind::store: complaint = store(truth, command); break;
    case Kind::fetch: complaint = fetch(truth, play); break;
    case Kind::copy: complaint = copy(truth, play); break;
    case Kind::move: complaint = move(truth, command); break;
    case Kind::close:
    case Kind::expunge: complaint = expunge(truth, play); break;
    case Kind::drop:
      if (Mailbox* mailbox = truth.by_id(command.mailbox)) mailbox->remove(command.dropped);
      break;
    default: complaint = change_mailboxes(truth, command); break;
  }
  play.changed = play.changed || changes(states_[states_.size() - 2], truth);
  return complaint.empty() ? complaint : command.line() + ": " + complaint;
}

Judge::Window Judge::window(const std::vector<Play>& plays, std::size_t at) const {
  Window window;
  window.last = states_.size() - 1;
  for (std::size_t i = 0; i < at; ++i)
    if (plays[i].changed) window.first = plays[i].done;
  for (std::size_t i = plays.size(); i-- > at + 1;)
    if (plays[i].steps > 0) window.last = plays[i].begun;
  window.own = plays[at].changed ? plays[at].done : window.first;
  return window;
}

std::string Judge::judge_all() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    const std::vector<Play>& plays = plays_[lane];
    for (std::size_t i = 0; i < plays.size(); ++i) {
      const bool last = i + 1 == plays.size();
      const std::string complaint = judge(lanes_[lane], plays[i], window(plays, i), last);
      if (!complaint.empty()) return lanes_[lane].name + ": " + plays[i].command->line() + ": " + complaint;
    }
  }
  return judge_found();
}

std::string Judge::judge_found() const {
  for (const Mailbox& found : found_) {
    if (!truth().named(found.name)) continue;
    const Mailbox& wanted = *truth().named(found.name);
    const bool same =
        std::equal(found.mails.begin(), found.mails.end(), wanted.mails.begin(), wanted.mails.end(),
                   [](const Mail& one, const Mail& other) {
                     return one.uid == other.uid && one.flags == other.flags && one.modseq == other.modseq;
                   });
    if (same && found.next == wanted.next && found.highest == wanted.highest) continue;
    return found.name + " holds" + describe(found) + "\nand should hold" + describe(wanted);
  }
  return {};
}

std::string Judge::judge(Lane& lane, const Play& play, Window window, bool last) {
  const Command& command = *play.command;
  if (command.kind == Kind::deliver || command.kind == Kind::drop) return {};
  const bool lost =
      command.kind != Kind::select && command.mailbox != 0 && !mailbox(window.last, command.mailbox);
  if (command.answer.bye) return lost ? "" : "a goodbye for no reason";
  if (lost && command.kind != Kind::remove) return "the mailbox was deleted, and there is no BYE";
  std::string complaint;
  for (const Fetched& fetched : command.answer.fetched)
    if (complaint.empty()) complaint = judge_fetched(command, fetched, window);
  if (!complaint.empty()) return complaint;
  switch (command.kind) {
    case Kind::fetch: complaint = judge_fetch(command, window); break;
    case Kind::store: complaint = judge_stored(command, window); break;
    case Kind::search: complaint = judge_search(lane, command, window); break;
    case Kind::status: complaint = judge_status(command, window); break;
    case Kind::list: complaint = judge_list(command, window); break;
    case Kind::select: complaint = judge_select(command, window); break;
    case Kind::noop:
    case Kind::unselect:
    case Kind::done: complaint = expect(command, "OK"); break;
    default: break;
  }
  if (complaint.empty() && last) complaint = judge_picture(lane, command, window);
  return complaint;
}

}  // namespace postroom::testing::model
