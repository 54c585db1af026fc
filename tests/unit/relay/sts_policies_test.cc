// Which MTA-STS policy counts: the one on the web, or the one that was kept.
#include "server/relay/sts_policies.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "tests/support/await.h"
#include "tests/support/fake_fetcher.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/fake_sts_store.h"
#include "tests/support/sim_runtime.h"

namespace postroom::relay {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class StsPoliciesTest : public ::testing::Test {
 protected:
  StsPoliciesTest() {
    log::set_level(log::Level::error);
    resolver["mta-sts.one.example"].addresses = {"2001:db8::1", "192.0.2.1"};
    tell("1");
    put("enforce");
  }

  void tell(const std::string& id) { resolver["_mta-sts.one.example"].txt = {"v=STSv1; id=" + id}; }
  void put(const std::string& mode, const std::string& age = "604800") {
    fetcher.put_policy("one.example",
                       "version: STSv1\nmode: " + mode + "\nmx: mx.one.example\nmax_age: " + age + "\n");
  }
  Fetched& page() { return fetcher.pages.begin()->second; }

  /// "enforce", "testing", "none", "" where there is no policy, or "unsure".
  std::string mode() {
    std::optional<FoundStsPolicy> result;
    std::exception_ptr error;
    runtime.spawn(testing::detail::keep_result(policies.of("one.example"), result, error));
    runtime.advance(seconds(70));
    if (error) std::rethrow_exception(error);
    if (!result) return "waits";
    if (!result->policy) return result->unsure ? "unsure" : "";
    constexpr const char* names[] = {"none", "testing", "enforce"};
    return names[static_cast<std::size_t>(result->policy->mode)];
  }

  testing::SimRuntime runtime{7};
  testing::FakeResolver resolver;
  testing::FakeFetcher fetcher{runtime};
  testing::FakeStsStore store{runtime};
  StsPolicies policies{runtime, resolver, fetcher, store};
};

TEST_F(StsPoliciesTest, IsFetchedOnceAndKept) {
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetcher.asked, std::vector<std::string>{"https://mta-sts.one.example/.well-known/mta-sts.txt"});
  EXPECT_EQ(fetcher.addresses, (std::vector<std::string>{"2001:db8::1", "192.0.2.1"}));
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetcher.asked.size(), 1u);
  EXPECT_EQ(store.kept["one.example"].id, "1");
}

TEST_F(StsPoliciesTest, NoneWithoutARecord) {
  resolver["_mta-sts.one.example"].txt.clear();
  EXPECT_EQ(mode(), "");
  resolver["_mta-sts.one.example"].lookup = Lookup::failed;
  EXPECT_EQ(mode(), "unsure");
  EXPECT_TRUE(fetcher.asked.empty());
}

// RFC 8461 3.3: what was kept counts as long as it said, whatever is to be had now.
TEST_F(StsPoliciesTest, WhatWasKeptOutlivesDnsAndWeb) {
  EXPECT_EQ(mode(), "enforce");
  fetcher.pages.clear();
  for (const Lookup lookup : {Lookup::failed, Lookup::bogus, Lookup::no_name}) {
    resolver["_mta-sts.one.example"].lookup = lookup;
    EXPECT_EQ(mode(), "enforce");
  }
  resolver["_mta-sts.one.example"].lookup = Lookup::found;
  tell("2");
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetcher.asked.size(), 2u);
  runtime.advance(hours(7 * 24));
  EXPECT_EQ(mode(), "unsure");
}

TEST_F(StsPoliciesTest, AnotherIdMeansAnotherPolicy) {
  EXPECT_EQ(mode(), "enforce");
  put("none");
  EXPECT_EQ(mode(), "enforce") << "nobody said that it has changed";
  tell("2");
  EXPECT_EQ(mode(), "none");
  EXPECT_EQ(store.kept["one.example"].id, "2");
}

TEST_F(StsPoliciesTest, IsFetchedAgainLongBeforeItEnds) {
  EXPECT_EQ(mode(), "enforce");
  runtime.advance(hours(25));
  const WallTime until = store.kept["one.example"].until;
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetcher.asked.size(), 2u);
  EXPECT_GT(store.kept["one.example"].until, until + hours(24));
}

TEST_F(StsPoliciesTest, WhatCannotBeFetchedIsLeftAloneForAWhile) {
  page().status = 404;
  EXPECT_EQ(mode(), "unsure");
  EXPECT_EQ(mode(), "unsure");
  EXPECT_EQ(fetcher.asked.size(), 1u);
  tell("2");
  EXPECT_EQ(mode(), "unsure");
  EXPECT_EQ(fetcher.asked.size(), 2u) << "this is another one";
  runtime.advance(minutes(5));
  page().status = 200;
  EXPECT_EQ(mode(), "enforce");
}

// RFC 8461 3.2, 3.3
TEST_F(StsPoliciesTest, WhatIsNoPolicyIsNotTaken) {
  const Fetched good = page();
  int id = 1;
  const auto mode_with = [&](auto change) {
    page() = good;
    change(page());
    tell(std::to_string(++id));
    return mode();
  };
  for (const long status : {0L, 204L, 301L, 302L, 404L, 500L})
    EXPECT_EQ(mode_with([status](Fetched& page) { page.status = status; }), "unsure") << status;
  for (const char* type : {"", "text/html", "text/plainx", "application/octet-stream"})
    EXPECT_EQ(mode_with([type](Fetched& page) { page.type = type; }), "unsure") << type;
  EXPECT_EQ(mode_with([](Fetched& page) { page.body = "<html>"; }), "unsure");
  EXPECT_EQ(mode_with([](Fetched& page) { page.body += std::string(StsPolicies::kMostText, '\n'); }),
            "unsure");
  EXPECT_TRUE(store.kept.empty());
  EXPECT_EQ(mode_with([](Fetched& page) { page.type = "TEXT/Plain ; charset=utf-8"; }), "enforce");
}

TEST_F(StsPoliciesTest, AWebServerWithoutAddress) {
  resolver["mta-sts.one.example"].lookup = Lookup::no_name;
  EXPECT_EQ(mode(), "unsure");
  EXPECT_TRUE(fetcher.asked.empty());
}

TEST_F(StsPoliciesTest, ASlowWebServerIsWaitedForAMinute) {
  fetcher.pause = seconds(59);
  EXPECT_EQ(mode(), "enforce");
  store.kept.clear();
  fetcher.pause = seconds(61);
  EXPECT_EQ(mode(), "unsure");
}

TEST_F(StsPoliciesTest, ManyWhoNeedItFetchItOnce) {
  fetcher.pause = seconds(10);
  std::vector<std::optional<FoundStsPolicy>> results(20);
  std::vector<std::exception_ptr> errors(results.size());
  for (std::size_t i = 0; i < results.size(); ++i)
    runtime.spawn(testing::detail::keep_result(policies.of("one.example"), results[i], errors[i]));
  runtime.advance(seconds(20));
  for (const auto& result : results) {
    ASSERT_TRUE(result && result->policy);
    EXPECT_EQ(result->policy->mode, StsPolicy::Mode::enforce);
  }
  EXPECT_EQ(fetcher.asked.size(), 1u);
}

TEST_F(StsPoliciesTest, OnAFullDiskItCountsThisTime) {
  store.full = true;
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(mode(), "enforce");
  EXPECT_EQ(fetcher.asked.size(), 2u);
}

}  // namespace
}  // namespace postroom::relay
