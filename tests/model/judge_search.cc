// SEARCH: of each message it is asked whether it could, and whether it could not, be found.
#include <algorithm>

#include "tests/model/judge.h"

namespace postroom::testing::model {

namespace {

using Numbers = std::vector<std::uint32_t>;

/// RFC 5182 2.4 and RFC 4731 3.2: what SAVE keeps and MODSEQ is about.
Numbers meant_of(const Command& command, const Numbers& found, const Numbers& partial) {
  const bool all = command.returns_any("ALL") || command.returns_any("COUNT");
  const bool ends =
      command.returns_any("MIN") || command.returns_any("MAX") || command.returns_any("PARTIAL");
  if (all || !ends || found.empty()) return found;
  std::set<std::uint32_t> meant(partial.begin(), partial.end());
  if (command.returns_any("MIN")) meant.insert(found.front());
  if (command.returns_any("MAX")) meant.insert(found.back());
  return {meant.begin(), meant.end()};
}

/// RFC 9394 3.1: "PARTIAL 1:3", or from the end.
Numbers partial_of(const Command& command, const Numbers& found, std::string& range) {
  for (const std::string& option : command.returns) {
    if (!option.starts_with("PARTIAL ")) continue;
    range = option.substr(8);
    const bool from_end = range.starts_with('-');
    unsigned a = 0, b = 0;
    std::sscanf(range.c_str(), from_end ? "-%u:-%u" : "%u:%u", &a, &b);
    Numbers some;
    for (std::size_t place = 1; place <= found.size(); ++place) {
      const std::size_t from = from_end ? found.size() + 1 - place : place;
      if (from >= std::min(a, b) && from <= std::max(a, b)) some.push_back(found[place - 1]);
    }
    return some;
  }
  return {};
}

std::string extended(const Command& command, const Numbers& found) {
  std::string text = command.uid ? " UID" : "";
  std::string range;
  const Numbers partial = partial_of(command, found, range);
  if (command.returns_any("MIN") && !found.empty()) text += " MIN " + std::to_string(found.front());
  if (command.returns_any("MAX") && !found.empty()) text += " MAX " + std::to_string(found.back());
  if (command.returns_any("COUNT")) text += " COUNT " + std::to_string(found.size());
  if ((command.returns_any("ALL") || command.returns.empty()) && !found.empty())
    text += " ALL " + set_of(found);
  if (!range.empty()) text += " PARTIAL (" + range + " " + (partial.empty() ? "NIL" : set_of(partial)) + ")";
  return text;
}

std::string plain(const Numbers& found) {
  std::string text = "SEARCH";
  for (const std::uint32_t number : found) text += " " + std::to_string(number);
  return text;
}

}  // namespace

/// Which messages can be found, held against those that were.
std::string Judge::find(const Command& command, Window window, Found& all) const {
  const Answer& answer = command.answer;
  const Searcher searcher{answer.before, answer.saved_before, command.now, answer.recent_known};
  for (std::size_t place = 0; place < answer.before.size(); ++place) {
    const Uid uid = answer.before[place].uid;
    Verdict verdict = uid == 0 ? Verdict::perhaps() : Verdict();
    for (std::size_t k = window.first; k <= window.last; ++k) {
      const Mail* mail = mailbox(k, command.mailbox)->find(uid);
      const Verdict one = mail ? command.tree.test(*mail, searcher) : Verdict::perhaps();
      verdict = {verdict.may || one.may, verdict.may_not || one.may_not};
    }
    if (answer.found && uid != 0) {
      const bool found = std::find(answer.found->begin(), answer.found->end(), uid) != answer.found->end();
      if (found ? !verdict.may : !verdict.may_not)
        return "UID " + std::to_string(uid) + (found ? " is found" : " is not found");
    }
    all.certain = all.certain && verdict.may != verdict.may_not;
    if (!verdict.may) continue;
    all.numbers.push_back(command.uid ? uid : static_cast<std::uint32_t>(place + 1));
    all.uids.push_back(uid);
  }
  return {};
}

/// What should be answered when it is certain what is found.
std::string Judge::search_answer(const Command& command, const Found& found, const Numbers& meant,
                                 Window window) const {
  std::string answer = command.extended ? extended(command, found.numbers) : plain(found.numbers);
  // Among several moments the highest modseq can be one or another.
  if (!command.tree.modseq || meant.empty() || window.first != window.last) return answer;
  ModSeq highest = 0;
  for (const Uid uid : meant)
    highest = std::max(highest, mailbox(window.last, command.mailbox)->find(uid)->modseq);
  const std::string modseq = "MODSEQ " + std::to_string(highest);
  return answer + (command.extended ? " " + modseq : " (" + modseq + ")");
}

std::string Judge::judge_search(Lane& lane, const Command& command, Window window) const {
  const Answer& answer = command.answer;
  if (command.tree.bad) return expect(command, "BAD");
  std::string complaint = expect(command, "OK");
  if (!complaint.empty()) return complaint;
  Found found;
  complaint = find(command, window, found);
  if (!complaint.empty()) return complaint;
  const bool save = command.returns_any("SAVE");
  lane.saved_unsure = lane.saved_unsure || (save && !found.certain);
  if (!found.certain) return {};
  std::string range;
  const Numbers meant = meant_of(command, found.uids, partial_of(command, found.uids, range));
  if (save) lane.saved = meant;
  const bool silent = save && command.returns.size() == 1;
  if (answer.lines.size() != (silent ? 0 : 1)) return "there should be one answer";
  if (silent) return {};
  const std::string wanted = search_answer(command, found, meant, window);
  std::string told = answer.lines[0];
  if (command.extended) told.erase(0, told.find(')') + 1);
  if (window.first != window.last && command.tree.modseq)
    told.erase(std::min(told.size(), told.find(command.extended ? " MODSEQ " : " (MODSEQ ")));
  return told == wanted ? "" : "should find" + wanted;
}

}  // namespace postroom::testing::model
