#include "tests/sim/net/imap_picture.h"

#include <stdexcept>

#include "base/text.h"

namespace postroom::testing {

namespace {

[[noreturn]] void wrong(const std::string& what) { throw std::logic_error(what); }

/// A data item's name: BODY[HEADER.FIELDS (SUBJECT)] has spaces within its brackets.
std::string_view item_name(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    depth += text[at] == '[';
    depth -= text[at] == ']';
    if (text[at] == ' ' && depth == 0) return text.substr(0, at);
  }
  return text;
}

/// A parenthesised list with its nested ones; none of ours has parentheses in quoted strings.
std::string_view list_at(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    depth += text[at] == '(';
    depth -= text[at] == ')';
    if (depth == 0) return text.substr(0, at + 1);
  }
  return text;
}

/// Its value, as it stands there.
std::string_view item_value(std::string_view text) {
  if (text.starts_with('(')) return list_at(text);
  if (text.starts_with('"')) return text.substr(0, text.find('"', 1) + 1);
  return text.substr(0, text.find_first_of(" )"));
}

}  // namespace

std::map<std::string, std::string> fetch_items(const ImapResponse& response) {
  std::map<std::string, std::string> items;
  std::size_t literal = 0;
  std::string_view left = response.text;
  left.remove_prefix(left.find('(') + 1);
  while (!left.empty() && left != ")") {
    const std::string name(item_name(left));
    left.remove_prefix(std::min(left.size(), name.size() + 1));
    const std::string_view value = item_value(left);
    if (value.starts_with('{') && literal < response.literals.size()) {
      items[name] = response.literals[literal++];
    } else if (value.starts_with('"')) {
      items[name] = value.substr(1, value.size() - 2);
    } else {
      items[name] = value;
    }
    left.remove_prefix(value.size());
    if (left.starts_with(' ')) left.remove_prefix(1);
  }
  if (left != ")") wrong("a FETCH response that cannot be read: " + response.text);
  return items;
}

FlagSet flag_set(std::string_view list) {
  FlagSet flags;
  if (list.size() < 2) return flags;
  for (const std::string_view flag : split(list.substr(1, list.size() - 2), ' '))
    if (!flag.empty()) flags.emplace(flag);
  return flags;
}

std::string flag_list(const FlagSet& flags) {
  std::string list;
  for (const std::string& flag : flags) list += (list.empty() ? "" : " ") + flag;
  return "(" + list + ")";
}

void Picture::exists(std::uint64_t count) {
  if (count < entries_.size()) wrong("EXISTS went down to " + std::to_string(count));
  entries_.resize(count);
}

void Picture::expunge(std::uint64_t number) {
  if (number == 0 || number > entries_.size()) wrong("EXPUNGE of " + std::to_string(number));
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(number - 1));
}

/// One whose UID has not been told is where its UID would be.
void Picture::vanished(Uid uid) {
  auto next = entries_.begin();
  for (auto at = entries_.begin(); at != entries_.end(); ++at)
    if (at->uid != 0 && at->uid <= uid) next = at->uid == uid ? at : at + 1;
  if (next == entries_.end() || (next->uid != 0 && next->uid != uid))
    wrong("VANISHED of " + std::to_string(uid));
  entries_.erase(next);
}

Picture::Entry& Picture::fetched(std::uint64_t number, const std::map<std::string, std::string>& items) {
  if (number == 0 || number > entries_.size()) wrong("FETCH of " + std::to_string(number));
  Entry& entry = entries_[number - 1];
  if (const auto uid = items.find("UID"); uid != items.end()) {
    const auto told = static_cast<Uid>(parse_number(uid->second).value_or(0));
    if (entry.uid != 0 && entry.uid != told)
      wrong("message " + std::to_string(number) + " is UID " + uid->second + ", was " +
            std::to_string(entry.uid));
    entry.uid = told;
  }
  if (const auto flags = items.find("FLAGS"); flags != items.end()) {
    entry.flags = flag_set(flags->second);
    entry.flags->erase("\\Recent");
    entry.told = true;
    if (!items.contains("MODSEQ")) entry.modseq = 0;
  }
  if (const auto modseq = items.find("MODSEQ"); modseq != items.end()) {
    const ModSeq told = parse_number(modseq->second.substr(1, modseq->second.size() - 2)).value_or(0);
    if (told < entry.modseq) wrong("the MODSEQ of message " + std::to_string(number) + " went down");
    entry.modseq = told;
  }
  return entry;
}

void Picture::mean_none() {
  for (Entry& entry : entries_) entry.meant = entry.told = false;
}

std::string Picture::unknown() const {
  std::string set;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].uid == 0 || !entries_[i].flags) set += (set.empty() ? "" : ",") + std::to_string(i + 1);
  return set;
}

std::string Picture::differs_from(const std::vector<Truth>& truth) const {
  if (entries_.size() != truth.size())
    return std::to_string(entries_.size()) + " messages, and there are " + std::to_string(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const Entry& entry = entries_[i];
    const std::string name = "message " + std::to_string(i + 1) + " ";
    if (entry.uid != 0 && entry.uid != truth[i].uid)
      return name + "is UID " + std::to_string(entry.uid) + ", and it is " + std::to_string(truth[i].uid);
    if (entry.flags && *entry.flags != truth[i].flags)
      return name + "has " + flag_list(*entry.flags) + ", and it has " + flag_list(truth[i].flags);
    if (entry.modseq != 0 && entry.modseq != truth[i].modseq)
      return name + "has modseq " + std::to_string(entry.modseq) + ", and it has " +
             std::to_string(truth[i].modseq);
  }
  return {};
}

}  // namespace postroom::testing
