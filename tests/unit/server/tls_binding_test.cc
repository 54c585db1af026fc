// server/tls_binding.h: what the server has of a connection is what a client by OpenSSL has.
#include "server/tls_binding.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "server/tls_context.h"
#include "server/tls_stream.h"
#include "tests/support/memory_stream.h"
#include "tests/support/sim_runtime.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/tls_client.h"

namespace postroom {
namespace {

class TlsBinding : public ::testing::Test {
 protected:
  TlsBinding() {
    const auto file = self_signed_certificate(folder_.path(), "mail.example.org");
    server_.use(load_tls_context(file, file));
    stream_ = server_.start_tls(std::make_unique<testing::MemoryStream>(runtime_, wire_));
  }

  void shake_hands(testing::TlsClient& client) {
    Buffer in(5000);
    for (int turn = 0; turn < 6; ++turn) {
      client.turn(wire_);
      wire_.poke();
      stream_->receive(in);
    }
    ASSERT_TRUE(SSL_is_init_finished(client.ssl()));
    ASSERT_TRUE(stream_->established());
  }

  static std::string exported(SSL* ssl) {
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    std::string bytes(32, '\0');
    const unsigned char empty = 0;
    EXPECT_EQ(SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                         kLabel.data(), kLabel.size(), &empty, 0, 1),
              1);
    return bytes;
  }

  testing::TemporaryFolder folder_;
  testing::SimRuntime runtime_;
  TlsServer server_;
  testing::Wire wire_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(TlsBinding, BothEndsExportTheSame) {
  testing::TlsClient client;
  EXPECT_EQ(stream_->channel_binding("tls-exporter"), "") << "before the handshake";
  shake_hands(client);
  EXPECT_EQ(stream_->channel_binding("tls-exporter"), exported(client.ssl()));
}

TEST_F(TlsBinding, ThereAreNoOtherTypes) {
  testing::TlsClient client;
  shake_hands(client);
  EXPECT_EQ(stream_->channel_binding("tls-unique"), "");
  EXPECT_EQ(stream_->channel_binding("tls-server-end-point"), "");
  EXPECT_EQ(stream_->channel_binding(""), "");
}

// Its clients want "tls-unique".
TEST_F(TlsBinding, ThereIsNoneBeforeTls13) {
  testing::TlsClient client(TLS1_2_VERSION);
  shake_hands(client);
  EXPECT_EQ(stream_->channel_binding("tls-exporter"), "");
}

}  // namespace
}  // namespace postroom
