// Domains, users and aliases by the command line, and that the server believes at once what was said there.
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "protocols/authenticator.h"
#include "server/secret_key.h"
#include "tests/unit/server/cli_fixture.h"

namespace postroom::cli {
namespace {

using nlohmann::json;

class Accounts : public AccountsTest {};

class Running : public OpenStore {
 public:
  explicit Running(const std::filesystem::path& data)
      : OpenStore(data), authenticator_(runtime_, *store_, read_or_create_secret_key(data)) {}

  bool password(std::string address, std::string secret) {
    return await(authenticator_.password(std::move(address), std::move(secret), "")).kind ==
           Login::Kind::accepted;
  }
  bool apop(std::string address, const std::string& secret) {
    const std::string stamp = "<1.2@mail.example.org>";
    return await(authenticator_.apop(std::move(address), stamp, md5_hex(stamp + secret))).kind ==
           Login::Kind::accepted;
  }

 private:
  Authenticator authenticator_;
};

/// The line after "NAME: ".
std::string told(const Outcome& outcome, const std::string& name) {
  const std::size_t at = outcome.out.find("\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t start = at + name.size() + 3;
  return outcome.out.substr(start, outcome.out.find('\n', start) - start);
}

TEST_F(CliTest, EmptyListsSayWhatToDo) {
  EXPECT_DONE(here("domain list"), "no domains yet; add one with: postroom domain add example.org\n");
  EXPECT_DONE(here("user list"), "no users yet; add one with: postroom user add alice@example.org\n");
  EXPECT_DONE(here("alias list"),
              "no aliases yet; add one with: postroom alias add info@example.org alice@example.org\n");
  EXPECT_DONE(here("list list"), "no lists yet; add one with: postroom list add team@example.org\n");
  for (const char* verb : {"domain", "user", "alias", "list"})
    EXPECT_DONE(here(std::string(verb) + " list --json"), "[]\n");
}

TEST_F(CliTest, TheDataFolderIsForItsOwnerAlone) {
  here("domain list");
  const auto mode = std::filesystem::status(folder_ / "data").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

TEST_F(CliTest, ADataFolderThatCannotBeMadeIsAFailure) {
  std::ofstream(config()) << "data = '/proc/none'\n";
  const Outcome outcome = here("domain list");
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_TRUE(outcome.err.starts_with("postroom: cannot make the data directory /proc/none: "))
      << outcome.err;
}

TEST_F(CliTest, AMistakeInTheConfigurationIsMisuse) {
  std::ofstream(config()) << "dat = 'x'\n";
  EXPECT_REFUSED(here("domain list"), kMisuse,
                 config() + ":1:1: unknown key \"dat\"; did you mean \"data\"?\n");
}

TEST_F(Accounts, Domains) {
  EXPECT_DONE(here("domain add Bücher.example"), "domain xn--bcher-kva.example is served here now\n");
  EXPECT_DONE(here("domain list"), "example.org\nxn--bcher-kva.example\n");
  EXPECT_EQ(json::parse(here("domain list --json").out),
            json::parse(R"([{"domain": "example.org"}, {"domain": "xn--bcher-kva.example"}])"));
  EXPECT_REFUSED(here("domain add EXAMPLE.org"), kFailed,
                 "postroom: domain example.org is served here already\n");
  EXPECT_REFUSED(here("domain add no_domain"), kMisuse,
                 "postroom: \"no_domain\" is not a domain; it looks like \"example.org\"\n");
  EXPECT_REFUSED(here("domain remove example.net"), kFailed,
                 "postroom: domain example.net is not served here\n");
  EXPECT_DONE(here("domain remove bücher.example"),
              "domain xn--bcher-kva.example is no longer served here\n");
  add("alice@example.org");
  EXPECT_REFUSED(here("domain remove example.org"), kFailed,
                 "postroom: domain example.org still has users; see: postroom user list\n");
  here("user remove alice@example.org --yes");
  EXPECT_DONE(here("domain remove example.org"), "domain example.org is no longer served here\n");
}

TEST_F(Accounts, AUserWithAPasswordOfTheirOwn) {
  EXPECT_DONE(here("user add Alice@Example.ORG --password-stdin", "correct horse\r\n"),
              "user alice@example.org has mail here now, also for postmaster@example.org\n");
  Running server(data());
  EXPECT_TRUE(server.password("alice@example.org", "correct horse"));
  EXPECT_FALSE(server.password("alice@example.org", "correct horse\r"));
  EXPECT_FALSE(server.password("alice@example.org", ""));
}

// RFC 5321 4.5.1.
TEST_F(Accounts, TheFirstUserOfADomainIsItsPostmaster) {
  add("alice@example.org");
  add("bob@example.org");
  EXPECT_DONE(here("alias list"),
              "ALIAS                   TARGETS\n"
              "postmaster@example.org  alice@example.org\n");
  Running server(data());
  const auto alice = server.resolve("alice@example.org").accounts;
  const auto bob = server.resolve("bob@example.org").accounts;
  EXPECT_EQ(server.resolve("postmaster@example.org").accounts, alice);
  here("domain add example.net");
  add("postmaster@example.net");
  EXPECT_EQ(server.resolve("postmaster").accounts, alice) << "of the first domain";
  EXPECT_DONE(here("user remove alice@example.org --yes"),
              "user alice@example.org is gone\n"
              "mail for postmaster@example.org reaches nobody now; name somebody: postroom alias add "
              "postmaster@example.org ADDRESS\n");
  EXPECT_EQ(server.resolve("postmaster").kind, Resolved::Kind::unknown);
  here("alias add postmaster@example.org bob@example.org");
  EXPECT_EQ(server.resolve("postmaster").accounts, bob);
}

TEST_F(Accounts, AUserWithAGeneratedPassword) {
  const Outcome outcome = here("user add alice@example.org");
  EXPECT_TRUE(outcome.out.starts_with("user alice@example.org has mail here now, ")) << outcome.out;
  const std::string password = told(outcome, "password");
  EXPECT_EQ(password.size(), 16u);
  const std::string other = json::parse(here("user add bob@example.org --json").out).at("password");
  EXPECT_NE(password, other);
  Running server(data());
  EXPECT_TRUE(server.password("alice@example.org", password));
  EXPECT_TRUE(server.password("bob@example.org", other));
}

TEST_F(Accounts, UsersThatCannotBeAdded) {
  EXPECT_REFUSED(here("user add bob@x.org"), kFailed,
                 "postroom: domain x.org is not served here; add it with: postroom domain add x.org\n");
  EXPECT_REFUSED(here("user add bob"), kMisuse,
                 "postroom: \"bob\" is not an address; did you mean \"bob@example.org\"?\n");
  EXPECT_REFUSED(here("user add b..b@example.org"), kMisuse,
                 "postroom: \"b..b@example.org\" is not an address; it looks like \"alice@example.org\"\n");
  EXPECT_REFUSED(
      here("user add bob+x@example.org"), kMisuse,
      "postroom: \"bob+x@example.org\" has a '+': mail for it reaches bob@example.org anyway; name that "
      "address\n");
  EXPECT_REFUSED(here("user add bob@example.org --password-stdin", ""), kMisuse,
                 "postroom: there is no password on standard input\n");
  EXPECT_REFUSED(
      here("user add bob@example.org --password-stdin", "a\tb\n"), kMisuse,
      "postroom: this password cannot be used: it is UTF-8 text of up to 1024 bytes without control "
      "characters\n");
  add("alice@example.org");
  EXPECT_REFUSED(
      here("user add ALICE@example.org"), kFailed,
      "postroom: user alice@example.org is there already; for another password: postroom user password "
      "alice@example.org\n");
  here("alias add info@example.org alice@example.org");
  EXPECT_REFUSED(here("user add info@example.org"), kFailed,
                 "postroom: info@example.org is an alias; remove it first with: postroom alias remove "
                 "info@example.org\n");
}

TEST_F(Accounts, ListAndShow) {
  add("bob@example.org");
  add("alice@example.org");
  here("user apop enable alice@example.org");
  here("alias add info@example.org alice@example.org");
  EXPECT_DONE(here("user list"),
              "USER               MESSAGES  SIZE  QUOTA  APOP\n"
              "alice@example.org  0         0 B   none   on\n"
              "bob@example.org    0         0 B   none   off\n");
  const json users = json::parse(here("user list --json").out);
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[0].at("address"), "alice@example.org");
  EXPECT_EQ(users[0].at("mailboxes"), 6);

  const json alice = json::parse(here("user show alice@example.org --json").out);
  EXPECT_EQ(alice.at("apop"), true);
  EXPECT_EQ(alice.at("aliases"), json::parse(R"(["info@example.org"])"));
  const std::string created = alice.at("created");
  EXPECT_EQ(created.size(), std::string_view("2026-01-01T00:00:00Z").size()) << created;
  EXPECT_DONE(here("user show alice@example.org"),
              "address    alice@example.org\n"
              "created    " +
                  created.substr(0, 10) + " " + created.substr(11, 5) +
                  " UTC\n"
                  "mail       0 messages, 0 B\n"
                  "quota      none\n"
                  "mailboxes  6\n"
                  "APOP       on\n"
                  "aliases    info@example.org\n");
  EXPECT_REFUSED(here("user show carol@example.org"), kFailed,
                 "postroom: there is no user carol@example.org; see: postroom user list\n");
}

TEST_F(Accounts, ANewPasswordCountsAtOnce) {
  add("alice@example.org");
  Running server(data());
  EXPECT_TRUE(server.password("alice@example.org", "correct horse"));
  const Outcome outcome = here("user password alice@example.org");
  EXPECT_TRUE(outcome.out.starts_with("user alice@example.org has a new password\npassword: "))
      << outcome.out;
  EXPECT_FALSE(server.password("alice@example.org", "correct horse"));
  EXPECT_TRUE(server.password("alice@example.org", told(outcome, "password")));
  EXPECT_DONE(here("user password alice@example.org --password-stdin", "battery staple"),
              "user alice@example.org has a new password\n");
  EXPECT_TRUE(server.password("alice@example.org", "battery staple"));
  EXPECT_EQ(here("user password carol@example.org").code, kFailed);
}

TEST_F(Accounts, Apop) {
  add("alice@example.org");
  Running server(data());
  EXPECT_FALSE(server.apop("alice@example.org", "correct horse"));
  const std::string secret = told(here("user apop enable alice@example.org"), "secret");
  EXPECT_EQ(secret.size(), 24u);
  EXPECT_TRUE(server.apop("alice@example.org", secret));
  EXPECT_TRUE(server.password("alice@example.org", "correct horse"));

  EXPECT_DONE(here("user apop enable alice@example.org --secret-stdin", "a secret of mine\n"),
              "user alice@example.org may log in by APOP\n");
  EXPECT_FALSE(server.apop("alice@example.org", secret));
  EXPECT_TRUE(server.apop("alice@example.org", "a secret of mine"));

  EXPECT_DONE(here("user apop disable alice@example.org"),
              "user alice@example.org may no longer log in by APOP\n");
  EXPECT_FALSE(server.apop("alice@example.org", "a secret of mine"));
  EXPECT_FALSE(server.apop("alice@example.org", ""));

  EXPECT_REFUSED(
      here("user apop enable alice@example.org --secret-stdin", "short\n"), kMisuse,
      "postroom: this secret cannot be used: it has from 12 to 1024 characters and no control characters, "
      "for who hears an APOP login can try short ones\n");
  EXPECT_EQ(here("user apop enable carol@example.org").code, kFailed);
  EXPECT_EQ(here("user apop disable carol@example.org").code, kFailed);
}

TEST_F(Accounts, RemovingAsksFirst) {
  add("alice@example.org");
  EXPECT_REFUSED(here("user remove alice@example.org"), kMisuse,
                 "postroom: to remove alice@example.org with 0 messages for good, add --yes\n");
  EXPECT_REFUSED(here("user remove alice@example.org", "n\n", true), kFailed,
                 "Remove alice@example.org with 0 messages for good? [y/N] postroom: nothing was removed\n");
  EXPECT_EQ(here("user remove alice@example.org", "", true).code, kFailed);
  EXPECT_EQ(here("user show alice@example.org").code, kDone);
  const Outcome removed = here("user remove alice@example.org", "Yes\n", true);
  EXPECT_EQ(removed.out, "user alice@example.org is gone\n");
  EXPECT_REFUSED(here("user remove alice@example.org --yes"), kFailed,
                 "postroom: there is no user alice@example.org; see: postroom user list\n");
}

TEST_F(Accounts, AliasesTakeEffectAtOnce) {
  add("alice@example.org");
  add("bob@example.org");
  Running server(data());
  EXPECT_EQ(server.resolve("team@example.org").kind, Resolved::Kind::unknown);
  EXPECT_DONE(here("alias add team@example.org alice@example.org Bob@example.org"),
              "mail for team@example.org goes to alice@example.org, bob@example.org now\n");
  EXPECT_EQ(server.resolve("team@example.org").accounts.size(), 2u);
  EXPECT_DONE(here("alias list"),
              "ALIAS                   TARGETS\n"
              "postmaster@example.org  alice@example.org\n"
              "team@example.org        alice@example.org, bob@example.org\n");
  EXPECT_EQ(json::parse(here("alias list --json").out),
            json::parse(
                R"([{"address": "postmaster@example.org", "targets": ["alice@example.org"]},
                    {"address": "team@example.org", "targets": ["alice@example.org", "bob@example.org"]}])"));
  EXPECT_DONE(here("alias remove team@example.org"), "alias team@example.org is gone\n");
  EXPECT_EQ(server.resolve("team@example.org").kind, Resolved::Kind::unknown);
}

TEST_F(Accounts, AliasesLeadToOtherServers) {
  add("alice@example.org");
  EXPECT_DONE(here("alias add away@example.org Carol+mail@Elsewhere.example"),
              "mail for away@example.org goes to Carol+mail@elsewhere.example now\n");
  Running server(data());
  EXPECT_EQ(server.resolve("away@example.org").outside,
            std::vector<std::string>{"Carol+mail@elsewhere.example"});
}

TEST_F(Accounts, AliasesThatCannotBeAdded) {
  add("alice@example.org");
  EXPECT_REFUSED(here("alias add info@x.org alice@example.org"), kFailed,
                 "postroom: domain x.org is not served here; add it with: postroom domain add x.org\n");
  EXPECT_REFUSED(
      here("alias add info@example.org carol@example.org"), kFailed,
      "postroom: target carol@example.org is no user, alias or list here; add it with: postroom user add "
      "carol@example.org\n");
  EXPECT_REFUSED(here("alias add alice@example.org alice@example.org"), kFailed,
                 "postroom: alice@example.org is a user; an alias needs an address of its own\n");
  here("alias add a@example.org alice@example.org");
  here("alias add b@example.org a@example.org");
  EXPECT_REFUSED(here("alias add a@example.org b@example.org"), kFailed,
                 "postroom: target b@example.org leads back to a@example.org\n");
  EXPECT_REFUSED(here("alias add a@example.org alice@example.org"), kFailed,
                 "postroom: alias a@example.org has all these targets already\n");
  EXPECT_REFUSED(here("alias remove carol@example.org"), kFailed,
                 "postroom: there is no alias carol@example.org; see: postroom alias list\n");
}

TEST_F(Accounts, WhatRootMakesBelongsToTheFoldersOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can try this";
  constexpr uid_t kServer = 12345;
  std::filesystem::remove_all(data());
  std::filesystem::create_directory(data());
  ASSERT_EQ(chown(data().c_str(), kServer, kServer), 0);
  here("domain add example.org");
  add("alice@example.org");
  here("user apop enable alice@example.org");
  for (const char* name : {"postroom.db", "secret.key"}) {
    struct stat file{};
    ASSERT_EQ(stat((data() / name).c_str(), &file), 0) << name;
    EXPECT_EQ(file.st_uid, kServer) << name;
    EXPECT_EQ(file.st_gid, kServer) << name;
  }
}

TEST_F(Accounts, RootGivesAwayOnlyWhatItMadeThere) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can try this";
  const auto elsewhere = folder_ / "elsewhere";
  std::ofstream(elsewhere) << "not the server's";
  std::filesystem::create_symlink(elsewhere, data() / "secret.key");
  ASSERT_EQ(chown(data().c_str(), 12345, 12345), 0);
  here("domain list");
  struct stat file{};
  ASSERT_EQ(stat(elsewhere.c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, 0u);
}

TEST_F(Accounts, ASecretKeyThatOthersCanReadIsAFailure) {
  add("alice@example.org");
  here("user apop enable alice@example.org");
  std::filesystem::permissions(data() / "secret.key", std::filesystem::perms::all);
  const Outcome outcome = here("user apop enable alice@example.org");
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_TRUE(
      outcome.err.starts_with("postroom: " + (data() / "secret.key").string() + " can be read by others"))
      << outcome.err;
}

TEST_F(Accounts, ADatabaseThatIsNoneIsAFailure) {
  std::filesystem::remove_all(data());
  std::filesystem::create_directory(data());
  std::ofstream(data() / "postroom.db") << std::string(5000, 'x');
  const Outcome outcome = here("user list");
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_NE(outcome.err.find((data() / "postroom.db").string()), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace postroom::cli
