// Config files into Config, and every way to get one wrong, word for word.
#include "config/load.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace postroom {
namespace {

Config good(std::string_view text) {
  auto loaded = parse_config(text, "/etc/postroom/postroom.toml");
  if (auto* config = std::get_if<Config>(&loaded)) return *config;
  for (const auto& error : std::get<1>(loaded)) ADD_FAILURE() << error.text();
  return {};
}

/// All errors, one a line, without the file's name.
std::string errors(std::string_view text) {
  const auto loaded = parse_config(text, "f");
  if (std::holds_alternative<Config>(loaded)) return "good";
  std::string out;
  for (const auto& error : std::get<1>(loaded)) out += (out.empty() ? "" : "\n") + error.text().substr(2);
  return out;
}

TEST(LoadConfig, NothingSetIsAllDefaults) {
  const Config config = good("");
  EXPECT_EQ(config.hostname, "");
  EXPECT_EQ(config.data, "/var/lib/postroom");
  EXPECT_EQ(config.listen.smtp, (Endpoints{{"::", 25}}));
  EXPECT_EQ(config.listen.imaps, (Endpoints{{"::", 993}}));
  EXPECT_EQ(config.limits.message_size, 50u << 20);
  EXPECT_FALSE(config.login.plaintext);
  EXPECT_EQ(config.log.level, log::Level::info);
}

TEST(LoadConfig, TakesEveryKey) {
  const Config config = good(R"(
hostname = "Mail.Example.org"
data = "/srv/mail"
[listen]
smtp = ["127.0.0.1:25", "[::1]:2525"]
submission = []
submissions = ["[2001:DB8::0]:465"]
pop3 = ["0.0.0.0:0"]
pop3s = []
imap = ["[::]:143"]
imaps = []
[tls]
certificate = "cert/chain.pem"
key = "/etc/ssl/key.pem"
more = [["net.pem", "/net.key"], ["a.pem", "a.key"]]
[limits]
message_size = "1 GiB"
recipients = 100
connections = 50
connections_per_address = 5
user_storage = "5GiB"
user_messages = 100000
sent_messages_per_hour = 1
sent_messages_per_day = 2
sent_recipients_per_hour = 3
sent_recipients_per_day = "none"
[login]
plaintext = true
[relay]
enabled = false
routes = ["Partner.example = lmtp://[::1]", "* = submission://me@example.org@SMTP.example.net"]
passwords = "relay.passwords"
source_ipv4 = "192.0.2.1"
source_ipv6 = "2001:DB8:0::1"
retry = ["30s", "1h"]
delay_notice = "90m"
give_up = "4d"
[dns]
forwarders = ["127.0.0.1:53", "[2001:db8::1]:5353"]
trust_anchor = "root.key"
[log]
level = "debug"
trace = "7d"
)");
  EXPECT_EQ(config.hostname, "mail.example.org");
  EXPECT_EQ(config.data, "/srv/mail");
  EXPECT_EQ(config.listen.smtp, (Endpoints{{"127.0.0.1", 25}, {"::1", 2525}}));
  EXPECT_EQ(config.listen.submission, Endpoints{});
  EXPECT_EQ(config.listen.submissions, (Endpoints{{"2001:db8::", 465}}));
  EXPECT_EQ(config.listen.pop3, (Endpoints{{"0.0.0.0", 0}}));
  EXPECT_EQ(config.tls.certificate, "/etc/postroom/cert/chain.pem");
  EXPECT_EQ(config.tls.key, "/etc/ssl/key.pem");
  EXPECT_EQ(config.tls.more,
            (std::vector<CertificateConfig>{{"/etc/postroom/net.pem", "/net.key"},
                                            {"/etc/postroom/a.pem", "/etc/postroom/a.key"}}));
  EXPECT_EQ(config.limits.message_size, 1u << 30);
  EXPECT_EQ(config.limits.recipients, 100u);
  EXPECT_EQ(config.limits.connections, 50u);
  EXPECT_EQ(config.limits.connections_per_address, 5u);
  EXPECT_EQ(config.limits.user_storage, 5ull << 30);
  EXPECT_EQ(config.limits.user_messages, 100000u);
  EXPECT_EQ(config.limits.sent_messages_per_hour, 1u);
  EXPECT_EQ(config.limits.sent_messages_per_day, 2u);
  EXPECT_EQ(config.limits.sent_recipients_per_hour, 3u);
  EXPECT_EQ(config.limits.sent_recipients_per_day, 0u);
  EXPECT_TRUE(config.login.plaintext);
  EXPECT_FALSE(config.relay.enabled);
  EXPECT_EQ(config.relay.routes,
            (std::vector<RouteConfig>{
                {"partner.example", RouteConfig::Transport::lmtp, "", "::1", 24},
                {"*", RouteConfig::Transport::submission, "me@example.org", "smtp.example.net", 587}}));
  EXPECT_EQ(config.relay.passwords, "/etc/postroom/relay.passwords");
  EXPECT_EQ(config.relay.source_ipv4, "192.0.2.1");
  EXPECT_EQ(config.relay.source_ipv6, "2001:db8::1");
  EXPECT_EQ(config.relay.retry,
            (std::vector<std::chrono::seconds>{std::chrono::seconds(30), std::chrono::hours(1)}));
  EXPECT_EQ(config.relay.delay_notice, std::chrono::minutes(90));
  EXPECT_EQ(config.relay.give_up, std::chrono::hours(96));
  EXPECT_EQ(config.dns.forwarders, (Endpoints{{"127.0.0.1", 53}, {"2001:db8::1", 5353}}));
  EXPECT_EQ(config.dns.trust_anchor, "/etc/postroom/root.key");
  EXPECT_EQ(config.log.level, log::Level::debug);
  EXPECT_EQ(config.log.trace, std::chrono::hours(7 * 24));
}

TEST(LoadConfig, TakesNoneForATrustAnchor) {
  EXPECT_EQ(good("dns.trust_anchor = 'none'").dns.trust_anchor, DnsConfig::kNoTrustAnchor);
  EXPECT_EQ(good("data = 'none'").data, "/etc/postroom/none");
}

TEST(LoadConfig, TakesNoneForALimit) {
  const Config config = good("limits.user_storage = 'none'\nlimits.user_messages = 'none'");
  EXPECT_EQ(config.limits.user_storage, 0u);
  EXPECT_EQ(config.limits.user_messages, 0u);
  EXPECT_EQ(good("log.trace = 'none'").log.trace.count(), 0);
}

TEST(LoadConfig, TakesDottedKeysAndSizesInBytes) {
  const Config config = good("listen.imap = []\nlimits.message_size = 100000\ndata = 'mail'");
  EXPECT_EQ(config.listen.imap, Endpoints{});
  EXPECT_EQ(config.limits.message_size, 100000u);
  EXPECT_EQ(config.data, "/etc/postroom/mail");
}

struct Mistake {
  std::string_view text;
  std::string_view error;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreNamedWithTheirPlace) { EXPECT_EQ(errors(GetParam().text), GetParam().error); }

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, Mistakes,
    ::testing::Values(
        Mistake{"hostnam = 'x'", R"(1:1: unknown key "hostnam"; did you mean "hostname"?)"},
        Mistake{"\n  lisen = 5", "2:3: unknown key \"lisen\"; did you mean [listen]?"},
        Mistake{"message_size = 5",
                R"(1:1: unknown key "message_size"; did you mean "message_size" in [limits]?)"},
        Mistake{
            "[listen]\nhostname = 'a'",
            R"(2:1: unknown key "hostname" in [listen]; did you mean "hostname" before the first section?)"},
        Mistake{"[listen]\nimapz = []", R"(2:1: unknown key "imapz" in [listen]; did you mean "imap"?)"},
        Mistake{"[tls]\nqqqqqq = 1",
                R"(2:1: unknown key "qqqqqq" in [tls]; there are: certificate, key, more)"},
        Mistake{"qqqqqq = 1",
                "1:1: unknown key \"qqqqqq\"; there are: hostname, data, [listen], [tls], [limits], [login], "
                "[relay], [dns], [log]"}));

INSTANTIATE_TEST_SUITE_P(
    WrongTypes, Mistakes,
    ::testing::Values(
        Mistake{"hostname = 5", R"(1:12: "hostname" is a host name in quotes, not a number)"},
        Mistake{"hostname = 2024-01-01", R"(1:12: "hostname" is a host name in quotes, not a date or time)"},
        Mistake{"data = ['/var']", R"(1:8: "data" is a path in quotes, not a list)"},
        Mistake{"[listen]\nsmtp = '[::]:25'",
                R"(2:8: "smtp" is a list of "address:port", not text; did you mean ["[::]:25"]?)"},
        Mistake{"[listen]\nsmtp = [25]",
                R"(2:9: "smtp": each item of the list stands in quotes, like "[::]:25")"},
        Mistake{"[limits]\nmessage_size = 1.5",
                R"(2:16: "message_size" is a size like "50MiB", not a number with a fraction)"},
        Mistake{"[limits]\nconnections = 'many'", R"(2:15: "connections" is a number, not text)"},
        Mistake{"[login]\nplaintext = 'true'",
                R"(2:13: "plaintext" is true or false, not text; did you mean true without the quotes?)"},
        Mistake{"[login]\nplaintext = 1", R"(2:13: "plaintext" is true or false, not a number)"},
        Mistake{"[log]\nlevel = true",
                R"(2:9: "level" is "debug", "info", "warning" or "error", not true or false)"},
        Mistake{"[hostname]", R"(1:1: "hostname" is a host name in quotes, not a section)"},
        Mistake{"listen = 5",
                "1:10: \"listen\" is a section: write [listen] on a line of its own and its keys below"},
        Mistake{"[[tls]]",
                "1:1: \"tls\" is a section: write [tls] on a line of its own and its keys below"}));

INSTANTIATE_TEST_SUITE_P(
    BadValues, Mistakes,
    ::testing::Values(
        Mistake{"hostname = ''",
                R"(1:12: "hostname": "" is empty; leave the key out to use the machine's own name)"},
        Mistake{"hostname = 'a_b'",
                "1:12: \"hostname\": \"a_b\" is no host name: parts of letters, digits and inner hyphens, up "
                "to 63 of "
                "them, with dots between (other scripts in their \"xn--\" form)"},
        Mistake{"data = ''", R"(1:8: "data": the path is empty)"},
        Mistake{"data = \"a\\u0000b\"", R"(1:8: "data": a path holds no NUL)"},
        Mistake{"[limits]\nmessage_size = '50MB'",
                R"(2:16: "message_size": "50MB" is no size; write it like "50MiB")"},
        Mistake{"[limits]\nmessage_size = '1KiB'", R"(2:16: "message_size": must be from "64KiB" to "1GiB")"},
        Mistake{"[limits]\nmessage_size = -1", R"(2:16: "message_size": must be from "64KiB" to "1GiB")"},
        Mistake{"[limits]\nuser_storage = 0", R"(2:16: "user_storage": must be from "1KiB" to "1048576GiB")"},
        Mistake{"[limits]\nuser_storage = true",
                R"(2:16: "user_storage" is a size like "50MiB", or "none", not true or false)"},
        Mistake{"[limits]\nuser_messages = 'all'",
                R"(2:17: "user_messages" is a number, or "none", not text)"},
        Mistake{"[limits]\nrecipients = 5", R"(2:14: "recipients": must be from 100 to 100000)"},
        Mistake{"[limits]\nconnections = 0", R"(2:15: "connections": must be from 1 to 1000000)"},
        Mistake{"[log]\nlevel = 'inf'", R"(2:9: "level": "inf" is no level; did you mean "info"?)"},
        Mistake{"[log]\nlevel = 'loud'",
                R"(2:9: "level": "loud" is no level; it is "debug", "info", "warning" or "error")"},
        Mistake{"[tls]\ncertificate = 'a'", R"(2:15: "certificate" is set without its "key")"},
        Mistake{"[tls]\nkey = 'a'", R"(2:7: "key" is set without its "certificate")"},
        Mistake{"[tls]\nmore = 'a.pem'", R"(2:8: "more" is a list of ["certificate", "key"], not text)"},
        Mistake{"[tls]\nmore = [['a.pem', 'a.key'],\n 'b.pem']",
                R"(3:2: "more": each item of the list is a list of two files, )"
                R"(like ["fullchain.pem", "privkey.pem"])"},
        Mistake{"[tls]\nmore = [['a.pem']]", R"(2:9: "more": each item of the list is a list of two files, )"
                                             R"(like ["fullchain.pem", "privkey.pem"])"},
        Mistake{"[tls]\nmore = [['a.pem', '']]", R"(2:19: "more": the path is empty)"}));

INSTANTIATE_TEST_SUITE_P(
    Addresses, Mistakes,
    ::testing::Values(
        Mistake{"[listen]\nimap = ['localhost:143']",
                "2:9: \"imap\": \"localhost:143\" has a name where an address is needed; did you mean "
                "\"127.0.0.1:143\"?"},
        Mistake{
            "[listen]\nimap = ['::1:143']",
            R"(2:9: "imap": "::1:143" needs brackets around the IPv6 address; did you mean "[::1]:143"?)"},
        Mistake{
            "[listen]\nimap = ['*:143']",
            R"(2:9: "imap": "*:143" has no address; did you mean "[::]:143" (every address of this machine)?)"},
        Mistake{
            "[listen]\nimap = ['143']",
            R"(2:9: "imap": "143" has no address; did you mean "[::]:143" (every address of this machine)?)"},
        Mistake{
            "[listen]\nimap = ['1.2.3.4']",
            R"(2:9: "imap": "1.2.3.4" has no port; write it like "127.0.0.1:25" or, for IPv6, "[::]:25")"},
        Mistake{"[dns]\nforwarders = ['1.2.3.4:53', '[::1]:0']",
                R"(2:14: "forwarders": "[::1]:0" has no port to ask at)"},
        Mistake{
            "[dns]\nforwarders = '1.2.3.4:53'",
            "2:14: \"forwarders\" is a list of \"address:port\", not text; did you mean [\"1.2.3.4:53\"]?"},
        Mistake{"[dns]\ntrust_anchor = false",
                "2:16: \"trust_anchor\" is a path in quotes, or \"none\", not true or false"},
        Mistake{"[listen]\nlmtp = ['127.0.0.1:24', '[::1]:25']",
                R"(2:8: "lmtp": "[::1]:25" has the port of SMTP; LMTP's is often 24)"},
        Mistake{"[listen]\nlmtp = ['127.0.0.1:24']\nimap = ['127.0.0.1:24']",
                R"(3:9: "imap": 127.0.0.1:24 is already taken by "lmtp")"},
        Mistake{"[listen]\nimap = ['1.2.3.4:65536']",
                R"(2:9: "imap": "1.2.3.4:65536" has no valid port: it is a number from 0 to 65535)"},
        Mistake{"[listen]\nimap = ['1.2.3.256:1']",
                "2:9: \"imap\": \"1.2.3.256:1\" has no valid address before the port; write it like "
                "\"127.0.0.1:25\" or, for IPv6, \"[::]:25\""},
        Mistake{"[listen]\nimap = ['[1.2.3.4]:1']",
                "2:9: \"imap\": \"[1.2.3.4]:1\" has no valid address before the port; write it like "
                "\"127.0.0.1:25\" or, for IPv6, \"[::]:25\""},
        Mistake{"[listen]\nimaps = ['1.2.3.4:5', '[0::]:25']",
                R"(2:23: "imaps": [::]:25 is already taken by "smtp")"},
        Mistake{"[listen]\nsmtp = ['1.2.3.4:5', '[::]:993']",
                R"(2:22: "smtp": [::]:993 is already taken by "imaps")"}));

INSTANTIATE_TEST_SUITE_P(
    Relay, Mistakes,
    ::testing::Values(
        Mistake{"[relay]\nroutes = ['smtp.example.net']",
                "2:11: \"routes\": \"smtp.example.net\" is no route; write it like \"example.net = "
                "smtp://mail.example.net:25\" or \"* = submission://user@smtp.example.net:587\""},
        Mistake{"[relay]\nroutes = ['* = http://smtp.example.net']",
                "2:11: \"routes\": \"* = http://smtp.example.net\" has no transport: it is smtp://, "
                "submission://, submissions:// or lmtp://"},
        Mistake{
            "[relay]\nroutes = ['* = smtp://me@smtp.example.net']",
            "2:11: \"routes\": \"* = smtp://me@smtp.example.net\" would send a password without certain TLS; "
            "take submission:// or submissions://"},
        Mistake{
            "[relay]\nroutes = ['* = smtp://smtp.example.net:0']",
            "2:11: \"routes\": \"* = smtp://smtp.example.net:0\" has no valid port: it is a number from 1 to "
            "65535"},
        Mistake{
            "[relay]\nroutes = ['* = smtp://127.0.0.1:x']",
            "2:11: \"routes\": \"* = smtp://127.0.0.1:x\" has no valid port: it is a number from 1 to 65535"},
        Mistake{
            "[relay]\nroutes = ['* = smtp://_x']",
            "2:11: \"routes\": \"_x\" is no host name: parts of letters, digits and inner hyphens, up to 63 "
            "of "
            "them, with dots between (other scripts in their \"xn--\" form); write it like \"example.net = "
            "smtp://mail.example.net:25\" or \"* = submission://user@smtp.example.net:587\""},
        Mistake{"[relay]\nsource_ipv4 = '::1'",
                R"(2:15: "source_ipv4": "::1" is no IPv4 address; write it like "192.0.2.1")"},
        Mistake{"[relay]\nsource_ipv6 = '[::1]'",
                R"(2:15: "source_ipv6": "[::1]" is no IPv6 address; write it like "2001:db8::1")"},
        Mistake{"[relay]\nsource_ipv4 = 1",
                R"(2:15: "source_ipv4" is an IPv4 address in quotes, not a number)"},
        Mistake{"[relay]\ngive_up = 5", R"(2:11: "give_up" is a time like "4h", not a number)"},
        Mistake{"[relay]\ngive_up = '5'",
                R"(2:11: "give_up": "5" is no time; write it like "30s", "5m", "4h" or "5d")"},
        Mistake{"[relay]\nretry = ['0s']",
                R"(2:10: "retry": "0s" is no time; write it like "30s", "5m", "4h" or "5d")"},
        Mistake{"[relay]\nretry = []", R"(2:9: "retry": the list is empty)"},
        Mistake{"[relay]\nretry = [5]",
                R"(2:10: "retry": each item of the list stands in quotes, like "5m")"}));

INSTANTIATE_TEST_SUITE_P(
    NotToml, Mistakes,
    ::testing::Values(
        Mistake{
            "hostname = mail.example.org",
            "1:12: this is not TOML: in value: could not determine value type; text stands in quotes: \"…\""},
        Mistake{"hostname = 'a'\nhostname = 'b'",
                "2:12: this is not TOML: in key-value pair: cannot redefine existing string 'hostname'"},
        Mistake{"hostname 'a'", "1:10: this is not TOML: in key-value pair: expected '=', saw '''"},
        Mistake{"a\xff = 1", "1:1: this is not TOML: Encountered invalid utf-8 sequence"}));

TEST(LoadConfig, TellsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(errors("data = 5\n[tls]\nkey = 'k'\n[listen]\nimap = ['1', '2']\nsmtp = 1\n"),
            "1:8: \"data\" is a path in quotes, not a number\n"
            "3:7: \"key\" is set without its \"certificate\"\n"
            "5:9: \"imap\": \"1\" has no address; did you mean \"[::]:1\" (every address of this machine)?\n"
            "5:14: \"imap\": \"2\" has no address; did you mean \"[::]:2\" (every address of this machine)?\n"
            "6:8: \"smtp\" is a list of \"address:port\", not a number");
}

TEST(LoadConfig, PortZeroMayStandTwice) {
  const Config config = good("[listen]\nimap = ['127.0.0.1:0']\npop3 = ['127.0.0.1:0']");
  EXPECT_EQ(config.listen.imap, config.listen.pop3);
}

class ReadConfig : public ::testing::Test {
 protected:
  std::string write(std::string_view text) const {
    std::ofstream(folder_ / "postroom.toml") << text;
    return folder_ / "postroom.toml";
  }
  static std::string error_of(const LoadedConfig& loaded) {
    const auto* found = std::get_if<1>(&loaded);
    return found != nullptr && found->size() == 1 ? found->front().text() : "not one error";
  }

  const testing::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(ReadConfig, FillsInTheMachinesNameWhereNoneIsSet) {
  const auto loaded = load_config(write("data = 'mail'"), false);
  EXPECT_NE(std::get<Config>(loaded).hostname, "");
  EXPECT_EQ(std::get<Config>(loaded).data, folder_ / "mail");
  const auto named = load_config(write("hostname = 'mail.example.org'"), false);
  EXPECT_EQ(std::get<Config>(named).hostname, "mail.example.org");
}

TEST_F(ReadConfig, AFileThatIsNotThereSetsNothingWhenItMayBeAbsent) {
  const auto loaded = load_config(folder_ / "none.toml", true);
  EXPECT_EQ(std::get<Config>(loaded).data, "/var/lib/postroom");
}

TEST_F(ReadConfig, AFileThatWasNamedMustBeThere) {
  const std::string file = folder_ / "none.toml";
  EXPECT_EQ(error_of(load_config(file, false)),
            file + ": there is no such file; begin with the example: postroom config example > " + file);
}

TEST_F(ReadConfig, AFolderIsNoFile) {
  EXPECT_EQ(error_of(load_config(folder_, true)), folder_.string() + ": this is a folder, not a file");
}

TEST_F(ReadConfig, AHugeFileIsNotRead) {
  const std::string file = write(std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(error_of(load_config(file, false)),
            file + ": is larger than 1 MiB: this is no configuration file");
}

}  // namespace
}  // namespace postroom
