// server/relay_options.h: passwords of routes, addresses to send from.
#include "server/relay_options.h"

#include <gtest/gtest.h>
#include <stdexcept>

#include "config/values.h"
#include "server/private_file.h"
#include "tests/support/temporary_folder.h"

namespace postroom {
namespace {

class RelayOptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.relay.passwords = file_;
    config_.relay.routes = {
        std::get<RouteConfig>(parse_route("* = submission://Me@example.org@SMTP.example.net"))};
  }
  void write(const std::string& text) { replace_private_file(file_, text); }
  std::string password() { return relay_options(config_, "").routes.of("x.example").password; }
  std::string failure() {
    try {
      relay_options(config_, "");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  const testing::TemporaryFolder folder_;
  const std::string file_ = (folder_.path() / "relay.passwords").string();
  Config config_;
};

TEST_F(RelayOptionsTest, FindsThePasswordOfARoute) {
  write("# ours\n\nother@smtp.example.net no\n  Me@example.org@smtp.example.net \t pass word \r\n");
  EXPECT_EQ(password(), "pass word");
}

TEST_F(RelayOptionsTest, ReadsRoutesThatAdministratorsChoose) {
  write("Me@example.org@smtp.example.net secret\n");
  const relay::Routes routes = relay_options(config_, "").routes;
  const relay::Route route = routes.of("submissions://Me@example.org@smtp.example.net:465");
  EXPECT_EQ(route.host, "smtp.example.net");
  EXPECT_EQ(route.port, 465);
  EXPECT_EQ(route.tls, relay::Route::Tls::at_once);
  EXPECT_EQ(route.password, "secret");
  EXPECT_TRUE(routes.of("lmtp://[::1]:24").lmtp);
  EXPECT_THROW(routes.of("submission://you@smtp.example.net:587"), std::runtime_error);
  EXPECT_THROW(routes.of("pigeon://smtp.example.net"), std::runtime_error);
}

TEST_F(RelayOptionsTest, HostsAreTheSameInUpperCaseAndUsersAreNot) {
  write("Me@example.org@Smtp.Example.NET secret\nme@example.org@smtp.example.net no\n");
  EXPECT_EQ(password(), "secret");
}

TEST_F(RelayOptionsTest, SaysWhatIsMissing) {
  EXPECT_EQ(failure(), "there is no " + file_ + ", which [relay] passwords names");
  write("me@example.org@smtp.example.net no\n");
  EXPECT_EQ(failure(),
            "there is no password for Me@example.org@smtp.example.net: add the line "
            "\"Me@example.org@smtp.example.net password\" to " +
                file_);
  config_.relay.passwords.clear();
  EXPECT_EQ(failure(),
            "there is no password for Me@example.org@smtp.example.net: name the file that has it as [relay] "
            "passwords");
}

TEST_F(RelayOptionsTest, SaysWhichLineIsNone) {
  for (const char* line : {"Me@example.org@smtp.example.net", "smtp.example.net secret"}) {
    write("# ours\n\n" + std::string(line) + "\n");
    EXPECT_EQ(failure(), file_ + ":3: a line is \"user@host password\"");
  }
}

TEST_F(RelayOptionsTest, RefusesAFileThatOthersCanRead) {
  write("Me@example.org@smtp.example.net secret\n");
  EXPECT_EQ(failure(), "");
  std::filesystem::permissions(file_, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_EQ(failure(), file_ + " can be read by others than its owner: `chmod 600 " + file_ + "`");
}

TEST(DialOptionsTest, AreTheSourcesThatAreConfigured) {
  Config config;
  EXPECT_EQ(dial_options(config).source_ipv4, "");
  config.relay.source_ipv4 = "192.0.2.1";
  config.relay.source_ipv6 = "2001:db8::1";
  EXPECT_EQ(dial_options(config).source_ipv4, "192.0.2.1");
  EXPECT_EQ(dial_options(config).source_ipv6, "2001:db8::1");
}

}  // namespace
}  // namespace postroom
