// Base subjects (RFC 5256 2.1), step by step.
#include "protocols/mime/base_subject.h"

#include <gtest/gtest.h>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::repeated;

/// The base, with a '*' before it when it is that of a reply or forward.
std::string base(std::string_view subject) {
  const BaseSubject found = base_subject(subject);
  return (found.reply_or_forward ? "*" : "") + found.text;
}

TEST(BaseSubject, WhiteSpaceIsOneSpace) {
  EXPECT_EQ(base("a\tb \t c"), "a b c");
  EXPECT_EQ(base(" \r\n a\r\n b "), "a b");
  EXPECT_EQ(base(""), "");
  EXPECT_EQ(base(" \t"), "");
}

TEST(BaseSubject, RepliesAndForwards) {
  EXPECT_EQ(base("Re: hello"), "*hello");
  EXPECT_EQ(base("RE:hello"), "*hello");
  EXPECT_EQ(base("fw: hello"), "*hello");
  EXPECT_EQ(base("Fwd: hello"), "*hello");
  EXPECT_EQ(base("Re: fwd: RE : hello"), "*hello");
  EXPECT_EQ(base("Re [2]: hello"), "*hello");
  EXPECT_EQ(base("Re[2] : hello"), "*hello");
  EXPECT_EQ(base("Re:"), "*");
  EXPECT_EQ(base("Regarding: hello"), "Regarding: hello");
  EXPECT_EQ(base("Re hello"), "Re hello");
  EXPECT_EQ(base("AW: hello"), "AW: hello");
}

TEST(BaseSubject, Trailers) {
  EXPECT_EQ(base("hello (fwd)"), "*hello");
  EXPECT_EQ(base("hello (FWD) (fwd)  "), "*hello");
  EXPECT_EQ(base("hello (fwd) again"), "hello (fwd) again");
  EXPECT_EQ(base("(fwd)"), "*");
}

TEST(BaseSubject, Blobs) {
  EXPECT_EQ(base("[list] hello"), "hello");
  EXPECT_EQ(base("[a] [b]hello"), "hello");
  EXPECT_EQ(base("[list] Re: hello"), "*hello");
  EXPECT_EQ(base("Re: [list] hello"), "*hello");
  EXPECT_EQ(base("[a] Re: [b] Fwd: [c] hello"), "*hello");
  // One is kept when there would be nothing else (RFC 5256 5 subj-middle).
  EXPECT_EQ(base("[only]"), "[only]");
  EXPECT_EQ(base("[a] [only]"), "[only]");
  EXPECT_EQ(base("Re: [only] "), "*[only]");
  EXPECT_EQ(base("[a[b] hello"), "[a[b] hello");
  EXPECT_EQ(base("[open hello"), "[open hello");
  EXPECT_EQ(base("hello [b]"), "hello [b]");
}

TEST(BaseSubject, WrappedForwards) {
  EXPECT_EQ(base("[fwd: hello]"), "*hello");
  EXPECT_EQ(base("[Fwd: Re: [list] hello (fwd)]"), "*hello");
  EXPECT_EQ(base("[fwd: [fwd: hello] ]"), "*hello");
  EXPECT_EQ(base("Re: [FWD: hello]"), "*hello");
  EXPECT_EQ(base("[fwd: hello"), "[fwd: hello");
  EXPECT_EQ(base("[fwd:]"), "*");
}

TEST(BaseSubject, IsFoundInLinearTime) {
  EXPECT_EQ(base(repeated("[a]", 300'000)), "[a]");
  EXPECT_EQ(base(repeated("[a]", 300'000) + "x"), "x");
  EXPECT_EQ(base(repeated("re:", 300'000)), "*");
  EXPECT_EQ(base(repeated("[fwd:", 300'000) + repeated("]", 300'000)), "*");
  EXPECT_EQ(base("x" + repeated(" (fwd)", 300'000)), "*x");
  EXPECT_EQ(base(repeated("[", 300'000)), repeated("[", 300'000));
}

}  // namespace
}  // namespace postroom::mime
