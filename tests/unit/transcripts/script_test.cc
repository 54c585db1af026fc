// Transcript files as steps.
#include "tests/transcripts/script.h"

#include <fstream>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/transcripts/pattern.h"

namespace postroom::testing {
namespace {

class ScriptTest : public ::testing::Test {
 protected:
  Script script(const std::string& text) {
    const auto file = folder_.path() / "script.txt";
    std::ofstream(file) << text;
    return read_script(file);
  }
  TemporaryFolder folder_;
};

TEST_F(ScriptTest, LinesOfBothSides) {
  const Script read = script(
      "# a comment\n"
      "C: a1 NOOP   # RFC 3501 6.1.2\n"
      "S: a1 OK # not a comment\n"
      "\n"
      "S second: {SP}\n"
      "S: ...\n"
      "C: half{NOCRLF}\n"
      "C:\n");
  ASSERT_EQ(read.steps.size(), 6u);
  EXPECT_EQ(read.steps[0].text, "a1 NOOP");
  EXPECT_EQ(read.steps[0].kind, Step::Kind::client);
  EXPECT_EQ(read.steps[0].line, 2u);
  EXPECT_EQ(read.steps[1].text, "a1 OK # not a comment");
  EXPECT_EQ(read.steps[2].connection, "second");
  EXPECT_EQ(read.steps[3].kind, Step::Kind::skip);
  EXPECT_EQ(read.steps[4].text, "half");
  EXPECT_FALSE(read.steps[4].ends_line);
  EXPECT_EQ(read.steps[5].text, "");
  EXPECT_TRUE(read.steps[5].ends_line);
}

TEST_F(ScriptTest, DirectivesWithFlagsAndBody) {
  const Script read =
      script("mail alice@example.org INBOX (\\Seen Work) <<END\nSubject: x\n\n# text\nEND\ndrain\n");
  ASSERT_EQ(read.steps.size(), 2u);
  EXPECT_EQ(read.steps[0].words,
            (std::vector<std::string>{"mail", "alice@example.org", "INBOX", "(\\Seen Work)"}));
  EXPECT_EQ(read.steps[0].body, (std::vector<std::string>{"Subject: x", "", "# text"}));
  EXPECT_EQ(read.steps[1].words, (std::vector<std::string>{"drain"}));
}

TEST_F(ScriptTest, Modes) {
  EXPECT_EQ(script("drain\n").modes.size(), 3u);
  EXPECT_EQ(script("modes whole bytes\n").modes, (std::vector<Mode>{Mode::whole, Mode::bytes}));
  EXPECT_THROW(script("modes fast\n"), BadScript);
}

TEST_F(ScriptTest, AHereDocumentEnds) {
  EXPECT_THROW(script("mail a@b INBOX <<EOF\nSubject: x\n"), BadScript);
}

}  // namespace
}  // namespace postroom::testing
