// After each command the client's picture is the mailbox as it was at one moment.
#include <algorithm>

#include "tests/model/judge.h"

namespace postroom::testing::model {

namespace {

/// A picture held against a mailbox.
struct Fit {
  Entries entries;      ///< with the UIDs that were not told
  std::string why;      ///< it does not fit
  bool unsure = false;  ///< one of the messages whose UIDs were not told is gone, but which?
};

std::string differs(const Picture::Entry& entry, const Mail& mail) {
  if (entry.flags && bits_of(*entry.flags) != mail.flags)
    return "UID " + std::to_string(mail.uid) + " has " + flag_list(*entry.flags) + ", and it has " +
           names_of(mail.flags);
  if (entry.modseq != 0 && entry.modseq != mail.modseq)
    return "UID " + std::to_string(mail.uid) + " has modseq " + std::to_string(entry.modseq) +
           ", and it has " + std::to_string(mail.modseq);
  return {};
}

bool some_untold(const Answer& answer) {
  return std::any_of(answer.after.begin(), answer.after.end(),
                     [](const Picture::Entry& entry) { return entry.uid == 0; });
}

/// `stale`: messages that are gone may be in the picture.
Fit fit(const Answer& answer, const Mailbox& mailbox, bool stale) {
  Fit fit;
  fit.entries = answer.after;
  std::size_t cached = 0;
  auto mail = mailbox.mails.begin();
  for (Picture::Entry& entry : fit.entries) {
    const bool gone = mail == mailbox.mails.end() || (entry.uid != 0 && entry.uid != mail->uid);
    if (gone && !stale)
      fit.why = "UID " + std::to_string(entry.uid) + " is in the picture, and UID " +
                (mail == mailbox.mails.end() ? "none" : std::to_string(mail->uid)) + " is there";
    if (!fit.why.empty()) return fit;
    if (gone) continue;
    const auto known = answer.cached.find(mail->uid);
    cached += known != answer.cached.end();
    if (known != answer.cached.end()) {
      if (!entry.flags) entry.flags = known->second.flags;
      if (entry.modseq == 0) entry.modseq = known->second.modseq;
    }
    entry.uid = mail->uid;
    fit.why = differs(entry, *mail);
    if (!fit.why.empty()) return fit;
    ++mail;
  }
  fit.unsure = some_untold(answer) && fit.entries.size() != mailbox.mails.size();
  if (mail != mailbox.mails.end()) fit.why = "UID " + std::to_string(mail->uid) + " is not in the picture";
  if (cached < answer.cached.size()) fit.why = "it is not told that what it remembers is gone";
  return fit;
}

bool same_uids(const Entries& a, const Entries& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const Picture::Entry& one, const Picture::Entry& other) { return one.uid == other.uid; });
}

bool selected_after(const Command& command) {
  if (command.mailbox == 0 || command.kind == Kind::close || command.kind == Kind::unselect) return false;
  return command.kind != Kind::select || command.answer.tagged.starts_with("OK");
}

}  // namespace

std::string Judge::judge_picture(Lane& lane, const Command& command, Window window) const {
  const Answer& answer = command.answer;
  lane.picture = answer.after;
  if (answer.tagged.starts_with("BAD") || !selected_after(command)) return {};
  if (!mailbox(window.last, command.mailbox)) return {};
  const bool pushed = command.kind == Kind::idle || command.kind == Kind::waiting;
  // The order that explains the answers may be another one than what happened: it does not tell which of
  // others' messages the client has heard of.
  const bool unsure = lanes_.size() > 1 && some_untold(answer);
  std::string why;
  std::optional<Entries> found;
  for (std::size_t k = window.last; k + 1 > (pushed ? window.last : window.own); --k) {
    Fit one = fit(answer, *mailbox(k, command.mailbox), command.by_number);
    if (why.empty()) why = one.why;
    if (!one.why.empty()) continue;
    if (unsure || one.unsure || !answer.places_known || (found && !same_uids(*found, one.entries))) {
      found = std::move(one.entries);
      lane.picture.reset();
      break;
    }
    found = std::move(one.entries);
    lane.picture = found;
  }
  if (!found) return "the client's picture is not the mailbox: " + why;
  return lane.picture ? judge_known(command, *lane.picture, window) : "";
}

/// RFC 7162 6: a client that knows a HIGHESTMODSEQ knows everything up to there.
std::string Judge::judge_known(const Command& command, const Entries& entries, Window window) const {
  const ModSeq known = command.answer.known;
  if (known == 0) return {};
  const Mailbox& now = *mailbox(window.last, command.mailbox);
  const std::string upto = " up to modseq " + std::to_string(known);
  if (known > now.highest) return "the client cannot know all" + upto;
  for (const Mail& mail : now.mails) {
    if (mail.modseq > known) continue;
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const Picture::Entry& one) { return one.uid == mail.uid; });
    const std::string why =
        entry == entries.end() ? "UID " + std::to_string(mail.uid) : differs(*entry, mail);
    if (!why.empty()) return "the client takes itself to know all" + upto + ", but not: " + why;
  }
  for (const Picture::Entry& entry : entries) {
    if (!command.answer.qresync || now.find(entry.uid)) continue;
    for (const Gone& gone : now.gone)
      if (gone.uid == entry.uid && gone.modseq <= known)
        return "the client takes itself to know all" + upto + ", but not that UID " +
               std::to_string(gone.uid) + " is gone";
  }
  return {};
}

}  // namespace postroom::testing::model
