// server/unbound_resolver.h, asking a name server on loopback.
#include "server/unbound_resolver.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/dns_server.h"
#include "tests/support/temporary_folder.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using relay::Answer;
using relay::Lookup;
using testing::DnsServer;
using Manner = DnsServer::Manner;

class UnboundResolverTest : public ::testing::Test {
 public:
  DnsOptions options() const {
    DnsOptions options;
    options.forwarders = {{"127.0.0.1", server.port()}};
    options.trust_anchor = DnsConfig::kNoTrustAnchor;
    return options;
  }
  template <class Record>
  static Task<> keep(Task<Answer<Record>> task, Answer<Record>& answer) {
    answer = co_await std::move(task);
  }
  template <class Record>
  Answer<Record> ask(Task<Answer<Record>> task) {
    Answer<Record> answer;
    runtime.spawn(keep(std::move(task), answer));
    runtime.run();
    return answer;
  }
  static Task<> abort_after(UvRuntime& runtime, UnboundResolver& resolver, Duration time) {
    co_await sleep_until(runtime, runtime.now() + time);
    resolver.abort();
  }

  DnsServer server;
  UvRuntime runtime{1};
};

TEST_F(UnboundResolverTest, FindsMx) {
  server.add_mx("example.org", 20, "b.example.org");
  server.add_mx("example.org", 10, "A.Example.ORG");
  UnboundResolver resolver(runtime, options());
  const auto answer = ask(resolver.mx("Example.org"));
  EXPECT_EQ(answer.lookup, Lookup::found);
  EXPECT_FALSE(answer.secure);
  ASSERT_EQ(answer.records.size(), 2u);
  const std::size_t first = answer.records[0].preference == 10 ? 0 : 1;
  EXPECT_EQ(answer.records[first].host, "a.example.org");
  EXPECT_EQ(answer.records[1 - first].preference, 20);
  EXPECT_EQ(answer.records[1 - first].host, "b.example.org");
}

TEST_F(UnboundResolverTest, FindsTheNullMx) {
  server.add_mx("example.org", 0, "");
  UnboundResolver resolver(runtime, options());
  const auto answer = ask(resolver.mx("example.org"));
  ASSERT_EQ(answer.records.size(), 1u);
  EXPECT_EQ(answer.records[0].host, "");
}

TEST_F(UnboundResolverTest, FindsTlsaAndTxt) {
  server.add("_25._tcp.mail.example.org", DnsServer::tlsa, "\3\1\1"s + std::string(32, 'x'));
  server.add("example.org", DnsServer::txt, "\6v=spf1\5 -all");
  UnboundResolver resolver(runtime, options());
  const auto tlsa = ask(resolver.tlsa("_25._tcp.mail.example.org"));
  ASSERT_EQ(tlsa.records.size(), 1u);
  EXPECT_EQ(tlsa.records[0].usage, 3);
  EXPECT_EQ(tlsa.records[0].data, std::string(32, 'x'));
  const auto txt = ask(resolver.txt("example.org"));
  EXPECT_EQ(txt.records, std::vector{"v=spf1 -all"s});
}

TEST_F(UnboundResolverTest, FindsAddressesIpv6First) {
  server.add_address("both.example.org", "192.0.2.1");
  server.add_address("both.example.org", "2001:db8::1");
  server.add_address("v4.example.org", "192.0.2.2");
  server.add_address("v6.example.org", "2001:db8::2");
  server.add_name("none.example.org");
  UnboundResolver resolver(runtime, options());
  EXPECT_EQ(ask(resolver.addresses("both.example.org")).records, (std::vector{"2001:db8::1"s, "192.0.2.1"s}));
  EXPECT_EQ(ask(resolver.addresses("v4.example.org")).records, std::vector{"192.0.2.2"s});
  const auto v6 = ask(resolver.addresses("v6.example.org"));
  EXPECT_EQ(v6.lookup, Lookup::found);
  EXPECT_EQ(v6.records, std::vector{"2001:db8::2"s});
  EXPECT_EQ(ask(resolver.addresses("none.example.org")).lookup, Lookup::no_data);
  EXPECT_EQ(ask(resolver.addresses("missing.example.org")).lookup, Lookup::no_name);
}

TEST_F(UnboundResolverTest, TellsNoDataFromNoName) {
  server.add_address("example.org", "192.0.2.1");
  UnboundResolver resolver(runtime, options());
  EXPECT_EQ(ask(resolver.mx("example.org")).lookup, Lookup::no_data);
  EXPECT_EQ(ask(resolver.mx("missing.example.org")).lookup, Lookup::no_name);
}

TEST_F(UnboundResolverTest, FailsWhenTheServerDoes) {
  server.add_name("example.org", Manner::refuses);
  UnboundResolver resolver(runtime, options());
  const auto answer = ask(resolver.mx("example.org"));
  EXPECT_EQ(answer.lookup, Lookup::failed);
  EXPECT_EQ(answer.why, "the name servers cannot tell (SERVFAIL)");
}

TEST_F(UnboundResolverTest, FailsOnJunk) {
  server.add_name("example.org", Manner::babbles);
  auto soon = options();
  soon.deadline = 2s;
  UnboundResolver resolver(runtime, soon);
  EXPECT_EQ(ask(resolver.mx("example.org")).lookup, Lookup::failed);
}

TEST_F(UnboundResolverTest, FailsOnMalformedRecords) {
  server.add("example.org", DnsServer::txt, "\6v=spf1");
  server.add("example.org", DnsServer::tlsa, "\3");
  UnboundResolver resolver(runtime, options());
  const auto answer = ask(resolver.tlsa("example.org"));
  EXPECT_EQ(answer.lookup, Lookup::failed);
  EXPECT_EQ(answer.why, "the name servers' answer makes no sense");
}

TEST_F(UnboundResolverTest, GivesUpAtTheDeadline) {
  server.add_name("example.org", Manner::is_silent);
  auto soon = options();
  soon.deadline = 1s;
  UnboundResolver resolver(runtime, soon);
  const TimePoint begin = runtime.now();
  const auto answer = ask(resolver.mx("example.org"));
  EXPECT_EQ(answer.lookup, Lookup::failed);
  EXPECT_EQ(answer.why, "no answer within 1 s");
  EXPECT_GE(Clock::now() - begin, 1s);
  EXPECT_LT(Clock::now() - begin, 5s);
}

TEST_F(UnboundResolverTest, AbortEndsWhatIsPendingAndWhatComesAfter) {
  server.add_name("silent.example.org", Manner::is_silent);
  server.add_mx("example.org", 10, "mail.example.org");
  auto one = options();
  one.at_once = 1;
  UnboundResolver resolver(runtime, one);
  std::vector<Answer<relay::Mx>> answers(3);
  for (auto& answer : answers) runtime.spawn(keep(resolver.mx("silent.example.org"), answer));
  runtime.spawn(abort_after(runtime, resolver, 100ms));
  const TimePoint begin = Clock::now();
  runtime.run();
  EXPECT_LT(Clock::now() - begin, 5s);
  for (const auto& answer : answers) EXPECT_EQ(answer.why, "the server stops");
  EXPECT_EQ(ask(resolver.mx("example.org")).why, "the server stops");
}

TEST_F(UnboundResolverTest, AsksManyAtOnceAndTheRestInTurn) {
  constexpr std::size_t kMany = 500;
  for (std::size_t i = 0; i < kMany; ++i)
    server.add_address(std::to_string(i) + ".example.org", "192.0.2." + std::to_string(i % 256));
  UnboundResolver resolver(runtime, options());
  std::vector<Answer<std::string>> answers(kMany);
  for (std::size_t i = 0; i < kMany; ++i)
    runtime.spawn(keep(resolver.addresses(std::to_string(i) + ".example.org"), answers[i]));
  runtime.run();
  for (std::size_t i = 0; i < kMany; ++i)
    EXPECT_EQ(answers[i].records, std::vector{"192.0.2." + std::to_string(i % 256)}) << answers[i].why;
}

TEST_F(UnboundResolverTest, RemembersAnswers) {
  server.add_mx("example.org", 10, "mail.example.org");
  UnboundResolver resolver(runtime, options());
  ask(resolver.mx("example.org"));
  const unsigned asked = server.asked();
  EXPECT_EQ(ask(resolver.mx("example.org")).records.size(), 1u);
  EXPECT_EQ(server.asked(), asked);
}

/// RFC 6761 6.4
TEST_F(UnboundResolverTest, NamesThatCannotBeAreNotAsked) {
  UnboundResolver resolver(runtime, options());
  EXPECT_EQ(ask(resolver.mx("example.invalid")).lookup, Lookup::no_name);
  EXPECT_EQ(server.asked(), 0u);
}

TEST_F(UnboundResolverTest, WhatIsNoNameIsNotAsked) {
  UnboundResolver resolver(runtime, options());
  for (const auto& name : {""s, "a..b"s, "a b"s, "a\0b"s, "b\303\274cher.example.org"s, "\\065.example.org"s,
                           std::string(64, 'a') + ".org", std::string(300, 'a')}) {
    EXPECT_EQ(ask(resolver.mx(name)).lookup, Lookup::no_name) << name;
    EXPECT_EQ(ask(resolver.addresses(name)).lookup, Lookup::no_name) << name;
  }
  EXPECT_EQ(server.asked(), 0u);
}

/// A zone that was signed once, until 2085; its key is lost.
class SignedZoneTest : public UnboundResolverTest {
 protected:
  SignedZoneTest() {
    std::ofstream(anchor) << "signed.example. IN DS 30390 15 2 "
                             "ee35ebcf0d640fba51082182144732fde792ddbc5a3437e2460d6c9f275be2d0\n";
    const std::string key = base64_decode("W+AY0igX2/VeTlZRhjzxVN/xoMJW0vNphjtaqH72ouo=").value();
    server.add("signed.example", DnsServer::dnskey, "\1\1\3\17"s + key);
    sign("signed.example", DnsServer::dnskey,
         "PeyjTRyRz6tY6x1OhhQZIaLnjHIpWi6H6a49YPXzJPuvHn74II6/jdCfH42mccoeNpb/+BB37wmKPQfADaR8Bw==");
    sign("signed.example", DnsServer::mx,
         "UB9PkO7mxu8HnKGLxLuCmNSDmsYLX36ydjlDlXTMRs8dYRFQIbQpjN0GZEIC6VqdtbXl6jSnvkiDLGTaFfcJAQ==");
    sign("mail.signed.example", DnsServer::a,
         "ags8GNmKsQf6Vqx2NhtNx6g9p/cGkMLRfOn1OVeJT1J1EgHhogNpJYRlmwpRWBYD7bKTJvvNJsZt6IhO3Y5BBQ==");
  }
  /// RFC 4034 3.1
  void sign(const std::string& name, DnsServer::Type type, std::string_view signature) {
    const std::string until = "\330\120\136\0"s, from = "\147\164\205\200", key = "\166\266";
    const char labels = static_cast<char>(1 + std::ranges::count(name, '.'));
    server.add_signature(name, type,
                         "\0"s + static_cast<char>(type) + "\17"s + labels + "\0\0\16\20"s + until + from +
                             key + DnsServer::wire_name("signed.example") + base64_decode(signature).value());
  }
  DnsOptions validating() const {
    DnsOptions out = options();
    out.trust_anchor = anchor;
    return out;
  }

  const testing::TemporaryFolder folder;
  const std::string anchor = std::filesystem::path(folder.path()) / "anchor";
};

TEST_F(SignedZoneTest, WhatIsSignedIsSecure) {
  server.add_mx("signed.example", 10, "mail.signed.example");
  server.add_mx("example.org", 10, "mail.example.org");
  UnboundResolver resolver(runtime, validating());
  const auto answer = ask(resolver.mx("signed.example"));
  EXPECT_EQ(answer.lookup, Lookup::found) << answer.why;
  EXPECT_TRUE(answer.secure);
  EXPECT_FALSE(ask(resolver.mx("example.org")).secure);
}

TEST_F(SignedZoneTest, WhatIsForgedIsBogus) {
  server.add_mx("signed.example", 10, "mail.evil.example");
  UnboundResolver resolver(runtime, validating());
  const auto answer = ask(resolver.mx("signed.example"));
  EXPECT_EQ(answer.lookup, Lookup::bogus);
  EXPECT_FALSE(answer.secure);
  EXPECT_TRUE(answer.records.empty());
  EXPECT_NE(answer.why.find("signed.example"), std::string::npos) << answer.why;
}

/// That there is no IPv6 address is not proved here: a forger could say so too, but cannot keep mail from the
/// address that is signed.
TEST_F(SignedZoneTest, AnAddressIsUsedThoughTheOtherKindIsInDoubt) {
  server.add_address("mail.signed.example", "192.0.2.1");
  UnboundResolver resolver(runtime, validating());
  const auto answer = ask(resolver.addresses("mail.signed.example"));
  EXPECT_EQ(answer.lookup, Lookup::found) << answer.why;
  EXPECT_TRUE(answer.secure);
  EXPECT_EQ(answer.records, std::vector{"192.0.2.1"s});
}

TEST_F(UnboundResolverTest, TakesTheRootKeysOfTheSystemOrItsOwn) {
  auto validating = options();
  validating.trust_anchor = "";
  UnboundResolver resolver(runtime, validating);
}

TEST_F(UnboundResolverTest, RefusesATrustAnchorThatIsNone) {
  auto wrong = options();
  for (const auto* file : {"/nonexistent", "/etc/passwd"}) {
    wrong.trust_anchor = file;
    EXPECT_THROW(UnboundResolver(runtime, wrong), std::runtime_error) << file;
  }
}

}  // namespace
}  // namespace postroom
