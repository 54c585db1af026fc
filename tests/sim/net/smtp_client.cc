#include "tests/sim/net/smtp_client.h"

#include "base/text.h"

namespace postroom::testing {

namespace {

/// RFC 5321 4.5.2
std::string with_dots_stuffed(const std::string& text) {
  std::string stuffed;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at) + 2;
    if (text[at] == '.') stuffed += '.';
    stuffed.append(text, at, end - at);
    at = end;
  }
  return stuffed;
}

}  // namespace

SmtpClient::SmtpClient(Around& around, std::string name, std::uint64_t seed)
    : Client(around, std::move(name), seed % 4 == 0 ? Port::submission : Port::smtp, seed),
      left_(1 + below(4)) {}

void SmtpClient::step(std::string bytes, int answer, bool alone, int ends) {
  Step step;
  step.bytes = std::move(bytes);
  step.answer = answer;
  step.alone = alone;
  step.ends = ends;
  steps_.push_back(std::move(step));
}

void SmtpClient::plan() {
  pipelines_ = one_in(2);
  steps_.clear();
  plan_hello();
  for (std::size_t i = 0; i < left_; ++i) {
    if (one_in(8)) step("NOOP\r\n", 250, true);
    plan_message();
  }
  if (!one_in(4)) step("QUIT\r\n", 221, true);
}

void SmtpClient::plan_hello() {
  const std::string hello = "EHLO client.example.com\r\n";
  step(hello, 250, true);
  if (port_ == Port::submission || one_in(3)) {
    step("STARTTLS\r\n", 220, true);
    step(hello, 250, true);
  }
  if (port_ != Port::submission) return;
  step("AUTH PLAIN " + base64_encode(std::string("\0user1@example.org\0secret", 25)) + "\r\n", 235, true);
}

void SmtpClient::plan_message() {
  std::vector<int> recipients;
  recipients.push_back(one_in(4) ? 1 : 0);
  if (one_in(3)) recipients.push_back(1 - recipients[0]);
  // Who has logged in sends as nobody else.
  const std::string sender = port_ == Port::submission ? "user1@example.org" : "sender@example.com";
  step("MAIL FROM:<" + sender + ">\r\n");
  if (one_in(8)) step("RCPT TO:<nobody@example.org>\r\n", 550);
  for (const int recipient : recipients)
    step("RCPT TO:<user" + std::to_string(recipient) + "@example.org>\r\n");
  if (one_in(16)) {
    step("RSET\r\n");
    return;
  }
  plan_content(ledger().compose(std::move(recipients), true, some_size()));
}

void SmtpClient::plan_content(int number) {
  const std::string text = ledger().text(number);
  if (one_in(2)) {
    step("DATA\r\n", 354, true);
    step(with_dots_stuffed(text) + ".\r\n", 250, false, number);
    return;
  }
  std::string_view left = text;
  // What we store has an end of its last line, whether it came or not.
  if (one_in(4) && !text.ends_with("\r\n\r\n")) left.remove_suffix(2);
  while (one_in(2)) {
    const std::string_view chunk = left.substr(0, below(left.size()));
    step("BDAT " + std::to_string(chunk.size()) + "\r\n" + std::string(chunk));
    left.remove_prefix(chunk.size());
  }
  step("BDAT " + std::to_string(left.size()) + " LAST\r\n" + std::string(left), 250, false, number);
}

Task<> SmtpClient::visit() {
  plan();
  const int greeting = co_await answer();
  if (greeting == 421) co_return;
  if (greeting != 220) complain("is greeted with " + std::to_string(greeting));
  while (!steps_.empty()) {
    co_await run_some();
    if (one_in(4)) {
      co_await caller_->pause(around_.pace());
    }
  }
}

/// Says one step, or as many as may be said at once, and hears the answers.
Task<> SmtpClient::run_some() {
  std::string bytes;
  std::size_t count = 0;
  bool more = true;
  while (more) {
    const Step& step = steps_[count++];
    bytes += step.bytes;
    if (step.ends > 0) {
      ledger().message(step.ends).fate = Ledger::Fate::unknown;
      --left_;
    }
    more = pipelines_ && !step.alone && count < steps_.size() && !one_in(8);
  }
  co_await say(std::move(bytes));
  for (; count > 0; --count) {
    Step step = std::move(steps_.front());
    steps_.pop_front();
    const bool go_on = co_await answered(std::move(step));
    if (!go_on) co_return;
  }
}

/// False: the conversation is over.
Task<bool> SmtpClient::answered(Step step) {
  const int code = co_await answer();
  if (step.ends > 0)
    ledger().message(step.ends).fate = code == 250 ? Ledger::Fate::stored : Ledger::Fate::absent;
  if (code == step.answer) co_return true;
  if (code != 421)
    complain("is answered " + std::to_string(code) + ", not " + std::to_string(step.answer) + ", to " +
             step.bytes.substr(0, 40));
  // Nothing that follows has been done.
  for (const Step& next : steps_)
    if (next.ends > 0) ledger().message(next.ends).fate = Ledger::Fate::absent;
  steps_.clear();
  co_return false;
}

/// The code of a reply; of the last of its lines (RFC 5321 4.2.1).
Task<int> SmtpClient::answer() {
  std::string line;
  do {
    line = co_await this->line();
  } while (line.size() > 3 && line[3] == '-');
  const int code = std::atoi(line.c_str());
  if (code == 421 || code == 221) caller_->goodbye();
  co_return code;
}

}  // namespace postroom::testing
