// What commands change, and what they answer to that.
#include <algorithm>

#include "tests/model/judge.h"

namespace postroom::testing::model {

namespace {

std::vector<Uid> those_there(const Mailbox& mailbox, const std::vector<Uid>& uids) {
  std::vector<Uid> there;
  for (const Uid uid : uids)
    if (mailbox.find(uid)) there.push_back(uid);
  return there;
}

std::string copyuid(const Mailbox& target, const Truth::Copies& copies) {
  return "COPYUID " + std::to_string(target.validity) + " " + set_of(copies.from) + " " + set_of(copies.to);
}

/// One modseq for all that it changes.
void change_flags(Mailbox& mailbox, const std::vector<Uid>& uids, const std::string& how, Bits flags) {
  const ModSeq modseq = mailbox.highest + 1;
  for (const Uid uid : uids) {
    Mail& mail = *mailbox.find(uid);
    const Bits before = mail.flags;
    if (how == "+") mail.flags |= flags;
    if (how == "-") mail.flags &= ~flags;
    if (how.empty()) mail.flags = flags;
    if (mail.flags == before) continue;
    mail.modseq = modseq;
    mailbox.highest = modseq;
  }
}

constexpr const char* kGone = "EXPUNGEISSUED";

}  // namespace

unsigned Judge::steps_of(const Command& command) {
  switch (command.kind) {
    case Kind::fetch: return command.sets_seen && !command.read_only ? 2 : 0;
    case Kind::copy: return command.uid || command.set.saved ? 1 : 2;
    case Kind::close:
    case Kind::expunge: return command.read_only ? 1 : 2;
    case Kind::append:
    case Kind::deliver:
    case Kind::store:
    case Kind::move:
    case Kind::drop:
    case Kind::create:
    case Kind::remove:
    case Kind::rename:
    case Kind::subscribe: return 1;
    default: return 0;
  }
}

/// RFC 3501 6.3.11, RFC 3502: each message has a modseq of its own.
std::string Judge::append(Truth& truth, const Command& command) {
  Mailbox* mailbox = truth.named(command.name);
  if (!mailbox) return expect(command, "NO", "TRYCREATE");
  std::vector<Uid> uids;
  const ModSeq modseq = mailbox->highest + 1;
  for (const Mail& mail : command.mails) {
    uids.push_back(mailbox->next);
    mailbox->add(mail, modseq);
  }
  if (command.kind == Kind::deliver) return {};
  return expect(command, "OK", "APPENDUID " + std::to_string(mailbox->validity) + " " + set_of(uids));
}

std::string Judge::store(Truth& truth, const Command& command) {
  const Answer& answer = command.answer;
  if (!answer.uids) return expect(command, "BAD");
  if (command.read_only) return expect(command, "NO", "READ-ONLY");
  Mailbox& mailbox = *truth.by_id(command.mailbox);
  const std::vector<Uid> there = those_there(mailbox, *answer.uids);
  std::vector<Uid> meant;
  std::vector<std::uint32_t> refused;
  for (const Uid uid : there)
    if (!command.unchanged_since || mailbox.find(uid)->modseq <= *command.unchanged_since) {
      meant.push_back(uid);
    } else if (command.uid) {
      refused.push_back(uid);
    } else {
      const auto at = std::find_if(answer.after.begin(), answer.after.end(),
                                   [uid](const Picture::Entry& entry) { return entry.uid == uid; });
      refused.push_back(static_cast<std::uint32_t>(at - answer.after.begin() + 1));
    }
  change_flags(mailbox, meant, command.how, command.flags);
  if (!refused.empty()) return expect(command, "OK", "MODIFIED " + set_of(refused));
  const bool told = there.size() == answer.uids->size() || command.uid || command.set.saved || command.silent;
  return told ? expect(command, "OK") : expect(command, "NO", kGone);
}

/// First it looks which messages are unseen, then it marks them.
std::string Judge::fetch(Truth& truth, Play& play) {
  const Answer& answer = play.command->answer;
  if (!answer.uids) return expect(*play.command, "BAD");
  Mailbox& mailbox = *truth.by_id(play.command->mailbox);
  if (play.taken == 1) {
    for (const Uid uid : those_there(mailbox, *answer.uids))
      if ((mailbox.find(uid)->flags & kSeen) == 0) play.chosen.push_back(uid);
    return {};
  }
  change_flags(mailbox, those_there(mailbox, play.chosen), "+", kSeen);
  return {};
}

/// Copies of only some are taken back (RFC 3501 6.4.7).
std::string Judge::copy(Truth& truth, Play& play) {
  const Command& command = *play.command;
  const Answer& answer = command.answer;
  if (play.taken == 2) {
    if (!play.chosen.empty()) truth.named(command.name)->remove(play.chosen);
    return {};
  }
  if (!answer.uids) return expect(command, "BAD");
  Mailbox* target = truth.named(command.name);
  if (!target) return expect(command, "NO", "TRYCREATE");
  const Truth::Copies copies = truth.copy(command.mailbox, *answer.uids, target->id);
  if (play.steps == 2 && copies.from.size() < answer.uids->size()) {
    play.chosen = copies.to;
    return expect(command, "NO", kGone);
  }
  return copies.to.empty() ? expect(command, "OK") : expect(command, "OK", copyuid(*target, copies));
}

/// RFC 6851 3.
std::string Judge::move(Truth& truth, const Command& command) {
  const Answer& answer = command.answer;
  if (!answer.uids) return expect(command, "BAD");
  if (command.read_only) return expect(command, "NO", "READ-ONLY");
  Mailbox* target = truth.named(command.name);
  if (!target) return expect(command, "NO", "TRYCREATE");
  const Truth::Copies moved = truth.copy(command.mailbox, *answer.uids, target->id);
  truth.by_id(command.mailbox)->remove(moved.from);
  if (moved.to.empty()) return expect(command, "OK");
  const std::string code = "[" + copyuid(*target, moved) + "] ";
  const bool told = std::any_of(answer.codes.begin(), answer.codes.end(),
                                [&](const std::string& one) { return one.starts_with(code); });
  return told ? expect(command, "OK") : "there is no " + code;
}

/// First it looks which messages have \\Deleted, then it removes those that still have it: one that comes
/// meanwhile may stay.
std::string Judge::expunge(Truth& truth, Play& play) {
  const Command& command = *play.command;
  Mailbox* mailbox = truth.by_id(command.mailbox);
  if (!mailbox) return {};
  if (command.read_only)
    return expect(command, command.kind == Kind::close ? "OK" : "NO",
                  command.kind == Kind::close ? "" : "READ-ONLY");
  const std::vector<Uid>* named = command.uid ? &*command.answer.uids : nullptr;
  std::vector<Uid> uids;
  for (const Mail& mail : mailbox->mails) {
    const bool meant = !named || std::find(named->begin(), named->end(), mail.uid) != named->end();
    if (meant && (mail.flags & kDeleted) != 0) uids.push_back(mail.uid);
  }
  if (play.taken == 1) {
    play.chosen = uids;
    return {};
  }
  std::erase_if(uids, [&](Uid uid) {
    return std::find(play.chosen.begin(), play.chosen.end(), uid) == play.chosen.end();
  });
  mailbox->remove(uids);
  return expect(command, "OK");
}

namespace {

/// RFC 8474 4.1: a mailbox that is made has an id that no other one has.
std::string create(Truth& truth, const Command& command) {
  constexpr std::string_view kBefore = "OK [MAILBOXID (";
  const std::string& tagged = command.answer.tagged;
  const std::size_t end = tagged.find(')');
  if (!tagged.starts_with(kBefore) || end == std::string::npos) return expect(command, "OK", "MAILBOXID");
  const std::string id = tagged.substr(kBefore.size(), end - kBefore.size());
  for (const Mailbox& mailbox : truth.mailboxes)
    if (mailbox.object_id == id) return "has the MAILBOXID of " + mailbox.name;
  truth.create(command.name);
  truth.named(command.name)->object_id = id;
  return {};
}

}  // namespace

std::string Judge::change_mailboxes(Truth& truth, const Command& command) {
  const bool there = truth.named(command.name) != nullptr;
  switch (command.kind) {
    case Kind::create:
      if (there) return expect(command, "NO", "ALREADYEXISTS");
      return create(truth, command);
    case Kind::remove:
      if (command.name == "INBOX") return expect(command, "NO", "CANNOT");
      if (!there) return expect(command, "NO", "NONEXISTENT");
      if (truth.has_children(command.name)) return expect(command, "NO", "HASCHILDREN");
      truth.remove(command.name);
      break;
    case Kind::rename:
      if (command.other.starts_with(command.name + "/") && command.name != "INBOX")
        return expect(command, "NO", "CANNOT");
      if (!there) return expect(command, "NO", "NONEXISTENT");
      if (truth.named(command.other)) return expect(command, "NO", "ALREADYEXISTS");
      truth.rename(command.name, command.other);
      break;
    default:
      if (command.subscribed && !there) return expect(command, "NO", "NONEXISTENT");
      if (command.subscribed) truth.subscribed.insert(command.name);
      if (!command.subscribed) truth.subscribed.erase(command.name);
      break;
  }
  return expect(command, "OK");
}

}  // namespace postroom::testing::model
