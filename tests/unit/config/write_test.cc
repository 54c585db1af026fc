// Config as text: it loads to what it was made of.
#include "config/write.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "base/text.h"
#include "config/keys.h"
#include "config/load.h"

namespace postroom {
namespace {

Config loaded(std::string_view text) {
  auto result = parse_config(text, "f");
  if (auto* config = std::get_if<Config>(&result)) return *config;
  ADD_FAILURE() << std::get<1>(result).front().text() << "\n" << text;
  return {};
}

constexpr std::string_view kOdd = R"(
hostname = "mail.example.org"
data = "/srv/with \"quotes\", \\ and é\u0007"
[listen]
smtp = []
imap = ["127.0.0.1:143", "[::1]:143"]
[tls]
certificate = "/c.pem"
key = "/k.pem"
more = [["/\"1\".pem", "/1.key"], ["/2.pem", "/2.key"]]
[limits]
message_size = 1000001
connections = 7
user_storage = "5GiB"
user_messages = 1000
[login]
plaintext = true
[relay]
source_ipv6 = "::1"
routes = ["* = submissions://me@[::1]:4650", "example.net = smtp://mx.example.net"]
give_up = "36h"
[dns]
forwarders = ["127.0.0.1:53"]
trust_anchor = "none"
[log]
level = "error"
trace = "none"
)";

TEST(WriteConfig, LoadsToTheSame) {
  const Config config = loaded(kOdd);
  const std::string text = config_as_toml(config);
  const Config again = loaded(text);
  for (const Key& key : config_keys()) EXPECT_EQ(key.print(again), key.print(config)) << key.name;
  EXPECT_EQ(config_as_toml(again), text);
}

TEST(WriteConfig, MarksWhatIsNotTheDefault) {
  Config config;
  config.limits.message_size = 1u << 20;
  EXPECT_NE(config_as_toml(config).find("\n[limits]\nmessage_size = \"1MiB\"  # set\nrecipients = 1000\n"),
            std::string::npos);
}

TEST(WriteConfig, JsonHasEveryKeyOnce) {
  Config config;
  config.hostname = "mail.example.org";
  EXPECT_EQ(config_as_json(config), R"({
  "hostname": "mail.example.org",
  "data": "/var/lib/postroom",
  "listen": {
    "smtp": ["[::]:25"],
    "submission": ["[::]:587"],
    "submissions": ["[::]:465"],
    "lmtp": [],
    "pop3": ["[::]:110"],
    "pop3s": ["[::]:995"],
    "imap": ["[::]:143"],
    "imaps": ["[::]:993"]
  },
  "tls": {
    "certificate": null,
    "key": null,
    "more": []
  },
  "limits": {
    "message_size": "50MiB",
    "recipients": 1000,
    "connections": 10000,
    "connections_per_address": 500,
    "user_storage": "none",
    "user_messages": "none",
    "sent_messages_per_hour": 500,
    "sent_messages_per_day": 2000,
    "sent_recipients_per_hour": 1000,
    "sent_recipients_per_day": 5000
  },
  "login": {
    "plaintext": false
  },
  "relay": {
    "enabled": true,
    "routes": [],
    "passwords": null,
    "source_ipv4": null,
    "source_ipv6": null,
    "retry": ["5m", "15m", "30m", "1h", "2h", "4h"],
    "delay_notice": "4h",
    "give_up": "5d"
  },
  "dns": {
    "forwarders": [],
    "trust_anchor": null
  },
  "log": {
    "level": "info",
    "trace": "30d"
  }
}
)");
}

TEST(ConfigExample, SetsNothing) {
  const Config defaults;
  const Config config = loaded(config_example());
  for (const Key& key : config_keys()) EXPECT_EQ(key.print(config), key.print(defaults)) << key.name;
}

/// Every line that holds a key loses its '#': such a file must load, to the defaults where there are some.
TEST(ConfigExample, IsRightWhenUncommented) {
  std::string text;
  const std::string example = config_example();
  for (std::string_view line : split(example, '\n')) {
    if (line.starts_with("#") && !line.starts_with("# ")) line.remove_prefix(1);
    text += std::string(line) + "\n";
  }
  const Config config = loaded(text);
  EXPECT_EQ(config.hostname, "mail.example.org");
  EXPECT_EQ(config.tls.key, "privkey.pem");
  Config expected;
  expected.hostname = config.hostname;
  expected.tls = config.tls;
  expected.relay.passwords = "relay.passwords";
  expected.relay.source_ipv4 = "192.0.2.1";
  expected.relay.source_ipv6 = "2001:db8::1";
  expected.dns.trust_anchor = "root.key";
  for (const Key& key : config_keys()) EXPECT_EQ(key.print(config), key.print(expected)) << key.name;
}

TEST(ConfigExample, IsWhatWeShip) {
  std::ifstream in(TESTS_DIR "/../deploy/postroom.toml");
  const std::string shipped{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(shipped, config_example()) << "write it anew: postroom config example > deploy/postroom.toml";
}

}  // namespace
}  // namespace postroom
