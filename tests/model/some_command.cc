#include "tests/model/some_command.h"

#include <algorithm>

#include "tests/model/some_set.h"

namespace postroom::testing::model {

namespace {

constexpr std::size_t kFew = 20;  // messages of a mailbox, about
constexpr const char* kNames[] = {"Lists", "Lists/a", "Lists/b", "Old", "Old/2025"};

Command made(const Client& client, Kind kind, std::string text) {
  Command command;
  command.kind = kind;
  command.text = std::move(text);
  command.mailbox = client.mailbox;
  command.read_only = client.read_only;
  return command;
}

}  // namespace

const Mailbox& Chooser::some_mailbox() {
  // Mostly the same ones, so that sessions meet.
  const std::size_t most =
      dice_.one_in(8) ? truth_.mailboxes.size() : std::min<std::size_t>(2, truth_.mailboxes.size());
  return truth_.mailboxes[dice_.below(most)];
}

Bits Chooser::some_flags() {
  Bits flags = 0;
  for (std::size_t i = 0; i < std::size(kFlags); ++i)
    if (dice_.one_in(4)) flags |= Bits{1} << i;
  return flags;
}

Mail Chooser::some_mail() {
  Mail mail;
  mail.flags = some_flags();
  mail.text = static_cast<unsigned>(dice_.below(kTexts));
  mail.date = 1767225600 + static_cast<std::int64_t>(dice_.below(kTexts * 24)) * 3600 + 1800;
  mail.exact_date = true;
  return mail;
}

ModSeq Chooser::some_modseq(const Client& client) {
  const ModSeq highest = truth_.by_id(client.mailbox)->highest;
  return highest - std::min<ModSeq>(highest - 1, dice_.below(8));
}

Command Chooser::noop(const Client& client) { return made(client, Kind::noop, "NOOP"); }

Command Chooser::learn(const Client& client) {
  Command command = made(client, Kind::search, "UID SEARCH ALL");
  command.uid = true;
  command.learns = true;
  command.tree.test = [](const Mail&, const Searcher&) { return Verdict::of(true); };
  return command;
}

Command Chooser::append() {
  Command command;
  command.kind = Kind::append;
  command.name = dice_.one_in(20) ? "Nowhere" : some_mailbox().name;
  command.text = "APPEND " + command.name;
  const std::size_t count = dice_.one_in(4) ? 1 + dice_.below(4) : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const Mail mail = some_mail();
    const Text& text = text_of(mail.text);
    const auto day = static_cast<unsigned>((mail.date - 1767225600) / 86'400 + 1);
    char date[40];
    std::snprintf(date, sizeof date, "\"%2u-Jan-2026 %02d:30:00 +0000\"", day,
                  static_cast<int>(mail.date % 86'400 / 3600));
    command.text += " " + names_of(mail.flags) + " " + date + " {" + std::to_string(text.bytes.size()) +
                    "+}\r\n" + text.bytes;
    command.mails.push_back(mail);
  }
  return command;
}

void Chooser::choose_set(const Client& client, Command& command, bool first) {
  command.uid = !first || dice_.one_in(2);
  command.set.saved = first && client.saved_known && dice_.one_in(8);
  if (command.uid && !command.set.saved) {
    command.set = some_uids(dice_, client.picture.entries(), first);
  } else if (!command.set.saved) {
    command.set = some_numbers(dice_, client.picture.entries());
  }
}

Command Chooser::store(const Client& client, bool first) {
  static constexpr const char* kHow[] = {"+", "-", ""};
  Command command = made(client, Kind::store, "");
  choose_set(client, command, first);
  command.by_number = !command.uid;
  command.how = dice_.of(kHow);
  command.silent = dice_.one_in(3);
  command.flags = some_flags();
  command.text = (command.uid ? "UID STORE " : "STORE ") + command.set.text() + " ";
  if (dice_.one_in(3)) {
    command.unchanged_since = some_modseq(client);
    command.condstore = true;
    command.text += "(UNCHANGEDSINCE " + std::to_string(*command.unchanged_since) + ") ";
  }
  command.text += command.how + (command.silent ? "FLAGS.SILENT " : "FLAGS ") + names_of(command.flags);
  return command;
}

Command Chooser::fetch(const Client& client, bool first) {
  struct Item {
    const char* asked;
    const char* told;
    bool sets_seen;
  };
  static constexpr Item kItems[] = {
      {"FLAGS", "FLAGS", false},
      {"UID", "UID", false},
      {"MODSEQ", "MODSEQ", false},
      {"BODY.PEEK[]", "BODY[]", false},
      {"BODY[TEXT]", "BODY[TEXT]", true},
      {"RFC822.SIZE", "RFC822.SIZE", false},
      {"INTERNALDATE", "INTERNALDATE", false},
      {"BODY.PEEK[HEADER]", "BODY[HEADER]", false},
      {"BODY[]<3.10>", "BODY[]<3>", true},
      {"BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "BODY[HEADER.FIELDS (SUBJECT)]", false}};
  Command command = made(client, Kind::fetch, "");
  choose_set(client, command, first);
  command.by_number = !command.uid;
  const bool since = dice_.one_in(4);
  std::string items = "UID FLAGS";
  command.items = {"UID", "FLAGS"};
  for (const Item& item : kItems) {
    if (!dice_.one_in(6) || (since && item.sets_seen) || items.find(item.asked) != std::string::npos)
      continue;
    items += std::string(" ") + item.asked;
    command.items.emplace_back(item.told);
    command.sets_seen = command.sets_seen || item.sets_seen;
    command.condstore = command.condstore || std::string_view(item.asked) == "MODSEQ";
  }
  command.text = (command.uid ? "UID FETCH " : "FETCH ") + command.set.text() + " (" + items + ")";
  if (!since) return command;
  command.changed_since = some_modseq(client);
  command.condstore = true;
  command.vanished = command.uid && client.qresync && dice_.one_in(2);
  command.text +=
      " (CHANGEDSINCE " + std::to_string(*command.changed_since) + (command.vanished ? " VANISHED)" : ")");
  return command;
}

Command Chooser::transfer(const Client& client, bool first) {
  const bool move = dice_.one_in(2);
  Command command = made(client, move ? Kind::move : Kind::copy, "");
  choose_set(client, command, first);
  const Mailbox& target = some_mailbox();
  command.name = dice_.one_in(30) ? "Nowhere" : target.name;
  if (target.mails.size() > kFew && !(move && target.id == client.mailbox)) return expunge(client);
  command.text = std::string(command.uid ? "UID " : "") + (move ? "MOVE " : "COPY ") + command.set.text() +
                 " " + command.name;
  return command;
}

Command Chooser::expunge(const Client& client) {
  Command command = made(client, Kind::expunge, "EXPUNGE");
  if (dice_.one_in(2)) return command;
  command.uid = true;
  command.set = some_uids(dice_, client.picture.entries(), false);
  command.text = "UID EXPUNGE " + command.set.text();
  return command;
}

Command Chooser::search(const Client& client, bool first) {
  Command command = made(client, Kind::search, "");
  command.now = now_;
  command.uid = !first || dice_.one_in(2);
  const Searcher searcher{client.picture.entries(), client.saved, now_};
  command.tree = SearchTree::some(dice_, searcher, truth_.by_id(client.mailbox)->highest, first,
                                  first && client.saved_known);
  command.by_number = !command.uid || command.tree.numbers;
  command.condstore = command.tree.modseq;
  std::string options;
  command.extended = dice_.one_in(2);
  if (command.extended) {
    for (const char* option : {"MIN", "MAX", "COUNT", "ALL", "SAVE"})
      if (dice_.one_in(3)) command.returns.emplace_back(option);
    if (!command.returns_any("ALL") && dice_.one_in(6))
      command.returns.emplace_back(dice_.one_in(2) ? "PARTIAL 2:4" : "PARTIAL -3:-1");
    for (const std::string& option : command.returns) options += (options.empty() ? "" : " ") + option;
    options = "RETURN (" + options + ") ";
  }
  command.text = (command.uid ? "UID SEARCH " : "SEARCH ") + options + command.tree.text;
  return command;
}

Command Chooser::status(const Client& client) {
  const std::string name = dice_.one_in(20) ? "Nowhere" : some_mailbox().name;
  Command command =
      made(client, Kind::status,
           "STATUS " + name + " (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE)");
  command.name = name;
  command.condstore = truth_.named(name) != nullptr;
  return command;
}

Command Chooser::list(const Client& client) {
  const bool subscribed = dice_.one_in(2);
  Command command =
      made(client, Kind::list, subscribed ? "LIST (SUBSCRIBED) \"\" * RETURN (CHILDREN)" : "LIST \"\" *");
  command.subscribed = subscribed;
  return command;
}

Command Chooser::among_mailboxes(const Client& client) {
  const std::string name = dice_.one_in(6) ? some_mailbox().name : dice_.of(kNames);
  Command command = made(client, Kind::create, "CREATE " + name);
  command.name = name;
  switch (dice_.below(5)) {
    case 0:
      command.kind = Kind::remove;
      command.text = "DELETE " + name;
      // Its own selected mailbox, or another's.
      if (const Mailbox* mailbox = truth_.named(name)) command.dropped_mailbox = mailbox->id;
      break;
    case 1:
      command.kind = Kind::rename;
      command.other = dice_.of(kNames);
      command.text = "RENAME " + name + " " + command.other;
      break;
    case 2:
      command.kind = Kind::subscribe;
      command.subscribed = dice_.one_in(2);
      command.text = (command.subscribed ? "SUBSCRIBE " : "UNSUBSCRIBE ") + name;
      break;
    case 3: return list(client);
    default: break;
  }
  return command;
}

std::string Chooser::resync(const Client& client, Command& command) {
  const Client::Cache& cache = *client.cache;
  const bool valid = !dice_.one_in(10);
  command.resync = valid;
  std::string text =
      " (QRESYNC (" + std::to_string(cache.validity + (valid ? 0 : 1)) + " " + std::to_string(cache.known);
  std::vector<Uid> uids, some_of_them;
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < cache.entries.size(); ++i) {
    uids.push_back(cache.entries[i].uid);
    if (!dice_.one_in(3)) continue;
    some_of_them.push_back(cache.entries[i].uid);
    numbers.push_back(static_cast<std::uint32_t>(i + 1));
  }
  if (!uids.empty() && dice_.one_in(2)) text += " " + set_of(uids);
  if (!numbers.empty() && dice_.one_in(2)) text += " (" + set_of(numbers) + " " + set_of(some_of_them) + ")";
  return text + "))";
}

Command Chooser::select(const Client& client) {
  Command command = made(client, Kind::select, "");
  command.read_only = dice_.one_in(6);
  const Mailbox* mailbox = &some_mailbox();
  const Mailbox* cached = client.cache ? truth_.by_id(client.cache->mailbox) : nullptr;
  const bool resyncs = client.qresync && cached && !dice_.one_in(4);
  if (resyncs) mailbox = cached;
  command.mailbox = mailbox->id;
  command.text = (command.read_only ? "EXAMINE " : "SELECT ") + mailbox->name;
  if (resyncs) {
    command.text += resync(client, command);
  } else if (dice_.one_in(3)) {
    command.text += " (CONDSTORE)";
    command.condstore = true;
  } else if (dice_.one_in(30)) {
    command.mailbox = 0;
    command.text = "SELECT Nowhere";
  }
  return command;
}

Command Chooser::in_mailbox(const Client& client, bool first) {
  const bool full = truth_.by_id(client.mailbox)->mails.size() > kFew;
  switch (dice_.below(full ? 22 : 16)) {
    case 0:
    case 1: return noop(client);
    case 2:
    case 3:
    case 4: return store(client, first);
    case 5:
    case 6:
    case 7: return fetch(client, first);
    case 8:
    case 9: return transfer(client, first);
    case 10:
    case 11:
    case 12: return search(client, first);
    case 13:
    case 14: {
      Command command = append();
      command.mailbox = client.mailbox;
      return command;
    }
    default: return expunge(client);
  }
}

Command Chooser::some(const Client& client, bool alone, bool first) {
  if (alone && dice_.one_in(25)) return among_mailboxes(client);
  if (dice_.one_in(25)) return status(client);
  if (first && (client.mailbox == 0 || dice_.one_in(12))) return select(client);
  if (client.mailbox == 0) return status(client);
  if (first && dice_.one_in(40)) return made(client, Kind::close, "CLOSE");
  if (first && dice_.one_in(40)) return made(client, Kind::unselect, "UNSELECT");
  return in_mailbox(client, first);
}

Command Chooser::outside() {
  Command command;
  const auto fullest = std::max_element(
      truth_.mailboxes.begin(), truth_.mailboxes.end(),
      [](const Mailbox& one, const Mailbox& other) { return one.mails.size() < other.mails.size(); });
  const bool full = fullest->mails.size() > 2 * kFew;
  const Mailbox& mailbox = full ? *fullest : dice_.one_in(2) ? *truth_.named("INBOX") : some_mailbox();
  command.mailbox = mailbox.id;
  command.name = mailbox.name;
  if (mailbox.mails.size() > kFew || dice_.one_in(3)) {
    command.kind = Kind::drop;
    for (const Mail& mail : mailbox.mails)
      if (dice_.one_in(full ? 2 : 5)) command.dropped.push_back(mail.uid);
    command.text = "(removed from " + mailbox.name + ": " + set_of(command.dropped) + ")";
    return command;
  }
  command.kind = Kind::deliver;
  command.name = "INBOX";
  Mail mail;
  mail.text = static_cast<unsigned>(dice_.below(kTexts));
  mail.date = now_;
  command.mails.push_back(mail);
  command.text = "(delivered)";
  return command;
}

}  // namespace postroom::testing::model
