// server/tls_stream.h: a client by OpenSSL against a server in memory, at odd chunk sizes.
#include "server/tls_stream.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <optional>

#include "server/tls_context.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/tls_client.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using Reason = ConnectionEnded::Reason;
using testing::MemoryStream;
using testing::SimRuntime;
using testing::TemporaryFolder;
using testing::TlsClient;
using testing::Wire;

class TlsTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  static void SetUpTestSuite() {
    directory = std::make_unique<TemporaryFolder>();
    const auto file = self_signed_certificate(directory->path(), "mail.example.org");
    context = load_tls_context(file, file);
  }
  static void TearDownTestSuite() {
    context.reset();
    directory.reset();
  }

  void SetUp() override {
    tls_server.use(context);
    wire.chunk = GetParam();
    stream = tls_server.start_tls(std::make_unique<MemoryStream>(runtime, wire));
  }

  /// Lets client and server talk until neither has anything to say.
  void settle() {
    for (bool progress = true; progress;) {
      wire.poke();
      runtime.settle();
      progress = !wire.to_client.empty();
      const std::size_t unread = wire.to_server.size();
      client.turn(wire);
      progress = progress || wire.to_server.size() != unread;
    }
  }

  Task<> echo() {
    Buffer in(5000);
    try {
      for (;;) {
        co_await stream->read(in, kNever);
        co_await stream->write(in.view(), kNever);
        in.clear();
      }
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
    stream->finish();
  }

  Task<> drop_all(Duration time) {
    const TimePoint deadline = runtime.now() + time;
    Buffer in(5000);
    try {
      for (;;) {
        co_await stream->read(in, deadline);
        in.clear();
      }
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
  }

  Task<> greet_first(std::string greeting) {
    try {
      co_await stream->write(greeting, kNever);
      co_await stream->flush(kNever);
      greeted = true;
    } catch (const ConnectionEnded& end) {
      ended = end.reason();
    }
  }

  static inline std::unique_ptr<TemporaryFolder> directory;
  static inline TlsContext context;

  SimRuntime runtime;
  TlsServer tls_server;
  Wire wire;
  std::unique_ptr<Stream> stream;
  TlsClient client;
  std::optional<Reason> ended;
  bool greeted = false;
};

std::string much() {
  std::string text;
  for (int i = 0; text.size() < 100000; ++i) text += std::to_string(i) + " ";
  return text;
}

TEST_P(TlsTest, TextGoesBothWays) {
  runtime.spawn(echo());
  EXPECT_EQ(stream->tls(), "TLS");
  settle();
  EXPECT_TRUE(SSL_is_init_finished(client.ssl()));
  EXPECT_EQ(stream->tls(), "TLSv1.3 TLS_AES_256_GCM_SHA384");
  for (const std::string& text : {std::string("hello"), much(), std::string("x")}) {
    client.received.clear();
    client.send(text);
    settle();
    EXPECT_TRUE(client.received == text) << client.received.size();
    stream->release_buffers();
  }
  SSL_shutdown(client.ssl());
  settle();
  EXPECT_EQ(ended, Reason::peer_closed);
  EXPECT_TRUE(wire.finished);
}

TEST_P(TlsTest, Tls12IsSpokenToo) {
  client = TlsClient(TLS1_2_VERSION);
  runtime.spawn(echo());
  settle();
  client.send("old friend");
  settle();
  EXPECT_EQ(client.received, "old friend");
  EXPECT_EQ(stream->tls().substr(0, 19), "TLSv1.2 ECDHE-ECDSA");
  stream->abort();
  runtime.settle();
}

// IMAP over TLS: the server speaks first, before the client's hello has come.
TEST_P(TlsTest, TheServerMaySpeakFirst) {
  const std::string greeting = "* OK " + much();
  runtime.spawn(greet_first(greeting));
  runtime.settle();
  EXPECT_FALSE(greeted);
  settle();
  EXPECT_TRUE(greeted);
  EXPECT_TRUE(client.received == greeting);
}

TEST_P(TlsTest, ASlowReaderPushesBack) {
  runtime.spawn(greet_first(""));
  settle();
  greeted = false;
  const std::string text = std::string(1 << 20, 'x');
  runtime.spawn(greet_first("hello"));
  settle();
  EXPECT_TRUE(greeted);
  greeted = false;
  wire.send_room = 1000;
  runtime.spawn(greet_first(text));
  runtime.settle();
  EXPECT_FALSE(greeted);
  EXPECT_EQ(stream->send("more"), 0U);
  EXPECT_FALSE(stream->sent());
  wire.send_room = ~std::size_t{0};
  settle();
  EXPECT_TRUE(greeted);
  EXPECT_TRUE(client.received == "hello" + text);
}

TEST_P(TlsTest, FinishSaysCloseNotify) {
  runtime.spawn(greet_first("bye"));
  settle();
  stream->finish();
  settle();
  EXPECT_EQ(client.received, "bye");
  EXPECT_TRUE(client.closed);
  EXPECT_TRUE(wire.finished);
}

TEST_P(TlsTest, ACutConnectionEndsTheSession) {
  runtime.spawn(echo());
  settle();
  client.send("last words");
  client.turn(wire);
  wire.closed = true;  // without close_notify
  settle();
  EXPECT_EQ(ended, Reason::peer_closed);
  EXPECT_EQ(client.received, "last words");
}

TEST_P(TlsTest, AbortEndsTheSession) {
  runtime.spawn(echo());
  settle();
  stream->abort();
  runtime.settle();
  EXPECT_EQ(ended, Reason::aborted);
}

// What was sent in the clear before TLS began is not taken for the client's.
TEST_P(TlsTest, PlaintextFromBeforeIsDropped) {
  wire.to_server = "a2 NOOP\r\n";
  stream.reset();
  stream = tls_server.start_tls(std::make_unique<MemoryStream>(runtime, wire));
  EXPECT_EQ(wire.to_server, "");
  runtime.spawn(echo());
  settle();
  client.send("hello");
  settle();
  EXPECT_EQ(client.received, "hello");
  stream->abort();
  runtime.settle();
}

// On a port with TLS from the first byte the hello may be there before the server looks.
TEST_P(TlsTest, AnEarlyHelloIsHeardWhereTlsComesFirst) {
  stream.reset();
  client.turn(wire);
  EXPECT_FALSE(wire.to_server.empty());
  stream = tls_server.implicit_tls(std::make_unique<MemoryStream>(runtime, wire));
  runtime.spawn(echo());
  settle();
  client.send("hello");
  settle();
  EXPECT_EQ(client.received, "hello");
  stream->abort();
  runtime.settle();
}

TEST_P(TlsTest, GarbageEndsTheSession) {
  runtime.spawn(echo());
  wire.to_server = "EHLO client.example.org\r\nMAIL FROM:<>\r\n";
  wire.poke();
  runtime.settle();
  EXPECT_EQ(ended, Reason::failed);
}

TEST_P(TlsTest, ATruncatedHandshakeEndsTheSession) {
  runtime.spawn(echo());
  client.turn(wire);  // the hello
  wire.to_server.resize(wire.to_server.size() / 2);
  wire.closed = true;
  wire.poke();
  runtime.settle();
  EXPECT_EQ(ended, Reason::peer_closed);
}

TEST_P(TlsTest, AChangedRecordEndsTheSession) {
  runtime.spawn(echo());
  settle();
  client.send("hello");
  client.turn(wire);
  wire.to_server.back() = static_cast<char>(wire.to_server.back() ^ 1);
  wire.poke();
  runtime.settle();
  EXPECT_EQ(ended, Reason::failed);
}

TEST_P(TlsTest, RenegotiationIsRefused) {
  client = TlsClient(TLS1_2_VERSION);
  runtime.spawn(echo());
  settle();
  SSL_renegotiate(client.ssl());
  SSL_do_handshake(client.ssl());
  settle();
  // A refusal, or the end: but no second handshake, and the server lives.
  client.received.clear();
  ERR_clear_error();
  EXPECT_EQ(SSL_num_renegotiations(client.ssl()), 1);  // asked for
  EXPECT_FALSE(SSL_is_init_finished(client.ssl()));    // and not granted
  stream->abort();
  runtime.settle();
}

TEST_P(TlsTest, KeysMayBeUpdatedNowAndThen) {
  runtime.spawn(echo());
  settle();
  for (int i = 0; i < 10; ++i) {
    for (int n = 0; n < 20; ++n) client.update_keys();
    client.send("hello ");
    settle();
  }
  EXPECT_FALSE(ended);
  EXPECT_EQ(client.received.size(), 60U);
  stream->abort();
  runtime.settle();
}

TEST_P(TlsTest, KeyUpdatesWithoutEndEndTheSession) {
  runtime.spawn(echo());
  settle();
  for (int n = 0; n < 300; ++n) client.update_keys();
  client.turn(wire);
  wire.poke();
  runtime.settle();
  EXPECT_EQ(ended, Reason::failed);
  EXPECT_LT(wire.to_client.size(), 2000U) << "answers";
}

TEST_P(TlsTest, WhoDoesNotReadTheAnswersIsNotListenedTo) {
  wire.chunk = 64 << 10;
  runtime.spawn(drop_all(60s));
  settle();
  wire.send_room = 0;
  for (int i = 0; i < 900; ++i) {
    for (int n = 0; n < 20; ++n) client.update_keys();
    client.send("x");
  }
  client.turn(wire);
  const std::size_t sent = wire.to_server.size();
  wire.poke();
  runtime.settle();
  EXPECT_LT(wire.to_server.size(), sent);
  EXPECT_GT(wire.to_server.size(), 0U);
  EXPECT_FALSE(ended);
  wire.send_room = ~std::size_t{0};
  wire.poke();
  runtime.settle();
  EXPECT_EQ(wire.to_server.size(), 0U);
  runtime.advance(60s);
  EXPECT_EQ(ended, Reason::deadline);
}

TEST_P(TlsTest, Tls11IsRefused) {
  client = TlsClient(TLS1_1_VERSION);
  SSL_set_security_level(client.ssl(), 0);
  runtime.spawn(echo());
  settle();
  EXPECT_EQ(ended, Reason::failed);
}

TEST_P(TlsTest, OpenConnectionsKeepTheirCertificate) {
  runtime.spawn(echo());
  settle();
  TemporaryFolder other;
  const auto file = self_signed_certificate(other.path(), "new.example.org");
  tls_server.use(load_tls_context(file, file));
  client.send("still here");
  settle();
  EXPECT_EQ(client.received, "still here");

  Wire second_wire;
  const auto second = tls_server.start_tls(std::make_unique<MemoryStream>(runtime, second_wire));
  TlsClient newcomer;
  Buffer in(100);
  for (int i = 0; i < 3; ++i) {
    newcomer.turn(second_wire);
    second->receive(in);
  }
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(newcomer.ssl()),
                                                          X509_free);
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(X509_check_host(shown.get(), "new.example.org", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(shown.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_NE(X509_check_host(shown.get(), "mail.example.org", 0, 0, nullptr), 1);
  stream->abort();
  runtime.settle();
}

INSTANTIATE_TEST_SUITE_P(Chunks, TlsTest, ::testing::Values(1, 7, 1000, 65536));

}  // namespace
}  // namespace postroom
