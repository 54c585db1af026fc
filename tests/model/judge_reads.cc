// What can have been seen: of each response it is asked whether it was so at some moment that it can be
// about.
#include <algorithm>

#include "base/text.h"
#include "tests/model/judge.h"

namespace postroom::testing::model {

namespace {

/// "17-Jul-1996 09:44:25 +0000".
std::string date_time(std::int64_t seconds) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  char text[64];
  std::snprintf(text, sizeof text, "%2u-%s-%d %02d:%02d:%02d +0000", static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

/// What never changes; nothing for an item that is not about that.
std::optional<std::string> constant_item(const std::string& name, const Mail& mail) {
  const Text& text = text_of(mail.text);
  if (name == "RFC822.SIZE") return std::to_string(text.bytes.size());
  if (name == "INTERNALDATE" && mail.exact_date) return date_time(mail.date);
  if (name == "BODY[]" || name == "RFC822") return text.bytes;
  if (name == "BODY[HEADER]") return text.header;
  if (name == "BODY[TEXT]") return text.body;
  if (name == "BODY[]<3>") return text.bytes.substr(3, 10);
  if (name == "BODY[HEADER.FIELDS (SUBJECT)]") return "Subject: " + text.subject + "\r\n\r\n";
  return std::nullopt;
}

std::string tell(const Mail& mail) {
  return names_of(mail.flags) + " and modseq " + std::to_string(mail.modseq);
}

/// Name and value by turns, within the parentheses.
std::map<std::string, std::string> pairs_in(std::string_view line) {
  std::map<std::string, std::string> pairs;
  const std::size_t open = line.find('(');
  const std::vector<std::string_view> words = split(line.substr(open + 1, line.rfind(')') - open - 1), ' ');
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) pairs.emplace(words[i], words[i + 1]);
  return pairs;
}

}  // namespace

std::string Judge::judge_fetched(const Command& command, const Fetched& fetched, Window window) const {
  if (fetched.uid == 0) return {};
  const std::string name = "UID " + std::to_string(fetched.uid) + " ";
  bool there = false, right = false, always = true;
  std::string was;
  for (std::size_t k = window.first; k <= window.last; ++k) {
    const Mailbox* box = mailbox(k, command.mailbox);
    const Mail* mail = box ? box->find(fetched.uid) : nullptr;
    always = always && mail;
    if (!mail) continue;
    if (!there)
      for (const auto& [item, value] : fetched.items) {
        const auto wanted = constant_item(item, *mail);
        if (wanted && *wanted != value && value != "NIL") return name + item + " should be " + *wanted;
      }
    there = true;
    was += " " + tell(*mail);
    right = right || ((!fetched.flags || *fetched.flags == mail->flags) &&
                      (fetched.modseq == 0 || fetched.modseq == mail->modseq));
  }
  if (!there) return name + "is told of, and is not there";
  for (const auto& [item, value] : fetched.items)
    if (value == "NIL" && always) return name + item + " is NIL";
  return right ? "" : name + "is told with flags or modseq that it did not have; it had" + was;
}

std::string Judge::judge_fetch(const Command& command, Window window) const {
  const Answer& answer = command.answer;
  if (!answer.uids) return expect(command, "BAD");
  bool some_always_gone = false, some_gone = false;
  for (const Uid uid : *answer.uids) {
    std::size_t present = 0, meant = 0;
    for (std::size_t k = window.first; k <= window.last; ++k) {
      const Mail* mail = mailbox(k, command.mailbox)->find(uid);
      present += mail != nullptr;
      meant += mail && (!command.changed_since || mail->modseq > *command.changed_since);
    }
    const std::size_t all = window.last - window.first + 1;
    some_gone = some_gone || present < all;
    some_always_gone = some_always_gone || (present == 0 && !command.changed_since);
    const bool told = std::any_of(answer.fetched.begin(), answer.fetched.end(), [&](const Fetched& one) {
      return one.uid == uid && std::all_of(command.items.begin(), command.items.end(),
                                           [&](const auto& item) { return one.items.contains(item); });
    });
    if (meant == all && !told) return "UID " + std::to_string(uid) + " is not answered";
  }
  const bool by_number = !command.uid && !command.set.saved;
  if (by_number && some_gone && !expect(command, "NO", "EXPUNGEISSUED").empty() && !some_always_gone)
    return expect(command, "OK");
  const bool refused =
      by_number && some_gone && (some_always_gone || !command.answer.tagged.starts_with("OK"));
  return refused ? expect(command, "NO", "EXPUNGEISSUED") : expect(command, "OK");
}

std::string Judge::judge_stored(const Command& command, Window window) const {
  const Answer& answer = command.answer;
  if (!answer.uids || command.read_only || command.silent) return {};
  for (const Uid uid : *answer.uids) {
    bool there = true;
    for (std::size_t k = window.own; k <= window.last; ++k)
      there = there && mailbox(k, command.mailbox)->find(uid);
    if (!there) continue;
    const bool told = std::any_of(answer.fetched.begin(), answer.fetched.end(),
                                  [uid](const Fetched& one) { return one.uid == uid && one.flags; });
    if (!told) return "the new flags of UID " + std::to_string(uid) + " are not told";
  }
  return {};
}

std::string Judge::judge_status(const Command& command, Window window) const {
  const bool missing = !states_[window.last].named(command.name);
  if (missing) return expect(command, "NO", "NONEXISTENT");
  if (command.answer.lines.size() != 1) return "there should be one STATUS";
  const auto items = pairs_in(command.answer.lines[0]);
  std::string was;
  for (std::size_t k = window.first; k <= window.last; ++k) {
    const Mailbox& box = *states_[k].named(command.name);
    std::size_t unseen = 0, size = 0;
    for (const Mail& mail : box.mails) {
      unseen += (mail.flags & kSeen) == 0;
      size += text_of(mail.text).bytes.size();
    }
    const std::map<std::string, std::uint64_t> all{{"MESSAGES", box.mails.size()}, {"UIDNEXT", box.next},
                                                   {"UIDVALIDITY", box.validity},  {"UNSEEN", unseen},
                                                   {"HIGHESTMODSEQ", box.highest}, {"SIZE", size}};
    const bool right = std::all_of(all.begin(), all.end(), [&](const auto& item) {
      return items.contains(item.first) && items.at(item.first) == std::to_string(item.second);
    });
    if (right) return expect(command, "OK");
    for (const auto& [name, value] : all) was += " " + name + " " + std::to_string(value);
  }
  return command.answer.lines[0] + ", and it was" + was;
}

std::string Judge::judge_list(const Command& command, Window window) const {
  const Truth& now = states_[window.last];
  std::map<std::string, std::string> listed;
  for (const std::string& line : command.answer.lines)
    listed.emplace(line.substr(line.rfind(' ') + 1), line.substr(line.find('('), line.find(')')));
  std::set<std::string> names;
  for (const Mailbox& box : now.mailboxes) names.insert(box.name);
  if (command.subscribed) names = now.subscribed;
  for (const std::string& name : names) {
    if (!listed.contains(name)) return name + " is not listed";
    const std::string& attributes = listed.at(name);
    const bool children = attributes.find("\\HasChildren") != std::string::npos;
    if (children != now.has_children(name)) return "the children of " + name;
    const bool nowhere = attributes.find("\\NonExistent") != std::string::npos;
    if (nowhere != !now.named(name)) return "whether there is " + name;
  }
  if (listed.size() != names.size()) return "more is listed than there is";
  return expect(command, "OK");
}

/// What is told of a mailbox was all so at one moment (RFC 3501 6.3.1).
std::string Judge::judge_select(const Command& command, Window window) const {
  if (!mailbox(window.last, command.mailbox)) return expect(command, "NO", "NONEXISTENT");
  std::string was;
  for (std::size_t k = window.first; k <= window.last; ++k) {
    const Mailbox& box = *mailbox(k, command.mailbox);
    std::vector<std::string> codes{"UIDVALIDITY " + std::to_string(box.validity),
                                   "UIDNEXT " + std::to_string(box.next),
                                   "HIGHESTMODSEQ " + std::to_string(box.highest)};
    if (!box.object_id.empty()) codes.push_back("MAILBOXID (" + box.object_id + ")");
    const auto unseen = std::find_if(box.mails.begin(), box.mails.end(),
                                     [](const Mail& mail) { return (mail.flags & kSeen) == 0; });
    if (unseen != box.mails.end())
      codes.push_back("UNSEEN " + std::to_string(unseen - box.mails.begin() + 1));
    const bool all = std::all_of(codes.begin(), codes.end(), [&](const std::string& code) {
      return std::any_of(command.answer.codes.begin(), command.answer.codes.end(),
                         [&](const std::string& told) { return told.starts_with("[" + code + "]"); });
    });
    if (all) return expect(command, "OK", command.read_only ? "READ-ONLY" : "READ-WRITE");
    for (const std::string& code : codes) was += " " + code;
  }
  return "it was" + was;
}

}  // namespace postroom::testing::model
