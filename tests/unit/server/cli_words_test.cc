// How command lines are understood, misunderstood and explained; and the verbs that need no database.
#include <set>

#include "config/write.h"
#include "server/private_file.h"
#include "server/tls_context.h"
#include "tests/unit/server/cli_fixture.h"

namespace postroom::cli {
namespace {

using Words = CliTest;

TEST_F(Words, NothingSaysWhatThereIs) {
  const Outcome outcome = cli("");
  EXPECT_EQ(outcome.code, kMisuse);
  EXPECT_EQ(outcome.err, overview());
}

TEST_F(Words, HelpIsTheSameHoweverItIsAskedFor) {
  EXPECT_DONE(cli("help"), overview());
  EXPECT_DONE(cli("--help"), overview());
  const std::string page = cli("help user").out;
  for (const char* line :
       {"user --help", "user -h", "user add --help", "user apop enable -h", "user add a@b.org --help"}) {
    EXPECT_DONE(cli(line), page);
  }
}

TEST_F(Words, VersionIsTheSameHoweverItIsAskedFor) {
  const std::string version = cli("version").out;
  EXPECT_TRUE(version.starts_with("postroom ")) << version;
  EXPECT_DONE(cli("--version"), version);
  EXPECT_DONE(cli("version --json"), "{\"version\": \"" + version.substr(9, version.size() - 10) + "\"}\n");
}

TEST_F(Words, UnknownVerbs) {
  EXPECT_REFUSED(cli("usr add"), kMisuse,
                 "postroom: unknown verb \"usr\"; did you mean \"user\"?\nSee: postroom help\n");
  EXPECT_REFUSED(cli("domain lst"), kMisuse,
                 "postroom: unknown verb \"lst\"; did you mean \"list\"?\n"
                 "usage: postroom domain add DOMAIN\n"
                 "usage: postroom domain list [--json]\n"
                 "usage: postroom domain remove DOMAIN\n"
                 "See: postroom help domain\n");
  EXPECT_REFUSED(cli("user apop on"), kMisuse,
                 "postroom: unknown verb \"on\"; there are: enable, disable\n"
                 "usage: postroom user apop enable ADDRESS [--secret-stdin] [--json]\n"
                 "usage: postroom user apop disable ADDRESS\n"
                 "See: postroom help user\n");
  EXPECT_REFUSED(cli("help serv"), kMisuse,
                 "postroom: unknown verb \"serv\"; did you mean \"serve\"?\nSee: postroom help\n");
}

TEST_F(Words, MissingWords) {
  EXPECT_REFUSED(cli("config"), kMisuse,
                 "postroom: after \"postroom config\" comes one of: check, show, example\n"
                 "usage: postroom config check\n"
                 "usage: postroom config show [--json]\n"
                 "usage: postroom config example\n"
                 "See: postroom help config\n");
  EXPECT_REFUSED(cli("domain add"), kMisuse,
                 "postroom: DOMAIN is missing\n"
                 "usage: postroom domain add DOMAIN\n"
                 "See: postroom help domain\n");
  EXPECT_REFUSED(cli("alias add info@example.org"), kMisuse,
                 "postroom: TARGET is missing\n"
                 "usage: postroom alias add ADDRESS TARGET…\n"
                 "See: postroom help alias\n");
  EXPECT_REFUSED(cli("config check --config"), kMisuse,
                 "postroom: --config needs a value\n"
                 "usage: postroom config check\n"
                 "See: postroom help config\n");
}

TEST_F(Words, WordsTooMany) {
  EXPECT_REFUSED(cli("user list --jsn"), kMisuse,
                 "postroom: unknown option \"--jsn\"; did you mean \"--json\"?\n"
                 "usage: postroom user list [--json]\n"
                 "See: postroom help user\n");
  EXPECT_REFUSED(cli("domain add a.org b.org"), kMisuse,
                 "postroom: \"b.org\" is one argument too many\n"
                 "usage: postroom domain add DOMAIN\n"
                 "See: postroom help domain\n");
  // A password on the command line, where everybody could see it.
  EXPECT_REFUSED(cli("user password alice@example.org secret"), kMisuse,
                 "postroom: \"secret\" is one argument too many\n"
                 "usage: postroom user password ADDRESS [--password-stdin] [--json]\n"
                 "See: postroom help user\n");
  EXPECT_REFUSED(cli("config check --config a --config b"), kMisuse,
                 "postroom: --config is given more than once\n"
                 "usage: postroom config check\n"
                 "See: postroom help config\n");
}

TEST_F(Words, TheConfigurationMayBeNamedAnywhere) {
  const std::string shown = here("config show").out;
  EXPECT_NE(shown.find("data = \"" + (folder_ / "data").string() + "\"  # set\n"), std::string::npos)
      << shown;
  EXPECT_DONE(cli("--config " + config() + " config show"), shown);
  EXPECT_DONE(cli("config --config=" + config() + " show"), shown);
  setenv("POSTROOM_CONFIG", config().c_str(), 1);
  EXPECT_DONE(cli("config show"), shown);
  const std::string named = cli("config show --config /nonexistent").err;
  unsetenv("POSTROOM_CONFIG");
  EXPECT_TRUE(named.starts_with("/nonexistent: there is no such file")) << named;
}

TEST_F(Words, EveryPageNamesEveryActionAndOption) {
  for (const Verb* verb : verbs()) {
    const std::string page = manual(*verb);
    EXPECT_NE(overview().find("\n  " + std::string(verb->name) + " "), std::string::npos) << verb->name;
    std::set<std::string> seen;
    for (const Action& action : verb->actions) {
      EXPECT_NE(page.find("\n  " + usage(*verb, action) + "\n"), std::string::npos) << page;
      EXPECT_TRUE(seen.insert(std::string(action.name)).second)
          << verb->name << " has two of " << action.name;
      for (const Option& option : action.options)
        EXPECT_NE(page.find("\n  " + std::string(option.name)), std::string::npos);
    }
    for (const std::string_view line : split(page, '\n')) EXPECT_LE(line.size(), 102u) << line;
  }
}

/// Without a configuration they go no further than that, but so far they must come.
TEST_F(Words, ExamplesAreUnderstood) {
  setenv("POSTROOM_CONFIG", "/nonexistent", 1);
  for (const Verb* verb : verbs()) {
    for (const std::string_view line : split(verb->examples, '\n')) {
      if (line.empty()) continue;
      const std::size_t at = line.find("postroom ");
      ASSERT_NE(at, std::string_view::npos) << line;
      const std::size_t start = at + 9;
      const Outcome outcome = cli(line.substr(start, line.find(" >", start) - start));
      if (outcome.code == kDone) continue;
      EXPECT_NE(outcome.err.find(": there is no such file"), std::string::npos) << line << "\n"
                                                                                << outcome.err;
    }
  }
  unsetenv("POSTROOM_CONFIG");
}

TEST_F(Words, ConfigCheck) {
  const Outcome good = here("config check");
  EXPECT_TRUE(good.out.starts_with(config() + ": good\n")) << good.out;
  EXPECT_EQ(good.code, kDone);
  std::ofstream(config()) << "hostnam = 1\n[log]\nlevel = 5\n";
  EXPECT_REFUSED(here("config check"), kMisuse,
                 config() + ":1:1: unknown key \"hostnam\"; did you mean \"hostname\"?\n" + config() +
                     ":3:9: \"level\" is \"debug\", \"info\", \"warning\" or \"error\", not a number\n");
  std::ofstream(config()) << "tls.certificate = 'none.pem'\ntls.key = 'none.key'\n";
  for (const char* verb : {"config check", "serve"})
    EXPECT_REFUSED(here(verb), kMisuse,
                   "postroom: cannot use the TLS certificate " + (folder_ / "none.pem").string() +
                       ": No such file or directory\n");
}

TEST_F(Words, ConfigCheckLooksIntoCertificateAndKey) {
  const std::filesystem::path one = self_signed_certificate(folder_, "mail.example.org");
  std::filesystem::create_directory(folder_ / "other");
  self_signed_certificate(folder_ / "other", "mail.example.org");
  std::ofstream(config()) << "tls.certificate = 'self-signed.pem'\ntls.key = 'self-signed.pem'\n";
  EXPECT_EQ(here("config check").code, kDone);
  std::ofstream(config()) << "tls.certificate = 'self-signed.pem'\ntls.key = 'other/self-signed.pem'\n";
  const Outcome not_its_key = here("config check");
  EXPECT_EQ(not_its_key.code, kMisuse);
  EXPECT_NE(not_its_key.err.find("key values mismatch"), std::string::npos) << not_its_key.err;
  std::ofstream(one) << "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  const Outcome damaged = here("config check");
  EXPECT_EQ(damaged.code, kMisuse);
  EXPECT_NE(damaged.err.find("cannot use the TLS certificate " + one.string()), std::string::npos);
}

TEST_F(Words, ConfigCheckAndServeLookIntoPasswordsOfRoutes) {
  const std::string relay =
      "relay.routes = ['* = submission://me@smtp.example.net']\nrelay.passwords = 'relay.passwords'\n";
  const std::string file = (folder_ / "relay.passwords").string();
  std::ofstream(config()) << relay;
  for (const char* verb : {"config check", "serve"})
    EXPECT_REFUSED(here(verb), kMisuse,
                   "postroom: there is no " + file + ", which [relay] passwords names\n");
  std::ofstream(config()) << relay << "relay.enabled = false\n";
  EXPECT_EQ(here("config check").code, kDone);
  std::ofstream(config()) << relay;
  replace_private_file(file, "me@smtp.example.net secret\n");
  EXPECT_EQ(here("config check").code, kDone);
}

TEST_F(Words, ConfigCheckAndServeLookIntoTheTrustAnchor) {
  std::ofstream(config()) << "dns.trust_anchor = 'root.key'\n";
  std::ofstream(folder_ / "root.key") << "nonsense\n";
  for (const char* verb : {"config check", "serve"})
    EXPECT_REFUSED(here(verb), kMisuse,
                   "postroom: DNS: validation cannot begin at " + (folder_ / "root.key").string() +
                       ": initialization failure\n");
  std::ofstream(folder_ / "root.key")
      << ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
  EXPECT_EQ(here("config check").code, kDone);
}

TEST_F(Words, ConfigExample) { EXPECT_DONE(cli("config example"), config_example()); }

}  // namespace
}  // namespace postroom::cli
