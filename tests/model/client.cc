#include "tests/model/client.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace postroom::testing::model {

namespace {

[[noreturn]] void wrong(const std::string& what) { throw std::logic_error(what); }

std::uint64_t number(std::string_view text) {
  const auto value = parse_number(text);
  if (!value) wrong("no number: " + std::string(text));
  return *value;
}

/// What stands behind a code's name, up to the bracket.
std::optional<ModSeq> highest_modseq_in(std::string_view text) {
  constexpr std::string_view kCode = "[HIGHESTMODSEQ ";
  const std::size_t at = text.find(kCode);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kCode.size());
  return number(text.substr(0, text.find(']')));
}

}  // namespace

void Client::note(const std::string& line) {
  constexpr std::size_t kLines = 40;
  log_.push_back(line.size() > 300 ? line.substr(0, 300) + "..." : line);
  if (log_.size() > kLines) log_.pop_front();
}

std::string Client::log() const {
  std::string all;
  for (const std::string& line : log_) all += name_ + " " + line + "\n";
  return all;
}

Command& Client::queue(Command command) {
  commands.push_back(std::move(command));
  ++waiting_;
  return commands.back();
}

void Client::say() {
  for (const Command& command : commands) {
    if (command.kind == Kind::waiting) continue;
    const bool done = command.kind == Kind::done;
    const std::string line = done ? command.text : "t" + std::to_string(++tags_) + " " + command.text;
    note("C: " + line);
    wire.to_server += line + "\r\n";
  }
  wire.poke();
}

void Client::new_connection() {
  wire = Wire();
  mailbox = 0;
  condstore = qresync = idling = ended = begun_ = false;
  picture = Picture();
  saved.clear();
  saved_known = true;
  known = 0;
  waiting_ = 0;
  commands.clear();
}

std::optional<ImapResponse> Client::next() {
  ImapResponse response;
  std::string_view left = wire.to_client;
  for (;;) {
    const std::size_t end = left.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = left.substr(0, end);
    response.text += line;
    left.remove_prefix(end + 2);
    const std::size_t brace = line.rfind('{');
    if (brace == std::string_view::npos || !line.ends_with('}')) break;
    const std::size_t size = number(line.substr(brace + 1, line.size() - brace - 2));
    if (left.size() < size) return std::nullopt;
    response.literals.emplace_back(left.substr(0, size));
    left.remove_prefix(size);
  }
  wire.to_client.erase(0, wire.to_client.size() - left.size());
  return response;
}

void Client::hear() {
  while (const std::optional<ImapResponse> response = next()) {
    note("S: " + response->text);
    take(*response);
  }
}

void Client::take(const ImapResponse& response) {
  if (response.text.starts_with("* BYE")) {
    ended = true;
    idling = false;
    if (waiting_ > 0) commands[commands.size() - waiting_].answer.bye = true;
    return;
  }
  if (waiting_ == 0) wrong("said without being asked: " + response.text);
  Command& command = commands[commands.size() - waiting_];
  if (!std::exchange(begun_, true)) begin(command);
  if (response.text.starts_with("* ")) return untagged(command, response);
  if (response.text.starts_with("+ ") && command.kind == Kind::idle) {
    idling = true;
    return;
  }
  const std::size_t space = response.text.find(' ');
  const std::size_t sent_later = static_cast<std::size_t>(std::count_if(
      commands.end() - static_cast<std::ptrdiff_t>(waiting_) + 1, commands.end(),
      [](const Command& later) { return later.kind != Kind::done && later.kind != Kind::waiting; }));
  if (response.text.substr(0, space) != "t" + std::to_string(tags_ - sent_later))
    wrong("an answer to another command: " + response.text);
  tagged(command, std::string_view(response.text).substr(space + 1));
}

/// What the command means is settled when the ones before it have been answered.
void Client::begin(Command& command) {
  picture.mean_none();
  revealed_ = 0;
  settled_.reset();
  Answer& answer = command.answer;
  answer.before = picture.entries();
  answer.saved_before = saved;
  answer.recent_known = recent_known;
  condstore = condstore || command.condstore;
  if (command.set.saved) {
    answer.uids = saved;
  } else if (command.uid) {
    answer.uids = command.set.by_uid(picture.entries());
  } else {
    answer.uids = command.set.by_number(picture.entries());
  }
  if (command.kind != Kind::select) return;
  picture = Picture();
  saved.clear();
  saved_known = true;
  mailbox = 0;
  resyncing.clear();
  known = 0;
  recent_known = places_known_ = true;
  ++selection;
  if (command.resync)
    for (const Picture::Entry& entry : cache->entries) resyncing.emplace(entry.uid, entry);
}

void Client::untagged(Command& command, const ImapResponse& response) {
  const std::string_view text = std::string_view(response.text).substr(2);
  const std::string_view first = text.substr(0, text.find(' '));
  const std::string_view rest = text.substr(std::min(text.size(), first.size() + 1));
  if (first == "OK") return untagged_ok(command, rest);
  if (first == "VANISHED") return vanished(command, rest);
  if (first == "SEARCH" || first == "ESEARCH") found(command, text);
  if (first == "SEARCH" || first == "ESEARCH" || first == "LIST" || first == "STATUS" || first == "LSUB") {
    command.answer.lines.emplace_back(text);
    return;
  }
  if (first == "FLAGS") return;
  numbered(command, number(first), rest.substr(0, rest.find(' ')), response);
}

void Client::untagged_ok(Command& command, std::string_view text) {
  command.answer.codes.emplace_back(text);
  if (const auto modseq = highest_modseq_in(text)) {
    settled_ = modseq;
    revealed_ = 0;
  }
}

void Client::numbered(Command& command, std::uint64_t number, std::string_view kind,
                      const ImapResponse& response) {
  if (kind == "EXISTS") {
    exists(number);
  } else if (kind == "RECENT") {
    recent(number);
  } else if (kind == "FETCH") {
    fetched(command, number, response);
  } else if (kind == "EXPUNGE") {
    if (command.by_number) wrong("an EXPUNGE where numbers must keep their meaning");
    if (qresync) wrong("an EXPUNGE after ENABLE QRESYNC (RFC 7162 3.2.3)");
    if (number == 0 || number > picture.size()) wrong("EXPUNGE of " + std::to_string(number));
    std::erase(saved, picture.entries()[number - 1].uid);
    places_known_ = places_known_ && picture.entries()[number - 1].uid != 0;
    picture.expunge(number);
  } else {
    wrong("unknown: " + response.text);
  }
}

void Client::exists(std::uint64_t count) {
  if (count < picture.size()) wrong("EXISTS went down");
  fresh_ = count - picture.size();
  picture.exists(count);
}

/// Recent messages are among the new ones, the last of these.
void Client::recent(std::uint64_t count) {
  if (!recent_known) return;
  Entries& entries = picture.entries();
  const auto now = static_cast<std::uint64_t>(std::count_if(
      entries.begin(), entries.end(), [](const Picture::Entry& entry) { return entry.recent; }));
  if (count < now || count - now > fresh_) wrong("RECENT cannot be " + std::to_string(count));
  for (std::uint64_t i = 0; i < count - now; ++i) entries[entries.size() - 1 - i].recent = true;
  fresh_ = 0;
}

void Client::fetched(Command& command, std::uint64_t number, const ImapResponse& response) {
  Fetched fetched;
  fetched.items = fetch_items(response);
  Picture::Entry& entry = picture.fetched(number, fetched.items);
  fetched.uid = entry.uid;
  const auto flags = fetched.items.find("FLAGS");
  if (flags != fetched.items.end()) {
    const bool recent = flag_set(flags->second).contains("\\Recent");
    if (!recent_known) entry.recent = recent;
    if (recent != entry.recent) wrong("\\Recent is not as RECENT had it: " + response.text);
    fetched.flags = bits_of(*entry.flags);
  }
  if (fetched.items.contains("MODSEQ")) {
    if (!condstore) wrong("MODSEQ to a client that has not shown that it knows it");
    fetched.modseq = entry.modseq;
    revealed_ = std::max(revealed_, entry.modseq);
  }
  command.answer.fetched.push_back(std::move(fetched));
}

void Client::vanished(Uid uid) {
  std::erase(saved, uid);
  const Entries& entries = picture.entries();
  const bool told = std::any_of(entries.begin(), entries.end(),
                                [uid](const Picture::Entry& entry) { return entry.uid == uid; });
  auto some_unknown = [&entries](bool recent) {
    return std::any_of(entries.begin(), entries.end(), [recent](const Picture::Entry& entry) {
      return entry.uid == 0 && entry.recent == recent;
    });
  };
  places_known_ = places_known_ && told;
  if (!told && some_unknown(true) && some_unknown(false)) recent_known = false;
  picture.vanished(uid);
}

void Client::vanished(Command& command, std::string_view rest) {
  if (!qresync) wrong("VANISHED without ENABLE QRESYNC");
  constexpr std::string_view kEarlier = "(EARLIER) ";
  const bool earlier = rest.starts_with(kEarlier);
  if (!earlier && command.by_number) wrong("VANISHED where numbers must keep their meaning");
  if (earlier && !command.resync && !command.vanished) wrong("VANISHED (EARLIER) that was not asked for");
  for (const Uid uid : numbers_of(earlier ? rest.substr(kEarlier.size()) : rest)) {
    resyncing.erase(uid);
    if (!earlier) {
      vanished(uid);
    } else if (std::any_of(picture.entries().begin(), picture.entries().end(),
                           [uid](const Picture::Entry& entry) { return entry.uid == uid; })) {
      wrong("VANISHED (EARLIER) of a message that is there: " + std::to_string(uid));
    }
  }
}

std::vector<Uid> Client::uids_of(const Command& command, const std::vector<std::uint32_t>& numbers) {
  if (command.uid) return numbers;
  std::vector<Uid> uids;
  for (const std::uint32_t number : numbers) {
    if (number > picture.size()) wrong("SEARCH finds a message that there is not");
    uids.push_back(picture.entries()[number - 1].uid);
  }
  return uids;
}

/// "SEARCH 2 4 (MODSEQ 7)"; "ESEARCH (TAG "a") UID MIN 2 ALL 2:4 MODSEQ 7".
void Client::found(Command& command, std::string_view text) {
  if (command.kind != Kind::search) wrong("a result that nobody waits for");
  std::optional<std::vector<std::uint32_t>> numbers;
  if (text.starts_with("SEARCH")) {
    numbers.emplace();
    for (const std::string_view word : split(text.substr(0, text.find(" (")).substr(6), ' '))
      if (!word.empty()) numbers->push_back(static_cast<std::uint32_t>(number(word)));
  } else if (command.returns.empty() || command.returns_any("ALL")) {
    numbers.emplace();
    const std::size_t all = text.find(" ALL ");
    const std::string_view rest = all == std::string_view::npos ? "" : text.substr(all + 5);
    if (!rest.empty()) numbers = numbers_of(rest.substr(0, rest.find(' ')));
  }
  if (!numbers) return;
  command.answer.found = uids_of(command, *numbers);
  if (command.learns) learn(*numbers);
}

/// All UIDs, in their order.
void Client::learn(const std::vector<Uid>& uids) {
  Entries& entries = picture.entries();
  if (uids.size() != entries.size()) wrong("SEARCH ALL does not find all");
  for (std::size_t i = 0; i < uids.size(); ++i) {
    if (entries[i].uid != 0 && entries[i].uid != uids[i]) wrong("SEARCH ALL has other UIDs");
    entries[i].uid = uids[i];
  }
  places_known_ = true;
}

/// What the client concludes of .SILENT (RFC 3501 6.4.6), unless it is told.
void Client::store_silently(Command& command) {
  const Answer& answer = command.answer;
  if (!command.silent || !answer.uids || !answer.tagged.starts_with("OK")) return;
  std::vector<std::uint32_t> refused;
  constexpr std::string_view kModified = "OK [MODIFIED ";
  if (answer.tagged.starts_with(kModified))
    refused = numbers_of(
        std::string_view(answer.tagged).substr(kModified.size(), answer.tagged.find(']') - kModified.size()));
  refused = uids_of(command, refused);
  for (Picture::Entry& entry : picture.entries()) {
    const bool meant = std::find(answer.uids->begin(), answer.uids->end(), entry.uid) != answer.uids->end();
    const bool left = std::find(refused.begin(), refused.end(), entry.uid) != refused.end();
    if (!meant || left || entry.told || !entry.flags) continue;
    const Bits before = bits_of(*entry.flags);
    Bits bits = command.flags;
    if (command.how == "+") bits = before | command.flags;
    if (command.how == "-") bits = before & ~command.flags;
    entry.flags = flag_set(names_of(bits));
  }
}

void Client::tagged(Command& command, std::string_view text) {
  command.answer.tagged = text;
  if (const auto modseq = highest_modseq_in(text)) {
    settled_ = modseq;
    revealed_ = 0;
  }
  if (command.kind == Kind::store) store_silently(command);
  if (command.kind == Kind::done) idling = false;
  const bool ok = text.starts_with("OK");
  if (command.kind == Kind::select && ok) {
    mailbox = command.mailbox;
    read_only = command.read_only;
  }
  const bool deleted = command.kind == Kind::remove && mailbox != 0 && command.dropped_mailbox == mailbox;
  if (ok && (command.kind == Kind::close || command.kind == Kind::unselect || deleted)) {
    mailbox = 0;
    picture = Picture();
    known = 0;
  }
  finish(command);
}

bool Client::knows_too_little() const {
  const Entries& entries = picture.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [](const Picture::Entry& entry) { return entry.uid == 0; });
}

void Client::end_round() {
  if (waiting_ == 0) return;
  Command& last = commands.back();
  if (last.kind != Kind::idle && last.kind != Kind::waiting) return;
  if (!begun_) begin(last);
  finish(last);
}

/// RFC 7162 3.1.4.2, 6: what it was told of, unless the server says how far that goes.
void Client::settle_known() {
  known = std::max(settled_.value_or(known), revealed_);
  settled_.reset();
  revealed_ = 0;
}

void Client::finish(Command& command) {
  if (command.kind == Kind::select ? command.answer.tagged.starts_with("OK") : mailbox != 0) settle_known();
  command.answer.after = picture.entries();
  command.answer.cached = std::exchange(resyncing, {});
  command.answer.known = condstore ? known : 0;
  command.answer.qresync = qresync;
  command.answer.places_known = places_known_;
  begun_ = false;
  --waiting_;
}

}  // namespace postroom::testing::model
