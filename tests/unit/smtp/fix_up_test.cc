// What a submission server adds to a header and takes out of it.
#include "protocols/smtp/fix_up.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace postroom::smtp {
namespace {

constexpr std::string_view kDate = "Date: Mon, 23 Nov 2026 07:00:00 +0000\r\n";
constexpr std::string_view kId = "Message-ID: <1@ours.example>\r\n";
const std::string kBoth = std::string(kDate) + std::string(kId);

FixUp new_fix_up() { return {"1@ours.example", "Mon, 23 Nov 2026 07:00:00 +0000"}; }

std::string in_pieces(std::string_view message, std::size_t size) {
  FixUp fix_up = new_fix_up();
  std::string out;
  for (; !message.empty(); message.remove_prefix(std::min(size, message.size())))
    fix_up.feed(message.substr(0, size), out);
  fix_up.finish(out);
  return out;
}

/// Also in pieces of any size, and cut in two anywhere.
std::string fixed(const std::string& message) {
  const std::string out = in_pieces(message, message.size() + 1);
  for (std::size_t size = 1; size <= std::min<std::size_t>(message.size(), 40); ++size)
    EXPECT_EQ(in_pieces(message, size), out) << message << " in pieces of " << size;
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    FixUp fix_up = new_fix_up();
    std::string again;
    fix_up.feed(std::string_view(message).substr(0, cut), again);
    fix_up.feed(std::string_view(message).substr(cut), again);
    fix_up.finish(again);
    EXPECT_EQ(again, out) << message << " cut at " << cut;
  }
  return out;
}

TEST(FixUp, WhatIsCompletePasses) {
  for (const std::string message :
       {"Date: x\r\nMessage-ID: <a@b>\r\n\r\nbody\r\n", "message-id:\r\nDATE :\r\n\r\n",
        "Date: x\r\nMessage-ID: y", "Date: x\r\nMessage-ID: y\r\n",
        "Date: x\r\n folded\r\nMessage-ID: y\r\n\r\nBcc: in the body\r\n"})
    EXPECT_EQ(fixed(message), message);
}

TEST(FixUp, MissingFieldsComeLast) {
  EXPECT_EQ(fixed("Subject: x\r\n\r\nbody\r\n"), "Subject: x\r\n" + kBoth + "\r\nbody\r\n");
  EXPECT_EQ(fixed("Date: x\r\n\r\nbody"), "Date: x\r\n" + std::string(kId) + "\r\nbody");
  EXPECT_EQ(fixed("Message-Id: x\r\n\r\n"), "Message-Id: x\r\n" + std::string(kDate) + "\r\n");
  EXPECT_EQ(fixed("Subject: x\r\n\r\nDate: in the body\r\n"),
            "Subject: x\r\n" + kBoth + "\r\nDate: in the body\r\n");
  EXPECT_EQ(fixed("Subject: x\r\n Date: folded\r\n\r\n"), "Subject: x\r\n Date: folded\r\n" + kBoth + "\r\n");
  EXPECT_EQ(fixed("X-Date: x\r\nDated: y\r\n\r\n"), "X-Date: x\r\nDated: y\r\n" + kBoth + "\r\n");
}

TEST(FixUp, WithoutAnEndOfTheHeader) {
  EXPECT_EQ(fixed("Subject: x\r\n"), "Subject: x\r\n" + kBoth);
  EXPECT_EQ(fixed("Subject: x"), "Subject: x\r\n" + kBoth);
  EXPECT_EQ(fixed("Subject: x\r\nBcc: y"), "Subject: x\r\n" + kBoth);
  EXPECT_EQ(fixed("Subject: x\r\nBcc"), "Subject: x\r\nBcc\r\n" + kBoth);
}

TEST(FixUp, BccAndReturnPathAreDropped) {
  EXPECT_EQ(fixed("Bcc: a@b\r\nDate: x\r\nMessage-ID: y\r\n\r\nbody"),
            "Date: x\r\nMessage-ID: y\r\n\r\nbody");
  EXPECT_EQ(fixed("Date: x\r\nBCC:a@b,\r\n\tc@d,\r\n e@f\r\nMessage-ID: y\r\nresent-bcc : g\r\n\r\n"),
            "Date: x\r\nMessage-ID: y\r\n\r\n");
  EXPECT_EQ(fixed("Return-Path: <a@b>\r\nDate: x\r\nreturn-path: <c>\r\n  \r\nMessage-ID: y\r\n\r\n"),
            "Date: x\r\nMessage-ID: y\r\n\r\n");
  EXPECT_EQ(fixed("Bcc: a\r\n\r\nbody"), kBoth + "\r\nbody");
  EXPECT_EQ(fixed("X-Bcc: a\r\nBccs: b\r\nDate: x\r\nMessage-ID: y\r\n\r\n"),
            "X-Bcc: a\r\nBccs: b\r\nDate: x\r\nMessage-ID: y\r\n\r\n");
}

TEST(FixUp, AMessageWithoutAHeader) {
  EXPECT_EQ(fixed(""), kBoth + "\r\n");
  EXPECT_EQ(fixed("\r\nbody\r\n"), kBoth + "\r\nbody\r\n");
  for (const std::string body : {"hello\r\n", "hello", "two words: no field\r\n", " Date: indented\r\n",
                                 ": no name\r\n", "\r", "\rDate: x\r\n", "hello\r\nDate: x\r\nBcc: y\r\n"})
    EXPECT_EQ(fixed(body), std::string(kBoth).append("\r\n").append(body));
}

TEST(FixUp, LinesThatAreNoFieldPass) {
  EXPECT_EQ(fixed("Date: x\r\nno field\r\n folded\r\nBcc: y\r\nMessage-ID: z\r\n\r\n"),
            "Date: x\r\nno field\r\n folded\r\nMessage-ID: z\r\n\r\n");
  EXPECT_EQ(fixed("Date: x\r\nBcc: y\r\nBcc list: z\r\nMessage-ID: z\r\n\r\n"),
            "Date: x\r\nBcc list: z\r\nMessage-ID: z\r\n\r\n");
}

TEST(FixUp, LinesThatEndInLf) {
  EXPECT_EQ(fixed("Date: x\nBcc: y\nSubject: z\n\nbody\n"),
            "Date: x\nSubject: z\n" + std::string(kId) + "\nbody\n");
}

TEST(FixUp, LongLinesAreNotHeldBack) {
  for (const std::string start : {"Subject: ", "Date: x\r\n", "Subject: x\r\n\r\n", "", "Subject"}) {
    FixUp fix_up = new_fix_up();
    std::string out;
    fix_up.feed(start, out);
    for (std::size_t fed = start.size(); fed < 10000; ++fed) {
      fix_up.feed("x", out);
      ASSERT_LE(fed + 1, out.size() + FixUp::kMaxName) << start;
    }
  }
}

TEST(FixUp, ALongNameIsNone) {
  const std::string name(FixUp::kMaxName - 1, 'n');
  EXPECT_EQ(in_pieces(name + ": x\r\n\r\n", 7), name + ": x\r\n" + kBoth + "\r\n");
  EXPECT_EQ(in_pieces(name + "nn: x\r\n\r\n", 7), kBoth + "\r\n" + name + "nn: x\r\n\r\n");
}

}  // namespace
}  // namespace postroom::smtp
