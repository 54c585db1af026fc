// What the client's tests share: a server that is the test itself, at the other end of the client's
// connection.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocols/smtp/client.h"
#include "tests/support/await.h"
#include "tests/support/fake_connector.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"

namespace postroom::smtp {

/// A message's content, in pieces.
class TextSource : public MailSource {
 public:
  explicit TextSource(std::string its_text) : text(std::move(its_text)) {}
  Task<std::string> read(std::uint64_t offset) override {
    if (offset >= fault_at) throw StoreFault("the disk is gone");
    if (offset >= text.size()) co_return std::string();
    co_return text.substr(offset, piece);
  }
  std::string text;
  std::size_t piece = 1000;
  std::uint64_t fault_at = ~std::uint64_t{0};
};

using testing::FakeConnector;

class ClientTest : public ::testing::Test {
 protected:
  ~ClientTest() override { end(); }

  /// What still waits ends, and the connection with it.
  void end() {
    if (client) client->abort();
    runtime.run();
    client.reset();
  }
  void connect() {
    end();
    wire = testing::Wire();
    options.hostname = "mail.example.org";
    client.emplace(std::make_unique<testing::MemoryStream>(runtime, wire), options);
  }
  /// Greeted, with these lines in the answer to EHLO: "PIPELINING", "SIZE 1000".
  void connect_to(const std::vector<std::string>& keywords) {
    connect();
    begin(client->greet());
    say("220 mx.example.com ESMTP\r\n");
    ASSERT_EQ(heard(), options.lmtp ? "LHLO mail.example.org\r\n" : "EHLO mail.example.org\r\n");
    std::string answer = "250-mx.example.com\r\n";
    for (const std::string& keyword : keywords) answer += "250-" + keyword + "\r\n";
    say(answer + "250 HELP\r\n");
    ASSERT_EQ(reply(),
              "250 2.0.0 mx.example.com " + (keywords.empty() ? "" : join(keywords, " ") + " ") + "HELP");
    ASSERT_TRUE(client->usable());
  }

  /// Runs it until it waits for the server.
  void begin(Task<RemoteReply> task) {
    reply_.reset();
    runtime.spawn(testing::detail::keep_result(std::move(task), reply_, error_));
    runtime.settle();
  }
  void begin(Task<std::vector<RemoteReply>> task) {
    replies_.reset();
    runtime.spawn(testing::detail::keep_result(std::move(task), replies_, error_));
    runtime.settle();
  }
  void begin(Task<> task) {
    done_.reset();
    runtime.spawn(testing::detail::keep_result(std::move(task), done_, error_));
    runtime.settle();
  }
  void begin_send() { begin(client->send(mail, source)); }

  /// The server's side.
  void say(std::string_view bytes) {
    wire.to_server += bytes;
    wire.poke();
    runtime.settle();
  }
  void hang_up() {
    wire.closed = true;
    wire.poke();
    runtime.settle();
  }
  std::string heard() {
    runtime.settle();
    return std::exchange(wire.to_client, {});
  }

  /// What became of it; "waits" while it has not ended.
  std::string reply() const { return reply_ ? reply_->shown() : "waits"; }
  std::string replies() const {
    if (!replies_) return "waits";
    std::string out;
    for (const RemoteReply& one : *replies_) {
      out += out.empty() ? "" : "; ";
      out += one.shown() + (one.unsure ? " (unsure)" : "") + (one.ours ? " (ours)" : "");
    }
    return out;
  }
  bool done() const { return done_.has_value(); }
  std::string fault() const {
    try {
      if (error_) std::rethrow_exception(error_);
    } catch (const StoreFault& fault) {
      return fault.what();
    } catch (const std::logic_error& bug) {
      return std::string("bug: ") + bug.what();
    }
    return "none";
  }

  void to(const std::vector<std::string>& recipients) {
    mail.recipients.clear();
    for (const std::string& address : recipients) mail.recipients.emplace_back(address);
  }
  void content(const std::string& text) {
    source.text = text;
    mail.size = text.size();
  }

  testing::SimRuntime runtime;
  testing::Wire wire;
  Client::Options options;
  std::optional<Client> client;
  FakeConnector tls;
  OutgoingMail mail = [] {
    OutgoingMail made;
    made.reverse_path = "alice@example.org";
    made.recipients.emplace_back("bob@example.com");
    made.size = 16;
    return made;
  }();
  TextSource source{"Subject: hi\r\n\r\nx"};
  std::optional<RemoteReply> reply_;
  std::optional<std::vector<RemoteReply>> replies_;
  std::optional<bool> done_;
  std::exception_ptr error_;
};

}  // namespace postroom::smtp
