// server/tls_tickets.h: sessions are resumed by tickets, whose keys are changed.
#include "server/tls_tickets.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/unit/server/tls_handshake.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using testing::Certificate;
using testing::certificate_for;
using testing::Handshake;
using testing::Session;
using testing::TemporaryFolder;
using testing::write_files;

std::string name_of(const TicketKeys::Key& key) { return {key.name.begin(), key.name.end()}; }

TEST(TicketKeysTest, AreChangedAndTheLastOnesStayForALife) {
  constexpr auto life = TicketKeys::kLife;
  const TimePoint start = Clock::now();
  TicketKeys keys;
  const TicketKeys::Key first = keys.current(start);
  EXPECT_EQ(keys.current(start + life - 1s).name, first.name);
  const TicketKeys::Key second = keys.current(start + life);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  EXPECT_NE(second.mac, first.mac);
  const TicketKeys::Key* found = keys.find(name_of(first), start + 2 * life - 1s);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->cipher, first.cipher);
  EXPECT_EQ(keys.find(name_of(first), start + 2 * life), nullptr);
  EXPECT_NE(keys.find(name_of(second), start + 2 * life), nullptr);
  EXPECT_EQ(keys.find(name_of(second), start + 3 * life), nullptr);
  EXPECT_EQ(keys.find("another name 16b", start), nullptr);
}

TEST(TicketKeysTest, OfAQuietServerAreNotKept) {
  const TimePoint start = Clock::now();
  TicketKeys keys;
  const TicketKeys::Key first = keys.current(start);
  EXPECT_NE(keys.current(start + 2 * TicketKeys::kLife).name, first.name);
  EXPECT_EQ(keys.find(name_of(first), start + 2 * TicketKeys::kLife), nullptr);
}

class TicketTest : public ::testing::TestWithParam<int> {
 protected:
  TlsContext load(const std::string& names) {
    return load_tls_certificates({write_files(folder.path(), "a", certificate_for(names)),
                                  write_files(folder.path(), "b", certificate_for("DNS:imap.example.net"))})
        .context;
  }
  void SetUp() override { server.use(load("DNS:mail.example.org")); }

  Session first_session(const std::string& name) {
    Handshake first(GetParam());
    EXPECT_TRUE(first.ask_for(name).with(server));
    EXPECT_FALSE(first.resumed());
    return first.session();
  }

  TemporaryFolder folder;
  TlsServer server;
};

TEST_P(TicketTest, ResumesASession) {
  for (const std::string name : {"mail.example.org", "imap.example.net"}) {
    const Session session = first_session(name);
    EXPECT_EQ(SSL_SESSION_has_ticket(session.get()), 1);
    EXPECT_EQ(SSL_SESSION_get_max_early_data(session.get()), 0u);
    EXPECT_EQ(SSL_SESSION_get_ticket_lifetime_hint(session.get()), 12 * 3600u);
    Handshake again(GetParam());
    EXPECT_TRUE(again.ask_for(name).resume(session).with(server));
    EXPECT_TRUE(again.resumed()) << name;
  }
}

TEST_P(TicketTest, ResumesItAfterTheCertificatesWereReadAgain) {
  for (const std::string name : {"mail.example.org", "imap.example.net"}) {
    const Session session = first_session(name);
    server.use(load("DNS:mail.example.org"));
    Handshake again(GetParam());
    EXPECT_TRUE(again.ask_for(name).resume(session).with(server));
    EXPECT_TRUE(again.resumed()) << name;
  }
}

TEST_P(TicketTest, OfAnotherServerLeadsToAFullHandshake) {
  const Session session = first_session("mail.example.org");
  TlsServer other;
  other.use(load("DNS:mail.example.org"));
  Handshake again(GetParam());
  EXPECT_TRUE(again.ask_for("mail.example.org").resume(session).with(other));
  EXPECT_FALSE(again.resumed());
}

INSTANTIATE_TEST_SUITE_P(Versions, TicketTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace postroom
