#include "tests/model/truth.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace postroom::testing::model {

Bits bits_of(const FlagSet& flags) {
  Bits bits = 0;
  for (const std::string& flag : flags) {
    const auto known = std::find(std::begin(kFlags), std::end(kFlags), flag);
    if (known == std::end(kFlags)) throw std::logic_error("nobody has set " + flag);
    bits |= Bits{1} << (known - std::begin(kFlags));
  }
  return bits;
}

std::string names_of(Bits flags) {
  std::string names;
  for (std::size_t i = 0; i < std::size(kFlags); ++i)
    if (flags >> i & 1) names += (names.empty() ? "" : " ") + std::string(kFlags[i]);
  return "(" + names + ")";
}

Text::Text(unsigned number) {
  static constexpr const char* kSubjects[] = {"lunch", "Re: lunch", "report", "Report 2"};
  static constexpr const char* kBodies[] = {"pears and apples", "Apples", "nothing"};
  subject = kSubjects[number % std::size(kSubjects)];
  body = std::string(kBodies[number % std::size(kBodies)]) + "\r\n";
  for (unsigned i = 0; i < number * number; ++i) body += "line " + std::to_string(i) + "\r\n";
  header = "From: bob@example.org\r\nSubject: " + subject + "\r\n";
  const unsigned day = 1 + number;
  if (number % 4 != 3) {
    header += "Date: " + std::to_string(day) + " Jan 2026 23:30:00 -0500\r\n";
    sent = 20454 - 1 + static_cast<std::int64_t>(day);  // 2026-01-01 is day 20454
  }
  header += "\r\n";
  bytes = header + body;
}

const Text& text_of(unsigned number) {
  static const std::vector<Text> all = [] {
    std::vector<Text> made;
    for (unsigned i = 0; i < kTexts; ++i) made.emplace_back(i);
    return made;
  }();
  return all[number];
}

namespace {

template <class Mails>
auto* find_in(Mails& mails, Uid uid) {
  const auto at = std::lower_bound(mails.begin(), mails.end(), uid,
                                   [](const Mail& mail, Uid wanted) { return mail.uid < wanted; });
  return at != mails.end() && at->uid == uid ? &*at : nullptr;
}

}  // namespace

const Mail* Mailbox::find(Uid uid) const { return find_in(mails, uid); }
Mail* Mailbox::find(Uid uid) { return find_in(mails, uid); }

void Mailbox::add(Mail mail, ModSeq modseq) {
  mail.uid = next++;
  mail.modseq = modseq;
  highest = std::max(highest, modseq);
  mails.push_back(mail);
}

void Mailbox::remove(const std::vector<Uid>& uids) {
  constexpr std::size_t kKept = 64;
  bool any = false;
  for (const Uid uid : uids) {
    const Mail* mail = find(uid);
    if (!mail) continue;
    mails.erase(mails.begin() + (mail - mails.data()));
    gone.push_back({uid, highest + 1});
    any = true;
  }
  highest += any ? 1 : 0;
  if (gone.size() > kKept) gone.erase(gone.begin(), gone.end() - kKept);
}

Mailbox* Truth::named(std::string_view name) {
  for (Mailbox& mailbox : mailboxes)
    if (mailbox.name == name) return &mailbox;
  return nullptr;
}
const Mailbox* Truth::named(std::string_view name) const { return const_cast<Truth*>(this)->named(name); }

Mailbox* Truth::by_id(int id) {
  for (Mailbox& mailbox : mailboxes)
    if (mailbox.id == id) return &mailbox;
  return nullptr;
}
const Mailbox* Truth::by_id(int id) const { return const_cast<Truth*>(this)->by_id(id); }

bool Truth::has_children(std::string_view name) const {
  const std::string begin = std::string(name) + "/";
  return std::any_of(mailboxes.begin(), mailboxes.end(),
                     [&](const Mailbox& mailbox) { return mailbox.name.starts_with(begin); });
}

void Truth::create(const std::string& name) {
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
    if (!named(name.substr(0, slash))) create(name.substr(0, slash));
  Mailbox mailbox;
  mailbox.id = ++last_id_;
  mailbox.name = name;
  mailboxes.push_back(mailbox);
}

void Truth::remove(std::string_view name) {
  std::erase_if(mailboxes, [&](const Mailbox& mailbox) { return mailbox.name == name; });
}

void Truth::rename(const std::string& from, const std::string& to) {
  if (from == "INBOX") {
    create(to);
    std::vector<Uid> all;
    for (const Mail& mail : named("INBOX")->mails) all.push_back(mail.uid);
    copy(named("INBOX")->id, all, named(to)->id);
    named("INBOX")->remove(all);
    return;
  }
  for (Mailbox& mailbox : mailboxes)
    if (mailbox.name == from || mailbox.name.starts_with(from + "/"))
      mailbox.name = to + mailbox.name.substr(from.size());
  const std::size_t slash = to.rfind('/');
  if (slash != std::string::npos && !named(to.substr(0, slash))) create(to.substr(0, slash));
}

Truth::Copies Truth::copy(int from, const std::vector<Uid>& uids, int to) {
  Copies copies;
  std::vector<Mail> mails;
  for (const Uid uid : uids)
    if (const Mail* mail = by_id(from)->find(uid)) mails.push_back(*mail);
  Mailbox& target = *by_id(to);
  const ModSeq modseq = target.highest + 1;
  for (const Mail& mail : mails) {
    copies.from.push_back(mail.uid);
    copies.to.push_back(target.next);
    target.add(mail, modseq);
  }
  return copies;
}

}  // namespace postroom::testing::model
