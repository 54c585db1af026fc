// Delivery reports: a whole one as it is, and what each of its facts becomes.
#include "protocols/smtp/delivery_report.h"

#include <gtest/gtest.h>
#include <map>

#include "base/text.h"
#include "protocols/mime/header.h"
#include "protocols/mime/structure.h"
#include "protocols/mime/transfer.h"

namespace postroom::smtp {
namespace {

using Action = ReportedRecipient::Action;

constexpr WallTime kArrived{std::chrono::sys_days{std::chrono::year(2026) / 11 / 23} + std::chrono::hours(7)};

ReportedRecipient recipient(std::string address, Action action, std::string status) {
  ReportedRecipient one;
  one.address = std::move(address);
  one.action = action;
  one.status = std::move(status);
  return one;
}

ReportedRecipient unknown_user() {
  ReportedRecipient bob = recipient("bob@example.net", Action::failed, "5.1.1");
  bob.remote_host = "mx.example.net";
  bob.remote_reply = "550 5.1.1 no such user";
  bob.why = "the other server does not know this address";
  return bob;
}

ReportFacts facts_about(std::vector<ReportedRecipient> recipients) {
  ReportFacts facts;
  facts.hostname = "mail.example.org";
  facts.to = "alice@example.org";
  facts.message_id = "7f3a@mail.example.org";
  facts.arrived = kArrived;
  facts.now = kArrived + std::chrono::minutes(3);
  facts.original_headers = "From: alice@example.org\r\nSubject: Lunch on Friday\r\n\r\n";
  facts.recipients = std::move(recipients);
  return facts;
}

/// A report read by our own parser.
struct Read {
  explicit Read(const ReportFacts& facts) : bytes(delivery_report(facts)) {
    mime::StructureParser parser;
    parser.feed(bytes);
    root = parser.finish();
    check_lines();
  }

  void check_lines() const {
    EXPECT_TRUE(bytes.ends_with("\r\n"));
    for (std::string_view line : split(std::string_view(bytes).substr(0, bytes.size() - 2), '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      EXPECT_LE(line.size(), 998U);
      EXPECT_EQ(line.find_first_of(std::string_view("\r\0\x1b", 3)), std::string_view::npos);
    }
  }
  std::string part(std::size_t i) const {
    const mime::Part& part = root.children.at(i);
    return mime::decode(mime::encoding_of(part.encoding), bytes.substr(part.body_offset, part.body_size));
  }
  std::string type(std::size_t i) const {
    return root.children.at(i).type + "/" + root.children.at(i).subtype;
  }
  /// A group of fields of the machine's part: 0 is the message's, 1 the first recipient's.
  std::map<std::string, std::string> fields(std::size_t group) const {
    std::string block = part(1);
    for (; group > 0; --group) block = block.substr(block.find("\r\n\r\n") + 4);
    std::map<std::string, std::string> found;
    mime::HeaderFields all(block);
    while (const auto field = all.next()) {
      EXPECT_FALSE(field->name.empty()) << field->raw;
      EXPECT_TRUE(found.emplace(field->name, mime::unfold(field->body)).second) << field->name;
    }
    return found;
  }
  std::string header(std::string_view name) const {
    mime::HeaderFields all(bytes);
    while (const auto field = all.next())
      if (field->name == name) return mime::unfold(field->body);
    return "(none)";
  }

  std::string bytes;
  mime::Part root;
};

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

constexpr std::string_view kGolden = R"(Date: Mon, 23 Nov 2026 07:03:00 +0000
From: Mail Delivery System <postmaster@mail.example.org>
To: <alice@example.org>
Subject: Your message could not be delivered
Message-ID: <7f3a@mail.example.org>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="=_7f3a_mail_example_org_0"
Content-Transfer-Encoding: 7bit

--=_7f3a_mail_example_org_0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Hello, this is the mail server mail.example.org. It is about your
message "Lunch on Friday", which came here on Mon, 23 Nov 2026 07:00:00
+0000.

We could not deliver it to the following, and do not try again:

  <bob@example.net>
    The other server does not know this address. The server
    mx.example.net said: 550 5.1.1 no such user
    What you can do: check the address for typing mistakes, or ask the
    recipient for the right one; then send the message again.

What follows is for programs and for whoever runs your mail, who can be
reached at postmaster@mail.example.org.

--=_7f3a_mail_example_org_0
Content-Type: message/delivery-status
Content-Transfer-Encoding: 7bit

Reporting-MTA: dns; mail.example.org
Arrival-Date: Mon, 23 Nov 2026 07:00:00 +0000

Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 no such user

--=_7f3a_mail_example_org_0
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 7bit

From: alice@example.org
Subject: Lunch on Friday

--=_7f3a_mail_example_org_0--
)";

TEST(DeliveryReport, Golden) {
  EXPECT_EQ(delivery_report(facts_about({unknown_user()})), with_crlf(kGolden));
}

TEST(DeliveryReport, IsAMultipartReport) {
  const Read report(facts_about({unknown_user()}));
  EXPECT_EQ(report.root.type + "/" + report.root.subtype, "multipart/report");
  EXPECT_EQ(mime::parameter_text(report.root.parameters, "report-type"), "delivery-status");
  ASSERT_EQ(report.root.children.size(), 3U);
  EXPECT_EQ(report.type(0), "text/plain");
  EXPECT_EQ(report.type(1), "message/delivery-status");
  EXPECT_EQ(report.type(2), "text/rfc822-headers");
  EXPECT_EQ(report.part(2), "From: alice@example.org\r\nSubject: Lunch on Friday\r\n");
}

TEST(DeliveryReport, FieldsOfAFailure) {
  ReportFacts facts = facts_about({unknown_user()});
  facts.envelope_id = "QQ314159 x";
  facts.recipients[0].dsn.original_recipient = "rfc822;team@example.org";
  facts.will_retry_until = kArrived;
  const Read report(facts);
  const std::map<std::string, std::string> message = {{"Original-Envelope-Id", "QQ314159 x"},
                                                      {"Reporting-MTA", "dns; mail.example.org"},
                                                      {"Arrival-Date", "Mon, 23 Nov 2026 07:00:00 +0000"}};
  EXPECT_EQ(report.fields(0), message);
  const std::map<std::string, std::string> recipient = {{"Original-Recipient", "rfc822; team@example.org"},
                                                        {"Final-Recipient", "rfc822; bob@example.net"},
                                                        {"Action", "failed"},
                                                        {"Status", "5.1.1"},
                                                        {"Remote-MTA", "dns; mx.example.net"},
                                                        {"Diagnostic-Code", "smtp; 550 5.1.1 no such user"}};
  EXPECT_EQ(report.fields(1), recipient);
  EXPECT_NE(report.part(0).find("<bob@example.net> (you wrote to <team@example.org>)"), std::string::npos);
}

TEST(DeliveryReport, FieldsOfADelay) {
  ReportFacts facts = facts_about({recipient("bob@example.net", Action::delayed, "4.4.1")});
  facts.will_retry_until = kArrived + std::chrono::days(5);
  const Read report(facts);
  EXPECT_EQ(report.header("Subject"), "Your message is delayed");
  auto fields = report.fields(1);
  EXPECT_EQ(fields["Action"], "delayed");
  EXPECT_EQ(fields["Will-Retry-Until"], "Sat, 28 Nov 2026 07:00:00 +0000");
  EXPECT_EQ(fields.count("Remote-MTA") + fields.count("Diagnostic-Code") + fields.count("Original-Recipient"),
            0U);
}

TEST(DeliveryReport, SeveralRecipientsTheFailuresFirst) {
  const Read report(facts_about({recipient("a@example.net", Action::relayed, "2.0.0"), unknown_user(),
                                 recipient("c@example.net", Action::expanded, "2.0.0"),
                                 recipient("d@example.net", Action::delivered, "2.1.5")}));
  EXPECT_EQ(report.header("Subject"), "Your message could not be delivered");
  const std::string text = report.part(0);
  std::size_t at = 0;
  for (const char* expected :
       {"could not deliver", "<bob@example.net>", "was delivered", "<d@example.net>",
        "passed on to other mail servers", "<a@example.net>", "behind", "<c@example.net>"}) {
    at = text.find(expected, at);
    EXPECT_NE(at, std::string::npos) << expected << "\n" << text;
  }
  EXPECT_EQ(report.fields(1)["Action"], "relayed");
  EXPECT_EQ(report.fields(4)["Final-Recipient"], "rfc822; d@example.net");
}

TEST(DeliveryReport, AnOriginalRecipientWithoutATypeIsAnAddress) {
  ReportFacts facts = facts_about({unknown_user()});
  facts.recipients[0].dsn.original_recipient = "team@example.org";
  EXPECT_EQ(Read(facts).fields(1)["Original-Recipient"], "rfc822; team@example.org");
}

TEST(DeliveryReport, StatusesThatAreNone) {
  const auto status = [](Action action, const char* said) {
    return Read(facts_about({recipient("a@b", action, said)})).fields(1)["Status"];
  };
  EXPECT_EQ(status(Action::failed, ""), "5.0.0");
  EXPECT_EQ(status(Action::delayed, "4.2"), "4.0.0");
  EXPECT_EQ(status(Action::relayed, "250"), "2.0.0");
  EXPECT_EQ(status(Action::failed, "5.1.1\r\nX: y"), "5.0.0");
  EXPECT_EQ(status(Action::failed, "5.1000.1"), "5.0.0");
  EXPECT_EQ(status(Action::failed, "4.4.7"), "4.4.7");
}

TEST(DeliveryReport, TheMessageComesBackIfItFailedAndThatWasAskedFor) {
  ReportFacts facts = facts_about({unknown_user()});
  facts.original = facts.original_headers + "body \xc3\xbc\r\n";
  EXPECT_EQ(Read(facts).type(2), "text/rfc822-headers");
  facts.ret = Ret::full;
  const Read full(facts);
  EXPECT_EQ(full.type(2), "message/rfc822");
  EXPECT_EQ(full.part(2), facts.original);
  EXPECT_EQ(full.root.encoding, "8bit");
  EXPECT_EQ(full.root.children[2].encoding, "8bit");
  facts.recipients[0].action = Action::relayed;
  EXPECT_EQ(Read(facts).type(2), "text/rfc822-headers");
  facts.original_headers.clear();
  facts.original.clear();
  EXPECT_EQ(Read(facts).root.children.size(), 2U);
}

TEST(DeliveryReport, NothingOfAFactAddsALine) {
  constexpr const char* kEvil =
      "x\r\nInjected: 1\r\n\r\n--=_7f3a_mail_example_org_0\r\n\nInjected: 2\x01\x1b\x7f\xc2\x85";
  for (const bool utf8 : {false, true}) {
    ReportFacts facts = facts_about({unknown_user()});
    const Read clean(facts);
    facts.utf8 = utf8;
    for (std::string* fact :
         {&facts.hostname, &facts.to, &facts.message_id, &facts.envelope_id, &facts.recipients[0].address,
          &facts.recipients[0].dsn.original_recipient, &facts.recipients[0].status,
          &facts.recipients[0].remote_host, &facts.recipients[0].remote_reply, &facts.recipients[0].why})
      *fact += kEvil;
    const Read report(facts);
    EXPECT_EQ(report.root.children.size(), 3U);
    EXPECT_EQ(report.bytes.find("\nInjected"), std::string::npos) << report.bytes;
    EXPECT_EQ(report.fields(0).size(), 3U);
    EXPECT_EQ(report.fields(1).size(), 6U);
    EXPECT_EQ(report.bytes.find("\xc2\x85"), std::string::npos);
  }
}

TEST(DeliveryReport, TheBoundaryIsInNoPart) {
  ReportFacts facts = facts_about({unknown_user()});
  facts.original_headers = "X: --=_7f3a_mail_example_org_0\r\n--=_7f3a_mail_example_org_1\r\n";
  const Read report(facts);
  ASSERT_EQ(report.root.children.size(), 3U);
  EXPECT_EQ(report.part(2), facts.original_headers);
}

TEST(DeliveryReport, LongFactsAreFolded) {
  ReportFacts facts = facts_about({unknown_user()});
  std::string& reply = facts.recipients[0].remote_reply;
  for (int i = 0; i < 100; ++i) reply += " see  <https://example.net/why>";
  facts.recipients[0].why = std::string(5000, 'w');
  const Read report(facts);
  EXPECT_EQ(report.fields(1)["Diagnostic-Code"], "smtp; " + reply.substr(0, 1000));
  for (const std::string_view line : split(report.part(1), '\n')) EXPECT_LE(line.size(), 80U);
}

TEST(DeliveryReport, BeyondAscii) {
  ReportFacts facts = facts_about({unknown_user()});
  facts.to = "j\xc3\xbcrgen@example.org";
  facts.recipients[0].address =
      "b\xc3\xb6"
      "b@example.net";
  facts.recipients[0].dsn.original_recipient = "utf-8;\xe4\xbe\x8b@example.org";
  facts.recipients[0].remote_reply =
      "550 \xc3\xa7"
      "a non";
  facts.original_headers = "Subject: =?utf-8?q?M=C3=BCnchen?=\r\nX: \xc3\xbc\r\n";
  const Read plain(facts);
  EXPECT_TRUE(is_ascii(plain.bytes));
  auto fields = plain.fields(1);
  EXPECT_EQ(fields["Final-Recipient"], "utf-8; b\\x{F6}b@example.net");
  EXPECT_EQ(fields["Original-Recipient"], "utf-8; \\x{4F8B}@example.org");
  EXPECT_EQ(fields["Diagnostic-Code"], "smtp; 550 ??a non");
  EXPECT_EQ(plain.header("To"), "<j??rgen@example.org>");
  EXPECT_NE(plain.part(0).find("\"M\xc3\xbcnchen\""), std::string::npos) << plain.part(0);
  EXPECT_NE(plain.part(0).find("<b\xc3\xb6"
                               "b@example.net>"),
            std::string::npos);
  EXPECT_EQ(plain.part(2), facts.original_headers);

  facts.utf8 = true;
  const Read wide(facts);
  EXPECT_EQ(wide.type(1), "message/global-delivery-status");
  EXPECT_EQ(wide.type(2), "message/global-headers");
  fields = wide.fields(1);
  EXPECT_EQ(fields["Final-Recipient"],
            "utf-8; b\xc3\xb6"
            "b@example.net");
  EXPECT_EQ(fields["Original-Recipient"], "utf-8; \xe4\xbe\x8b@example.org");
  EXPECT_EQ(fields["Diagnostic-Code"],
            "smtp; 550 \xc3\xa7"
            "a non");
  EXPECT_EQ(wide.header("To"), "<j\xc3\xbcrgen@example.org>");
  EXPECT_EQ(wide.root.encoding, "8bit");
}

TEST(DeliveryReport, HeadersThatAreBroken) {
  ReportFacts facts = facts_about({unknown_user()});
  facts.original_headers = "X: " + std::string(3000, 'x') + "\r\nY: a\rb" + std::string(1, '\0') + "\r\n";
  const Read report(facts);
  EXPECT_EQ(report.root.children[2].encoding, "quoted-printable");
  EXPECT_EQ(report.part(2), facts.original_headers);
}

TEST(DeliveryReport, IsAReplyToTheMessage) {
  const auto reply_to = [](const std::string& id) {
    ReportFacts facts = facts_about({unknown_user()});
    facts.original_headers = "Subject: x\r\nMessage-Id: " + id + "\r\n";
    const Read report(facts);
    EXPECT_EQ(report.header("References"), report.header("In-Reply-To"));
    return report.header("In-Reply-To");
  };
  EXPECT_EQ(reply_to("<1@example.org>"), "<1@example.org>");
  EXPECT_EQ(reply_to("\r\n <1@example.org> (comment)"), "<1@example.org>");
  for (const char* none : {"", "1", "<\"a b\"@c>", "<\"<x>\"@c>", "<\xc3\xbc@c>"})
    EXPECT_EQ(reply_to(none), "(none)");
  EXPECT_EQ(reply_to("<" + std::string(600, 'x') + "@c>"), "(none)");
}

TEST(DeliveryReport, WhatIsSaidOfTheServer) {
  const auto paragraph = [](const char* why, const char* host, const char* reply) {
    ReportedRecipient one = recipient("a@b", Action::delayed, "4.4.1");
    one.why = why;
    one.remote_host = host;
    one.remote_reply = reply;
    const std::string text = Read(facts_about({one})).part(0);
    const std::size_t begin = text.find("<a@b>\r\n") + 7;
    return text.substr(begin, text.find("\r\n\r\n", begin - 2) - begin);
  };
  EXPECT_EQ(paragraph("it is busy", "mx.b", "450 busy"), "    It is busy. The server mx.b said: 450 busy");
  EXPECT_EQ(paragraph("it is busy.", "mx.b", ""), "    It is busy. The server is mx.b.");
  EXPECT_EQ(paragraph("it is busy", "", ""), "    It is busy.");
  EXPECT_EQ(paragraph("", "mx.b", "450 busy"), "    The server mx.b said: 450 busy");
  EXPECT_EQ(paragraph("", "", "450 busy"), "    The answer was: 450 busy");
}

TEST(DeliveryReport, AdviceFitsTheStatus) {
  const auto text = [](const char* status) {
    const Read report(facts_about({recipient("a@b", Action::failed, status)}));
    std::string words = report.part(0);
    for (std::size_t at = 0; (at = words.find("\r\n    ", at)) != std::string::npos;)
      words.replace(at, 6, " ");
    return words;
  };
  EXPECT_NE(text("5.1.10").find("typing mistakes"), std::string::npos);
  EXPECT_NE(text("4.4.1").find("behind the @"), std::string::npos);
  EXPECT_NE(text("5.2.2").find("mailbox is full"), std::string::npos);
  EXPECT_NE(text("5.2.1").find("in another way"), std::string::npos);
  EXPECT_NE(text("5.3.4").find("smaller attachments"), std::string::npos);
  EXPECT_NE(text("5.7.26").find("does not take this message"), std::string::npos);
  EXPECT_NE(text("").find("show this report"), std::string::npos);
}

}  // namespace
}  // namespace postroom::smtp
