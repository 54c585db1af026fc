// The conversation: commands, and what is told in the answers.
#include "tests/sim/net/imap_client.h"

#include "base/text.h"

namespace postroom::testing {

std::string ImapClient::begin(const std::string& text) {
  Command command;
  command.tag = "a" + std::to_string(++tags_);
  command.by_number = text.starts_with("FETCH") || text.starts_with("STORE") || text.starts_with("SEARCH");
  under_way_.push_back(command);
  return command.tag + " " + text + "\r\n";
}

Task<> ImapClient::commands(std::vector<std::string> texts) {
  std::string bytes;
  for (const std::string& text : texts) bytes += begin(text);
  co_await say(std::move(bytes));
  co_await answers();
}

Task<> ImapClient::command(std::string text) {
  std::string bytes = begin(text);
  co_await say(std::move(bytes));
  co_await answers();
}

Task<> ImapClient::answers() {
  while (!under_way_.empty()) co_await hear();
}

/// One response, whichever.
Task<> ImapClient::hear() {
  const ImapResponse heard = co_await response();
  if (heard.text.starts_with("* ")) {
    untagged(heard);
  } else if (heard.text.starts_with("+")) {
    go_ahead_ = true;
  } else {
    tagged(heard);
  }
}

Task<ImapResponse> ImapClient::response() {
  ImapResponse response;
  for (;;) {
    const std::string line = co_await this->line();
    response.text += line;
    const std::size_t brace = line.rfind('{');
    if (brace == std::string::npos || !line.ends_with('}')) co_return response;
    const auto size = parse_number(std::string_view(line).substr(brace + 1, line.size() - brace - 2));
    if (!size) co_return response;
    std::string literal = co_await caller_->bytes(*size);
    response.literals.push_back(std::move(literal));
  }
}

void ImapClient::tagged(const ImapResponse& response) {
  const std::size_t space = response.text.find(' ');
  if (under_way_.empty() || response.text.substr(0, space) != under_way_.front().tag)
    throw std::logic_error("an answer to nothing: " + response.text);
  const bool by_number = under_way_.front().by_number;
  under_way_.pop_front();
  answer_ = response.text.substr(space + 1);
  // A login that waits when the server stops is not let in any more.
  const bool fine = answer_.starts_with("OK") || (by_number && answer_.starts_with("NO [EXPUNGEISSUED]")) ||
                    answer_ == "NO [UNAVAILABLE] the server is stopping";
  if (!fine) complain("is answered " + response.text);
}

void ImapClient::untagged(const ImapResponse& response) {
  const std::string_view text = std::string_view(response.text).substr(2);
  const std::string_view first = text.substr(0, text.find(' '));
  if (first == "BYE") return caller_->goodbye();
  if (first == "SEARCH") return searched(text.substr(first.size()));
  const auto number = parse_number(first);
  if (!number) return;
  const std::string_view rest = text.substr(first.size() + 1);
  changed(*number, rest.substr(0, rest.find(' ')), response);
}

void ImapClient::changed(std::uint64_t number, std::string_view kind, const ImapResponse& response) {
  if (kind == "EXISTS") {
    picture_.exists(number);
  } else if (kind == "FETCH") {
    fetched(number, response);
  } else if (kind == "EXPUNGE") {
    if (under_way_.empty() || under_way_.front().by_number)
      throw std::logic_error("an EXPUNGE where there may be none");
    picture_.expunge(number);
  }
}

void ImapClient::searched(std::string_view numbers) const {
  if (under_way_.empty() || !under_way_.front().by_number) return;
  for (const std::string_view number : split(numbers, ' '))
    if (!number.empty() && parse_number(number).value_or(0) > picture_.size())
      throw std::logic_error("SEARCH finds a message that there is not: " + std::string(number));
}

void ImapClient::fetched(std::uint64_t number, const ImapResponse& response) {
  const auto items = fetch_items(response);
  const Picture::Entry& entry = picture_.fetched(number, items);
  if (entry.uid == 0) return;
  const auto flags = items.find("FLAGS");
  if (flags != items.end() && flag_set(flags->second).contains("\\Recent"))
    ledger().recent(account_, entry.uid, session_);
  const auto subject = items.find("BODY[HEADER.FIELDS (SUBJECT)]");
  if (subject != items.end() && subject->second != "NIL")
    ledger().saw(account_, entry.uid, number_in(subject->second));
  const auto body = items.find("BODY[]");
  if (body == items.end()) return;
  const auto size = items.find("RFC822.SIZE");
  if (body->second != "NIL") {
    ledger().read(account_, entry.uid, body->second);
    if (size != items.end() && size->second != std::to_string(body->second.size()))
      complain("RFC822.SIZE is " + size->second + ", and BODY[] has " + std::to_string(body->second.size()));
  } else if (!ledger().removed(account_, entry.uid)) {
    complain("the text of UID " + std::to_string(entry.uid) + " is NIL");
  }
}

}  // namespace postroom::testing
