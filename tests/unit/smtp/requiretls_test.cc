// What mail for other servers is tagged with: REQUIRETLS and TLS-Required (RFC 8689 4.1).
#include <gtest/gtest.h>

#include "protocols/smtp/session.h"
#include "tests/support/session_world.h"

namespace postroom::smtp {
namespace {

class RequireTls : public ::testing::Test, protected testing::SessionWorld {
 protected:
  RequireTls() {
    Resolved carol;
    carol.kind = Resolved::Kind::mailbox;
    carol.outside.push_back("carol@example.com");
    store.aliases["away@example.org"] = carol;
    options.relay = true;
    options.srs_secret = "a secret";
    service.tls = &tls;
    runtime.spawn(serve(connection(), service, options, Port::transfer, send_limits));
    heard();
    say("EHLO mx.example.net\r\n");
    say("STARTTLS\r\n");
    say("EHLO mx.example.net\r\n");
  }
  ~RequireTls() override { end(); }

  /// How a message that an alias sends on is tagged.
  TlsDemand forwarded(const std::string& parameter, const std::string& fields) {
    store.queued.clear();
    say("MAIL FROM:<dave@example.net>" + parameter + "\r\nRCPT TO:<away@example.org>\r\nDATA\r\n");
    EXPECT_TRUE(say(fields + "Subject: hi\r\n\r\nhello\r\n.\r\n").starts_with("250 "));
    EXPECT_EQ(store.queued.size(), 1u);
    return store.queued.at(0).outgoing.tls;
  }

  Options options;
  SendLimits send_limits{runtime};
};

TEST_F(RequireTls, ByTheParameterOrTheField) {
  EXPECT_EQ(forwarded("", ""), TlsDemand::usual);
  EXPECT_EQ(forwarded(" REQUIRETLS", ""), TlsDemand::required);
  EXPECT_EQ(forwarded("", "TLS-Required: No\r\n"), TlsDemand::optional);
}

TEST_F(RequireTls, TheParameterCountsBeforeTheField) {
  EXPECT_EQ(forwarded(" REQUIRETLS", "TLS-Required: No\r\n"), TlsDemand::required);
}

}  // namespace
}  // namespace postroom::smtp
