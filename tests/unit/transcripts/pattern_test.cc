// The transcripts' patterns: a test whose judge is wrong proves nothing.
#include "tests/transcripts/pattern.h"

#include <gtest/gtest.h>

namespace postroom::testing {
namespace {

bool matches(std::string_view pattern, std::string_view line) {
  Captures captures;
  return match(pattern, line, captures);
}

TEST(Pattern, PlainTextMatchesItselfOnly) {
  EXPECT_TRUE(matches("a1 OK [UIDNEXT 4] (\\Seen) $x^", "a1 OK [UIDNEXT 4] (\\Seen) $x^"));
  EXPECT_FALSE(matches("a1 OK", "a1 OK "));
  EXPECT_FALSE(matches("a1 OK", "a1 O"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("", ""));
}

TEST(Pattern, LiteralsAndDoubledBracesAreThemselves) {
  EXPECT_TRUE(matches("BODY[] {5}", "BODY[] {5}"));
  EXPECT_TRUE(matches("{0+}", "{0+}"));
  EXPECT_TRUE(matches("{{x}", "{x}"));
}

TEST(Pattern, BytesByName) {
  EXPECT_EQ(expand("a{CR}{LF}{NUL}{TAB}{SP}{xE9}{CRLF}", {}), std::string("a\r\n\0\t \xe9\r\n", 9));
  EXPECT_EQ(expand("{ab*3}{x*0}!", {}), "ababab!");
  EXPECT_EQ(expand("{*****2}", {}), "********");
}

TEST(Pattern, Wildcards) {
  EXPECT_TRUE(matches("+OK {}", "+OK "));
  EXPECT_TRUE(matches("+OK {} ready{}", "+OK mail.example.org ready <1>"));
  EXPECT_FALSE(matches("+OK {} ready", "+OK mail.example.org not"));
}

TEST(Pattern, CapturesAreRememberedAndCompared) {
  Captures captures;
  ASSERT_TRUE(match("<{time=[0-9]+}.{}@{host}", "<17.2@x", captures = {{"host", "x"}}));
  EXPECT_EQ(captures["time"], "17");
  EXPECT_TRUE(match("{time}", "17", captures));
  EXPECT_FALSE(match("{time}", "18", captures));
  EXPECT_EQ(expand("UID {time}", captures), "UID 17");
}

TEST(Pattern, ACaptureThatFailsLeavesNothingBehind) {
  Captures captures;
  EXPECT_FALSE(match("{n=[0-9]+} x", "12 y", captures));
  EXPECT_TRUE(captures.empty());
  EXPECT_FALSE(match("{n=[0-9]+}", "1a", captures));
}

TEST(Pattern, MistakesInATranscriptAreSaid) {
  Captures captures;
  EXPECT_THROW(match("{unknown}", "x", captures), BadScript);
  EXPECT_THROW((void)expand("{unknown}", {}), BadScript);
  EXPECT_THROW((void)expand("{open", {}), BadScript);
  EXPECT_THROW((void)expand("{a b}", {}), BadScript);
  EXPECT_TRUE(needs_capture("STORE {uid}", {}));
  EXPECT_FALSE(needs_capture("STORE {uid}", {{"uid", "1"}}));
  EXPECT_FALSE(needs_capture("{5}{{x}", {}));
}

TEST(Pattern, ShowsBytesAsTheTranscriptWritesThem) { EXPECT_EQ(show("a\r\n\x01é"), "a{CR}{LF}{x01}é"); }

}  // namespace
}  // namespace postroom::testing
