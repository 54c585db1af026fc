// What a message may hold, and what we put on top of it.
#include <gtest/gtest.h>

#include "protocols/smtp/content_check.h"
#include "protocols/smtp/reply.h"
#include "protocols/smtp/trace.h"

namespace postroom::smtp {
namespace {

/// The refusal's status, or "", the same in whatever pieces it comes.
std::string check(const std::string& content, std::uint64_t longest_line = 1000) {
  std::string all;
  for (std::size_t size = 1; size <= content.size() + 1; ++size) {
    ContentCheck check(longest_line);
    for (std::size_t at = 0; at < content.size(); at += size)
      check.feed(std::string_view(content).substr(at, size));
    check.finish();
    const std::string status = check.refusal() ? check.refusal()->status() : "";
    if (size > 1) {
      EXPECT_EQ(status, all) << "in pieces of " << size << ": " << ::testing::PrintToString(content);
    }
    all = status;
  }
  return all;
}

TEST(ContentCheck, TakesText) {
  EXPECT_EQ(check(""), "");
  EXPECT_EQ(check("Subject: x\r\n\r\nhello\r\n"), "");
  EXPECT_EQ(check("no end of line"), "");
  EXPECT_EQ(check("\r\n\r\n\r\n"), "");
  EXPECT_EQ(check("gr\xc3\xbc\xc3\x9f"
                  "e \xff\x01\t\r\n"),
            "");
}

TEST(ContentCheck, RefusesBareCrAndLf) {
  for (const char* content : {"\n", "\r", "a\nb\r\n", "a\rb\r\n", "a\r\r\n", "a\n\r\n", "a\r\n\n", "a\r\n\r",
                              "\n\r", "a\r\n.\n", "\r\r"})
    EXPECT_EQ(check(content), "5.6.11") << ::testing::PrintToString(content);
}

TEST(ContentCheck, SaysWhatCameFirst) {
  EXPECT_EQ(check(std::string("a\0b\n\r\n", 6)), "5.6.0");
  EXPECT_EQ(check(std::string("a\n\0\r\n", 5)), "5.6.11");
  EXPECT_EQ(check("123456789\n\r\n", 10), "5.6.0");
}

TEST(ContentCheck, RefusesNul) { EXPECT_EQ(check(std::string("a\0b\r\n", 5)), "5.6.0"); }

TEST(ContentCheck, LineLengthCountsTheCrlf) {
  EXPECT_EQ(check(std::string(8, 'x') + "\r\n" + std::string(8, 'x') + "\r\n", 10), "");
  EXPECT_EQ(check(std::string(9, 'x') + "\r\n", 10), "5.6.0");
  EXPECT_EQ(check("\r\n" + std::string(9, 'x'), 10), "5.6.0");
}

TEST(ContentCheck, KnowsAnUnfinishedLine) {
  ContentCheck check(1000);
  EXPECT_FALSE(check.within_line());
  check.feed("a");
  EXPECT_TRUE(check.within_line());
  check.feed("\r\n");
  EXPECT_FALSE(check.within_line());
}

TEST(ContentCheck, LooksWhetherTheHeaderIsAscii) {
  const auto beyond = [](const std::string& content) {
    ContentCheck check(1000);
    for (const char c : content) check.feed(std::string_view(&c, 1));
    ContentCheck whole(1000);
    whole.feed(content);
    EXPECT_EQ(check.header_beyond_ascii(), whole.header_beyond_ascii()) << content;
    return whole.header_beyond_ascii();
  };
  EXPECT_FALSE(beyond(""));
  EXPECT_FALSE(beyond("Subject: x\r\n\r\ngr\xc3\xbcn\r\n"));
  EXPECT_FALSE(beyond("\r\ngr\xc3\xbcn\r\n"));
  EXPECT_TRUE(beyond("Subject: gr\xc3\xbcn\r\n\r\nx\r\n"));
  EXPECT_TRUE(beyond("From: a\r\nSubject: gr\xc3\xbcn"));
}

Arrival arrival() {
  Arrival made;
  made.client_name = "client.example.org";
  made.extended = true;
  made.address = "192.0.2.1";
  made.hostname = "mail.example.org";
  made.id = "1234";
  made.reverse_path = "alice@example.org";
  made.recipient = "bob@example.org";
  made.time = WallTime(std::chrono::seconds(1767225600));
  return made;
}

TEST(Trace, Fields) {
  EXPECT_EQ(trace_fields(arrival()),
            "Return-Path: <alice@example.org>\r\n"
            "Received: from client.example.org ([192.0.2.1])\r\n"
            "\tby mail.example.org with ESMTP\r\n"
            "\tid 1234\r\n"
            "\tfor <bob@example.org>;\r\n"
            "\tThu, 1 Jan 2026 00:00:00 +0000\r\n");
}

TEST(Trace, NullSenderSeveralRecipientsIpv6AndTls) {
  Arrival made = arrival();
  made.reverse_path.clear();
  made.recipient.clear();
  made.address = "2001:db8::1";
  made.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  EXPECT_EQ(trace_fields(made),
            "Return-Path: <>\r\n"
            "Received: from client.example.org ([IPv6:2001:db8::1])\r\n"
            "\tby mail.example.org with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
            "\tid 1234;\r\n"
            "\tThu, 1 Jan 2026 00:00:00 +0000\r\n");
}

TEST(Trace, AUsersComputerIsNotNamed) {
  Arrival made = arrival();
  made.authenticated = true;
  made.tls = "TLSv1.3";
  EXPECT_EQ(trace_fields(made),
            "Return-Path: <alice@example.org>\r\n"
            "Received: by mail.example.org with ESMTPSA (TLSv1.3)\r\n"
            "\tid 1234\r\n"
            "\tfor <bob@example.org>;\r\n"
            "\tThu, 1 Jan 2026 00:00:00 +0000\r\n");
}

TEST(Trace, ReturnPathEndsWhereReceivedBegins) {
  for (const std::string& path : {std::string(), std::string("alice@example.org"),
                                  "\"" + std::string(255, '\\') + "\"@" + std::string(255, 'x')}) {
    Arrival made = arrival();
    made.reverse_path = path;
    const std::string fields = trace_fields(made);
    const std::string first = fields.substr(0, kReturnPathMost);
    EXPECT_EQ(fields.substr(return_path_length(first)).substr(0, 10), "Received: ") << path;
    EXPECT_EQ(return_path_length(first), path.size() + 17);
  }
}

TEST(Trace, OnlyAReturnPathIsOne) {
  EXPECT_EQ(return_path_length(""), 0u);
  EXPECT_EQ(return_path_length("Return-Path"), 0u);
  EXPECT_EQ(return_path_length("Return-Path: <a@b.example>"), 0u) << "without an end";
  EXPECT_EQ(return_path_length("Return-Path-Of: <>\r\n"), 0u);
  EXPECT_EQ(return_path_length("Subject: x\r\nReturn-Path: <>\r\n"), 0u);
  EXPECT_EQ(return_path_length("return-path: <>\r\n\r\n"), 17u);
}

// RFC 3848, RFC 6531 4.3
TEST(Trace, Protocols) {
  bool lmtp = false;
  const auto with = [&lmtp](bool extended, bool tls, bool authenticated, bool utf8) {
    Arrival made = arrival();
    made.extended = extended;
    made.lmtp = lmtp;
    made.tls = tls ? "TLSv1.3" : "";
    made.authenticated = authenticated;
    made.utf8 = utf8;
    return with_protocol(made);
  };
  EXPECT_EQ(with(false, false, false, false), "SMTP");
  EXPECT_EQ(with(true, false, false, false), "ESMTP");
  EXPECT_EQ(with(true, true, false, false), "ESMTPS");
  EXPECT_EQ(with(true, false, true, false), "ESMTPA");
  EXPECT_EQ(with(true, true, true, false), "ESMTPSA");
  EXPECT_EQ(with(true, false, false, true), "UTF8SMTP");
  EXPECT_EQ(with(true, true, true, true), "UTF8SMTPSA");
  lmtp = true;
  EXPECT_EQ(with(true, false, false, false), "LMTP");
  EXPECT_EQ(with(true, true, false, false), "LMTPS");
  EXPECT_EQ(with(true, true, false, true), "UTF8LMTPS");
}

TEST(Reply, Bytes) {
  EXPECT_EQ(Reply(250, "2.1.0", "Sender ok").bytes(), "250 2.1.0 Sender ok\r\n");
  EXPECT_EQ(Reply(220, "", "mail.example.org").bytes(), "220 mail.example.org\r\n");
  EXPECT_EQ(Reply(214, "2.0.0", "a").add("b").add("c").bytes(),
            "214-2.0.0 a\r\n214-2.0.0 b\r\n214 2.0.0 c\r\n");
}

}  // namespace
}  // namespace postroom::smtp
