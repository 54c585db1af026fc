// Needle: found wherever the text is cut.
#include <gtest/gtest.h>
#include <random>

#include "protocols/imap/needle.h"

namespace postroom::imap {
namespace {

bool found(const std::string& needle, const std::string& text, std::size_t step) {
  Needle in(needle);
  for (std::size_t at = 0; at < text.size(); at += step) in.feed(std::string_view(text).substr(at, step));
  return in.found();
}

TEST(Needle, AgreesWithFindOnRandomText) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text, needle;
    const std::size_t length = random() % 40, wanted = random() % 6;
    while (text.size() < length) text.push_back("ab"[random() % 2]);
    while (needle.size() < wanted) needle.push_back("ab"[random() % 2]);
    const std::size_t step = 1 + random() % 9;
    ASSERT_EQ(found(needle, text, step), text.find(needle) != std::string::npos) << needle << " in " << text;
  }
}

TEST(Needle, RemembersThatItWasFound) {
  Needle needle("ab");
  EXPECT_FALSE(needle.feed("xa"));
  EXPECT_TRUE(needle.feed("bx"));
  needle.cut();
  EXPECT_TRUE(needle.found());
  needle.reset();
  EXPECT_FALSE(needle.found());
}

TEST(Needle, DoesNotReachAcrossACut) {
  Needle needle("ab");
  needle.feed("a");
  needle.cut();
  EXPECT_FALSE(needle.feed("b"));
}

TEST(Needle, IsLinearForTheWorstText) {
  // Quadratic, this would take minutes.
  Needle needle(std::string(50'000, 'a') + "b");
  EXPECT_FALSE(needle.feed(std::string(20'000'000, 'a')));
}

}  // namespace
}  // namespace postroom::imap
