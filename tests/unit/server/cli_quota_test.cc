// Quotas by the command line, and that the server believes at once what was said there.
#include <nlohmann/json.hpp>

#include "tests/unit/server/cli_fixture.h"

namespace postroom::cli {
namespace {

using nlohmann::json;

class Quotas : public AccountsTest {
 protected:
  json shown(const std::string& user) { return json::parse(here("user show " + user + " --json").out); }
};

class Running : public OpenStore {
 public:
  using OpenStore::OpenStore;
  QuotaLimits limits(const std::string& address) { return await(store_->quota(account(address))).limits; }
  void deliver(const std::string& address, const std::string& message) {
    Spool spool(*store_);
    await(spool.append(message));
    const std::vector<AccountId> accounts(1, account(address));
    await(store_->deliver(accounts, spool, MessageFacts(), kNever));
  }

 private:
  AccountId account(const std::string& address) { return resolve(address).accounts.at(0); }
};

TEST_F(Quotas, AreSetAndChanged) {
  add("alice@example.org --quota 5GiB");
  add("bob@example.org --quota none --max-messages 1000");
  Running server(data());
  EXPECT_EQ(server.limits("alice@example.org").storage, 5ull << 30);
  EXPECT_EQ(server.limits("alice@example.org").messages, 0u);
  EXPECT_EQ(server.limits("bob@example.org").messages, 1000u);
  server.deliver("bob@example.org", std::string(1500, 'x'));
  EXPECT_DONE(here("user quota bob@example.org 4KiB"),
              "user bob@example.org has a new quota: 36% of 4 KiB, 0% of 1000 messages\n");
  EXPECT_EQ(server.limits("bob@example.org").storage, 4096u);
  EXPECT_EQ(server.limits("bob@example.org").messages, 1000u) << "as it was";
  EXPECT_DONE(here("user quota bob@example.org --max-messages 1"),
              "user bob@example.org has a new quota: 36% of 4 KiB, 100% of 1 message\n");
  EXPECT_DONE(here("user list"),
              "USER               MESSAGES  SIZE     QUOTA                            APOP\n"
              "alice@example.org  0         0 B      0% of 5 GiB                      off\n"
              "bob@example.org    1         1.5 KiB  36% of 4 KiB, 100% of 1 message  off\n");
  EXPECT_EQ(shown("bob@example.org").at("quota"), 4096);
  EXPECT_EQ(shown("bob@example.org").at("max_messages"), 1);
  EXPECT_DONE(here("user quota bob@example.org none --max-messages none"),
              "user bob@example.org has a new quota: none\n");
  EXPECT_EQ(shown("bob@example.org").at("quota"), nullptr);
  EXPECT_EQ(server.limits("bob@example.org").storage, 0u);
}

TEST_F(Quotas, AreTheConfigurationsByDefault) {
  std::ofstream(config(), std::ios::app) << "[limits]\nuser_storage = '1MiB'\nuser_messages = 10\n";
  add("alice@example.org");
  add("bob@example.org --quota none");
  EXPECT_EQ(shown("alice@example.org").at("quota"), 1 << 20);
  EXPECT_EQ(shown("alice@example.org").at("max_messages"), 10);
  EXPECT_EQ(shown("bob@example.org").at("quota"), nullptr);
  EXPECT_EQ(shown("bob@example.org").at("max_messages"), 10);
  here("user quota alice@example.org 5MiB");
  EXPECT_EQ(shown("alice@example.org").at("quota"), 5 << 20);
  EXPECT_DONE(here("user quota alice@example.org default"),
              "user alice@example.org has a new quota: 0% of 1 MiB, 0% of 10 messages\n");
}

TEST_F(Quotas, AreRefusedWhenTheyCannotBe) {
  add("alice@example.org");
  const std::string rest =
      "; write it like \"5GiB\", or \"none\", or \"default\" for what the configuration says\n";
  for (const std::string text : {"lots", "0", "9223372036854775808"})
    EXPECT_REFUSED(here("user quota alice@example.org " + text), kMisuse,
                   "postroom: \"" + text + "\" is no limit" + rest);
  EXPECT_EQ(here("user quota alice@example.org --max-messages 5GiB").code, kMisuse);
  EXPECT_EQ(here("user add bob@example.org --quota lots").code, kMisuse);
  EXPECT_REFUSED(here("user quota alice@example.org"), kMisuse,
                 "postroom: say what the limit is: a SIZE, --max-messages, or both\n");
  EXPECT_REFUSED(here("user quota carol@example.org none"), kFailed,
                 "postroom: there is no user carol@example.org; see: postroom user list\n");
}

}  // namespace
}  // namespace postroom::cli
