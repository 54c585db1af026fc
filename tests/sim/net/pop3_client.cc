#include "tests/sim/net/pop3_client.h"

#include "base/text.h"

namespace postroom::testing {

Task<> Pop3Client::visit() {
  listed_.clear();
  marked_.clear();
  co_await answer();
  if (one_in(3)) {
    co_await say("STLS\r\n");
    co_await answer();
  }
  const bool in = co_await log_in();
  if (in) {
    co_await list();
    co_await read_some();
    --visits_;
  }
  // Without QUIT nothing is removed (RFC 1939 3).
  if (one_in(4)) co_return;
  co_await quit();
}

/// False: another session, perhaps one that ended a moment ago, has the maildrop.
Task<bool> Pop3Client::log_in() {
  co_await say("USER user" + std::to_string(account_) + "@example.org\r\nPASS secret\r\n");
  co_await answer();
  const bool in = co_await answer();
  if (!in && !said_.starts_with("-ERR [IN-USE]")) complain("cannot log in: " + said_);
  co_return in;
}

Task<> Pop3Client::list() {
  co_await say("LIST\r\nUIDL\r\n");
  co_await answer();
  const std::string sizes = co_await text();
  co_await answer();
  const std::string uids = co_await text();
  Uid last = 0;
  for (const std::string_view line : split(uids, '\n')) {
    if (line.empty()) continue;
    const std::uint64_t number = parse_number(line.substr(0, line.find(' '))).value_or(0);
    const std::string_view uid = line.substr(line.find('.') + 1);
    listed_[number].uid = static_cast<Uid>(parse_number(uid.substr(0, uid.size() - 1)).value_or(0));
    if (listed_[number].uid <= last) complain("UIDL does not rise: " + std::string(line));
    last = listed_[number].uid;
  }
  for (const std::string_view line : split(sizes, '\n')) {
    if (line.empty()) continue;
    const std::size_t space = line.find(' ');
    const std::uint64_t number = parse_number(line.substr(0, space)).value_or(0);
    if (!listed_.contains(number)) complain("LIST has what UIDL has not: " + std::string(line));
    listed_[number].size = parse_number(line.substr(space + 1, line.size() - space - 2)).value_or(0);
  }
}

Task<> Pop3Client::read_some() {
  for (int left = 4; left > 0 && !listed_.empty(); --left) {
    const std::uint64_t number = 1 + below(listed_.size());
    if (listed_[number].size == 0 || marked_.contains(listed_[number].uid)) continue;
    co_await read(number);
    if (one_in(3)) {
      co_await caller_->pause(around_.pace());
    }
    if (one_in(2) && ledger().knows(account_, listed_[number].uid)) {
      co_await remove(number);
    }
  }
}

Task<> Pop3Client::read(std::uint64_t number) {
  const Listed listed = listed_[number];
  const bool top = one_in(3);
  const std::string command = top ? "TOP " + std::to_string(number) + " 0" : "RETR " + std::to_string(number);
  co_await say(command + "\r\n");
  const bool there = co_await answer();
  if (!there) co_return refused(listed.uid, command);
  const std::string content = co_await text();
  if (top) {
    ledger().saw(account_, listed.uid, number_in(content));
  } else {
    ledger().read(account_, listed.uid, content);
    if (content.size() != listed.size)
      complain(command + " has " + std::to_string(content.size()) + " octets, not " +
               std::to_string(listed.size));
  }
}

Task<> Pop3Client::remove(std::uint64_t number) {
  const std::string command = "DELE " + std::to_string(number);
  co_await say(command + "\r\n");
  const bool marked = co_await answer();
  if (!marked) co_return refused(listed_[number].uid, command);
  marked_.insert(listed_[number].uid);
}

void Pop3Client::refused(Uid uid, const std::string& command) {
  if (!ledger().removed(account_, uid)) complain(command + " is answered " + said_);
}

Task<> Pop3Client::quit() {
  for (const Uid uid : marked_) ledger().may_go(account_, uid);
  co_await say("QUIT\r\n");
  const bool done = co_await answer();
  if (!done) complain("QUIT is answered " + said_);
  caller_->goodbye();
  for (const Uid uid : marked_) ledger().is_gone(account_, uid);
}

/// True: +OK. Throws ConnectionEnded when it is the goodbye of a server that stops.
Task<bool> Pop3Client::answer() {
  said_ = co_await line();
  if (said_.starts_with("-ERR [SYS/TEMP] The server is stopping")) {
    caller_->goodbye();
    throw ConnectionEnded(ConnectionEnded::Reason::peer_closed, "the server is stopping");
  }
  if (!said_.starts_with("+OK") && !said_.starts_with("-ERR")) complain("no status line: " + said_);
  co_return said_.starts_with("+OK");
}

/// The lines of a multi-line answer, unstuffed (RFC 1939 3).
Task<std::string> Pop3Client::text() {
  std::string text;
  for (;;) {
    std::string line = co_await this->line();
    if (line == ".") co_return text;
    if (line.starts_with('.')) line.erase(0, 1);
    text += line + "\r\n";
  }
}

}  // namespace postroom::testing
