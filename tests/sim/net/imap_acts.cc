// What an IMAP client does, by its role and the dice.
#include "base/text.h"
#include "tests/sim/net/imap_client.h"

namespace postroom::testing {

namespace {

constexpr const char* kFlags[] = {"\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Label", "work"};

}  // namespace

Task<> ImapClient::visit() {
  under_way_.clear();
  co_await hear();
  co_await log_in();
  co_await select();
  while (acts_ > 0) {
    --acts_;
    co_await act();
    co_await caller_->pause(around_.pace());
  }
  co_await wait_for_quiet();
  over_ = true;
  if (one_in(2)) {
    co_await command("LOGOUT");
  }
}

Task<> ImapClient::log_in() {
  if (one_in(3)) {
    co_await command("STARTTLS");
  }
  const std::string address = "user" + std::to_string(account_) + "@example.org";
  if (one_in(2)) {
    co_await command("LOGIN " + address + " secret");
    co_return;
  }
  // The literals' bytes are what a split may hit.
  const std::string size = std::to_string(address.size());
  co_await command("LOGIN {" + size + "+}\r\n" + address + " {6+}\r\nsecret");
}

Task<> ImapClient::select() {
  picture_ = Picture();
  session_ = ledger().new_session();
  condstore_ = condstore_ || one_in(3);
  const std::string text = condstore_ ? "SELECT INBOX (CONDSTORE)" : "SELECT INBOX";
  co_await command(text);
}

Task<> ImapClient::act() {
  const std::size_t dice = below(8);
  if (dice == 0) {
    co_await command("NOOP");
  } else if (dice == 1) {
    co_await look();
  } else if (dice == 2 || (role_ == Role::stores && dice > 4)) {
    co_await store();
  } else if (role_ == Role::idles) {
    co_await idle();
  } else if (role_ == Role::expunges) {
    co_await expunge();
  } else if (dice == 3) {
    co_await append();
  } else {
    co_await look();
  }
}

Task<> ImapClient::begin_idle() {
  go_ahead_ = false;
  std::string bytes = begin("IDLE");
  co_await say(std::move(bytes));
  while (!go_ahead_) co_await hear();
}

Task<> ImapClient::idle_until(TimePoint until) {
  for (;;) {
    const bool told = co_await caller_->hears(until);
    if (!told) co_return;
    co_await hear();
  }
}

Task<> ImapClient::end_idle() {
  co_await say("DONE\r\n");
  co_await answers();
}

Task<> ImapClient::idle() {
  co_await begin_idle();
  const Duration time(below(2 * static_cast<std::size_t>(around_.pace().count())));
  const TimePoint until = around_.runtime().now() + time;
  co_await idle_until(until);
  co_await end_idle();
}

std::string ImapClient::some_numbers() {
  picture_.mean_none();
  if (picture_.size() == 0) return {};
  const std::size_t first = below(picture_.size());
  const std::size_t last = std::min(picture_.size() - 1, first + below(5));
  for (std::size_t i = first; i <= last; ++i) picture_.entries()[i].meant = true;
  return std::to_string(first + 1) + ":" + std::to_string(last + 1);
}

std::string ImapClient::some_uids() {
  picture_.mean_none();
  std::string set;
  for (Picture::Entry& entry : picture_.entries()) {
    entry.meant = entry.uid != 0 && one_in(3);
    if (entry.meant) set += (set.empty() ? "" : ",") + std::to_string(entry.uid);
  }
  return set;
}

/// Those of some_uids() that somebody has read.
std::string ImapClient::some_that_are_known() {
  some_uids();
  std::string set;
  for (Picture::Entry& entry : picture_.entries()) {
    entry.meant = entry.meant && ledger().knows(account_, entry.uid);
    if (entry.meant) set += (set.empty() ? "" : ",") + std::to_string(entry.uid);
  }
  return set;
}

Task<> ImapClient::look() {
  static constexpr const char* kItems[] = {"(UID FLAGS)",
                                           "(UID FLAGS BODY[])",
                                           "(BODY.PEEK[] UID RFC822.SIZE)",
                                           "(UID BODY[] RFC822.SIZE)",
                                           "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)] FLAGS)",
                                           "(FLAGS UID INTERNALDATE ENVELOPE)"};
  const std::string items = kItems[below(std::size(kItems))];
  const std::string numbers = some_numbers();
  const std::string uids = some_uids();
  if (!numbers.empty() && one_in(4)) {
    co_await command("FETCH 1:* " + items);
    co_return;
  }
  if (!numbers.empty() && one_in(2)) {
    co_await command("FETCH " + numbers + " " + items);
    co_return;
  }
  if (uids.empty() || one_in(4)) {
    static constexpr const char* kWhole[] = {"UID FETCH 1:* (FLAGS)", "UID SEARCH SEEN", "SEARCH UNFLAGGED"};
    const std::string whole = kWhole[below(std::size(kWhole))];
    co_await command(whole);
    co_return;
  }
  std::vector<std::string> several;
  if (one_in(2)) several.emplace_back("NOOP");
  several.push_back("UID FETCH " + uids + " " + items);
  if (one_in(2)) several.push_back("UID FETCH " + uids + " (FLAGS)");
  co_await commands(std::move(several));
}

/// Nothing if there is no message to mean.
std::string ImapClient::store_command(const Storing& storing) {
  const bool by_uid = one_in(2);
  const std::string set = by_uid ? some_uids() : some_numbers();
  if (set.empty()) return {};
  std::string text = (by_uid ? "UID STORE " : "STORE ") + set + " ";
  if (condstore_ && one_in(3)) {
    ModSeq highest = 0;
    for (const Picture::Entry& entry : picture_.entries()) highest = std::max(highest, entry.modseq);
    text += "(UNCHANGEDSINCE " + std::to_string(highest) + ") ";
  }
  return text + storing.how + (storing.silent ? "FLAGS.SILENT " : "FLAGS ") + flag_list(storing.flags);
}

Task<> ImapClient::store() {
  static constexpr const char* kHow[] = {"+", "-", ""};
  Storing storing;
  storing.how = kHow[below(std::size(kHow))];
  storing.silent = one_in(2);
  for (const char* flag : kFlags)
    if (one_in(3)) storing.flags.insert(flag);
  const std::string text = store_command(storing);
  if (text.empty()) co_return;
  co_await command(text);
  stored(storing);
}

/// What the client knows after .SILENT without having been told. Where it was told of flags all the same, it
/// cannot tell whether that was before its own change or after.
void ImapClient::stored(const Storing& storing) {
  if (!storing.silent || !answer_.starts_with("OK")) return;
  for (Picture::Entry& entry : picture_.entries()) {
    if (!entry.meant || !entry.flags) continue;
    if (entry.told) {
      entry.flags.reset();
      continue;
    }
    if (storing.how.empty()) entry.flags->clear();
    for (const std::string& flag : storing.flags)
      if (storing.how == "-") {
        entry.flags->erase(flag);
      } else {
        entry.flags->insert(flag);
      }
  }
}

Task<> ImapClient::append() {
  std::vector<int> recipients(1, account_);
  const int number = ledger().compose(std::move(recipients), false, some_size());
  const std::string text = ledger().text(number);
  const bool waits = one_in(2);
  go_ahead_ = !waits;
  std::string bytes =
      begin("APPEND INBOX (\\Flagged) {" + std::to_string(text.size()) + (waits ? "}" : "+}"));
  if (waits) {
    co_await say(std::move(bytes));
    bytes.clear();
  }
  while (!go_ahead_) co_await hear();
  ledger().message(number).fate = Ledger::Fate::unknown;
  co_await say(bytes + text + "\r\n");
  co_await answers();
  const bool stored = answer_.starts_with("OK [APPENDUID ");
  ledger().message(number).fate = stored ? Ledger::Fate::stored : Ledger::Fate::absent;
  if (!stored) co_return;
  const std::string_view uid = std::string_view(answer_).substr(answer_.find(' ', 15) + 1);
  ledger().saw(account_, static_cast<Uid>(parse_number(uid.substr(0, uid.find(']'))).value_or(0)), number);
}

/// Which messages these are: only what is known is removed, so that the ledger can account for it.
Task<> ImapClient::learn() {
  const std::string numbers = some_numbers();
  if (numbers.empty()) co_return;
  co_await command("FETCH " + numbers + " (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
}

Task<> ImapClient::expunge() {
  co_await learn();
  const std::string uids = some_that_are_known();
  if (uids.empty()) co_return;
  Storing deleted;
  deleted.how = "+";
  deleted.silent = one_in(2);
  deleted.flags.insert("\\Deleted");
  for (const Picture::Entry& entry : picture_.entries())
    if (entry.meant) ledger().may_go(account_, entry.uid);
  const std::string how = deleted.silent ? " +FLAGS.SILENT (\\Deleted)" : " +FLAGS (\\Deleted)";
  co_await command("UID STORE " + uids + how);
  stored(deleted);
  if (one_in(3)) co_return;
  if (one_in(5)) {
    co_await command("CLOSE");
    co_await select();
  } else if (one_in(2)) {
    co_await command("UID EXPUNGE " + uids);
  } else {
    co_await command("EXPUNGE");
  }
}

/// The idle one is told without asking, the others when they ask.
Task<> ImapClient::wait_for_quiet() {
  const bool idles = role_ == Role::idles;
  if (idles) {
    co_await begin_idle();
  }
  done();
  while (!around_.quiet()) {
    const TimePoint later = around_.runtime().now() + std::chrono::seconds(1);
    if (idles) {
      co_await idle_until(later);
    } else {
      co_await sleep_until(around_.runtime(), later);
    }
  }
  if (idles) {
    co_await compare("in IDLE");
    co_await end_idle();
  }
  co_await command("NOOP");
  co_await compare("after NOOP");
  const std::string unknown = picture_.unknown();
  if (unknown.empty()) co_return;
  co_await command("FETCH " + unknown + " (UID FLAGS)");
  co_await compare("when it knows all");
}

Task<> ImapClient::compare(std::string when) {
  const std::vector<Picture::Truth> truth = co_await around_.truth(account_);
  const std::string difference = picture_.differs_from(truth);
  if (!difference.empty()) complain(when + " it knows of " + difference);
  around_.compared();
}

}  // namespace postroom::testing
