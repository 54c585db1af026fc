#include "protocols/smtp/client.h"

#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace postroom::smtp {

Client::Client(std::unique_ptr<Stream> stream, Options options)
    : channel_(std::move(stream)), options_(std::move(options)) {
  limit(options_.introduction_time);
}

/// One command and its reply; `verb` tells people which.
Task<RemoteReply> Client::command(std::string line, std::string_view verb, Duration time) {
  line += "\r\n";
  const TimePoint deadline = within(time);
  co_await channel_.say(line, deadline);
  co_return co_await channel_.reply(verb, deadline);
}

Task<RemoteReply> Client::greet() {
  RemoteReply greeting = co_await channel_.reply("our connecting", within(options_.greeting_time));
  if (!greeting.positive()) co_return greeting;
  co_return co_await hello();
}

// RFC 5321 3.2, 4.1.1.1, RFC 2033 4.1
Task<RemoteReply> Client::hello() {
  ready_ = false;
  abilities_ = Abilities();
  const std::string verb = options_.lmtp ? "LHLO" : "EHLO";
  RemoteReply reply = co_await command(verb + " " + options_.hostname, verb, options_.command_time);
  if (reply.positive()) {
    abilities_ = parse_abilities(channel_.lines());
  } else if (reply.permanent() && !options_.lmtp) {
    reply = co_await command("HELO " + options_.hostname, "HELO", options_.command_time);
  }
  ready_ = reply.positive();
  co_return reply;
}

Task<RemoteReply> Client::start_tls(TlsConnector& tls) {
  const RemoteReply reply = co_await command("STARTTLS", "STARTTLS", options_.command_time);
  if (!reply.positive()) co_return reply;
  RemoteReply hello_again;
  if (channel_.start_tls(tls)) {
    hello_again = co_await hello();
    if (channel_.handshake_done() || !hello_again.ours || aborted_) co_return hello_again;
  }
  const char* status = channel_.untrusted() ? "4.7.5" : "4.7.0";
  co_return RemoteReply::made(454, status, "handshake failed: " + channel_.why());
}

Task<RemoteReply> Client::login(std::string user, std::string password) {
  std::string first;
  std::vector<std::string> responses;
  if (abilities_.offers_auth("PLAIN")) {
    responses.push_back(base64_encode(std::string(1, '\0').append(user).append(1, '\0').append(password)));
    first = "AUTH PLAIN " + responses.front();  // said again to a server that asks in spite of it
  } else if (abilities_.offers_auth("LOGIN")) {
    responses = {base64_encode(user), base64_encode(password)};
    first = "AUTH LOGIN";
  } else {
    co_return RemoteReply::made(454, "4.7.0", "the server offers neither AUTH PLAIN nor AUTH LOGIN");
  }
  RemoteReply reply = co_await command(first, "AUTH", options_.command_time);
  for (const std::string& response : responses)
    if (reply.intermediate()) reply = co_await command(response, "AUTH", options_.command_time);
  // RFC 4954 4: "*" cancels.
  if (reply.intermediate()) reply = co_await command("*", "AUTH", options_.command_time);
  co_return reply;
}

Task<> Client::quit() {
  ready_ = false;
  limit(options_.quit_time);
  if (!channel_.over() && !channel_.closing()) co_await command("QUIT", "QUIT", options_.quit_time);
  channel_.finish();
}

}  // namespace postroom::smtp
