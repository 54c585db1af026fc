// Mailing lists by the command line.
#include <nlohmann/json.hpp>

#include "tests/unit/server/cli_fixture.h"

namespace postroom::cli {
namespace {

using nlohmann::json;

class MailingLists : public AccountsTest {};

TEST_F(MailingLists, ComeAndGo) {
  add("alice@example.org");
  OpenStore server(data());
  EXPECT_DONE(
      here("list add Team@example.org --owner alice@example.org"),
      "list team@example.org is there now; for members: postroom list join team@example.org MEMBER…\n");
  EXPECT_DONE(here("list join team@example.org alice@example.org Carol@EXAMPLE.net"),
              "list team@example.org has 2 more members\n");
  EXPECT_EQ(server.resolve("team@example.org").lists.size(), 1u) << "at once";
  EXPECT_DONE(here("list list"),
              "LIST              MEMBERS  POSTING  OWNER\n"
              "team@example.org  2        members  alice@example.org\n");
  EXPECT_DONE(here("list set team@example.org --posting anyone --owner postmaster"),
              "list team@example.org is changed\n");
  EXPECT_DONE(here("list show team@example.org"),
              "address  team@example.org\n"
              "posting  anyone\n"
              "owner    postmaster@example.org\n"
              "member   Carol@example.net\n"
              "member   alice@example.org\n");
  EXPECT_EQ(
      json::parse(here("list show team@example.org --json").out),
      json::parse(R"({"address": "team@example.org", "posting": "anyone", "owner": "postmaster@example.org",
                            "members": ["Carol@example.net", "alice@example.org"]})"));
  EXPECT_EQ(json::parse(here("list list --json").out),
            json::parse(R"([{"address": "team@example.org", "posting": "anyone",
                             "owner": "postmaster@example.org", "members": 2}])"));
  EXPECT_DONE(here("list leave team@example.org Carol@example.net"),
              "list team@example.org has 1 member less\n");
  EXPECT_REFUSED(
      here("list leave team@example.org Carol@example.net"), kFailed,
      "postroom: list team@example.org has no such member; see: postroom list show team@example.org\n");
  EXPECT_DONE(here("list remove team@example.org"), "list team@example.org is gone\n");
  EXPECT_REFUSED(here("list remove team@example.org"), kFailed,
                 "postroom: there is no list team@example.org; see: postroom list list\n");
}

TEST_F(MailingLists, MistakesAreExplained) {
  add("alice@example.org");
  here("list add team@example.org");
  EXPECT_REFUSED(here("list add team@example.org"), kFailed,
                 "postroom: list team@example.org is there already; for more members: postroom list join "
                 "team@example.org MEMBER…\n");
  EXPECT_REFUSED(here("list add alice@example.org"), kFailed,
                 "postroom: alice@example.org is a user; a list needs an address of its own\n");
  EXPECT_REFUSED(here("list set team@example.org --posting nobody"), kMisuse,
                 "postroom: \"nobody\" cannot be who writes to a list; it is \"members\" or \"anyone\"\n");
  EXPECT_REFUSED(
      here("list set team@example.org --owner bob@example.org"), kFailed,
      "postroom: owner bob@example.org is no user and no alias here; add one with: postroom user add "
      "bob@example.org\n");
  EXPECT_REFUSED(here("list join team@example.org bob@example.org"), kFailed,
                 "postroom: bob@example.org is no user, alias or list here; add one with: postroom user add "
                 "bob@example.org\n");
  EXPECT_REFUSED(here("list join team@example.org team@example.org"), kFailed,
                 "postroom: a list cannot be its own member\n");
  EXPECT_REFUSED(here("user add team@example.org"), kFailed,
                 "postroom: team@example.org is a list; remove it first with: postroom list remove "
                 "team@example.org\n");
  EXPECT_REFUSED(
      here("alias add team@example.org alice@example.org"), kFailed,
      "postroom: team@example.org is a list; for more members: postroom list join team@example.org "
      "MEMBER…\n");
}

}  // namespace
}  // namespace postroom::cli
