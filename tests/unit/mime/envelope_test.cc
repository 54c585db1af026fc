// ENVELOPE (RFC 3501 7.4.2): the RFC's examples, defaults, oddities, bounds.
#include "protocols/mime/envelope.h"

#include <gtest/gtest.h>

#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;
using testing::repeated;

std::string envelope(std::string_view header) { return read_envelope(crlf(header)).wire; }

// RFC 3501 8.
TEST(Envelope, Rfc3501Example) {
  EXPECT_EQ(
      envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\n"
               "From: Terry Gray <gray@cac.washington.edu>\n"
               "Subject: IMAP4rev1 WG mtg summary and minutes\n"
               "To: imap@cac.washington.edu\n"
               "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\n"
               "Message-Id: <B27397-0100000@cac.washington.edu>\n"
               "MIME-Version: 1.0\n"
               "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\n\n"),
      "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" "
      "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
      "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
      "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
      "((NIL NIL \"imap\" \"cac.washington.edu\")) "
      "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
      "\"<B27397-0100000@cac.washington.edu>\")");
}

// RFC 5322 A.1.1, A.2: Sender and Reply-To of their own.
TEST(Envelope, SenderAndReplyToOfTheirOwn) {
  EXPECT_EQ(
      envelope("From: Mary Smith <mary@example.net>\nSender: Michael Jones <mjones@machine.example>\n"
               "To: John Doe <jdoe@machine.example>\n"
               "Reply-To: \"Mary Smith: Personal Account\" <smith@home.example>\nSubject: Re: Saying Hello\n"
               "Date: Fri, 21 Nov 1997 10:01:10 -0600\nMessage-ID: <3456@example.net>\n"
               "In-Reply-To: <1234@local.machine.example>\nReferences: <1234@local.machine.example>\n\n"),
      "(\"Fri, 21 Nov 1997 10:01:10 -0600\" \"Re: Saying Hello\" "
      "((\"Mary Smith\" NIL \"mary\" \"example.net\")) ((\"Michael Jones\" NIL \"mjones\" "
      "\"machine.example\")) "
      "((\"Mary Smith: Personal Account\" NIL \"smith\" \"home.example\")) "
      "((\"John Doe\" NIL \"jdoe\" \"machine.example\")) NIL NIL "
      "\"<1234@local.machine.example>\" \"<3456@example.net>\")");
}

// RFC 5322 A.1.3 and RFC 3501 7.4.2: groups.
TEST(Envelope, Groups) {
  EXPECT_EQ(
      envelope("From: Pete <pete@silly.example>\n"
               "To: A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;\n"
               "Cc: Undisclosed recipients:;\n\n"),
      "(NIL NIL ((\"Pete\" NIL \"pete\" \"silly.example\")) ((\"Pete\" NIL \"pete\" \"silly.example\")) "
      "((\"Pete\" NIL \"pete\" \"silly.example\")) ((NIL NIL \"A Group\" NIL)(\"Ed Jones\" NIL \"c\" "
      "\"a.test\")"
      "(NIL NIL \"joe\" \"where.test\")(\"John\" NIL \"jdoe\" \"one.test\")(NIL NIL NIL NIL)) "
      "((NIL NIL \"Undisclosed recipients\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL)");
}

// RFC 5322 A.6.1, A.6.3.
TEST(Envelope, ObsoleteForms) {
  EXPECT_EQ(
      envelope("From  : John Doe <jdoe@machine(comment).  example>\nTo    : Mary Smith\n  \n   "
               "<@node.test:mary@example.net>\nSubject     : Saying Hello\n"
               "Date  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600\n"
               "Message-ID  : <1234   @   local(blah)  .machine .example>\n\n"),
      "(\"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600\" \"Saying Hello\" "
      "((\"John Doe\" NIL \"jdoe\" \"machine.example\")) ((\"John Doe\" NIL \"jdoe\" \"machine.example\")) "
      "((\"John Doe\" NIL \"jdoe\" \"machine.example\")) ((\"Mary Smith\" \"@node.test\" \"mary\" "
      "\"example.net\")) "
      "NIL NIL NIL \"<1234   @   local(blah)  .machine .example>\")");
}

TEST(Envelope, NothingIsNilAndEmptyIsEmpty) {
  EXPECT_EQ(envelope(""), kEmptyEnvelope);
  EXPECT_EQ(envelope("Date:\nSubject: \nFrom:\nSender: \nReply-To: <>\nTo: ,\nCc: "
                     "(nobody)\nBcc:\nIn-Reply-To:\nMessage-ID:\n"),
            "(\"\" \"\" NIL NIL NIL NIL NIL NIL \"\" \"\")");
}

TEST(Envelope, AnEmptySenderIsTheAuthor) {
  EXPECT_EQ(envelope("From: a@b\nSender: \nReply-To: ;\n\n"),
            "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL "
            "NIL NIL)");
}

// A NIL host would make it a group.
TEST(Envelope, AMissingDomainIsEmpty) {
  EXPECT_EQ(envelope("From: root\n\n").substr(0, 30), "(NIL NIL ((NIL NIL \"root\" \"\"))");
}

TEST(Envelope, FieldsOfOneNameAreOneList) {
  EXPECT_EQ(envelope("To: a@b\nTo: c@d\nSubject: one\nSubject: two\n\n"),
            "(NIL \"one\" NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)");
}

TEST(Envelope, TextIsUnfoldedNotDecoded) {
  EXPECT_EQ(envelope("Subject: =?utf-8?q?a?=\n =?utf-8?q?b?=\n\n").substr(0, 38),
            "(NIL \"=?utf-8?q?a?= =?utf-8?q?b?=\" NIL");
  EXPECT_EQ(envelope("Subject: say \"hi\" \\o/\n\n").substr(0, 32),
            "(NIL \"say \\\"hi\\\" \\\\o/\" NIL NIL N");
  EXPECT_EQ(envelope("Subject: Gr\xC3\xBC\xC3\x9F"
                     "e\n\n")
                .substr(0, 21),
            "(NIL {7}\r\nGr\xC3\xBC\xC3\x9F"
            "e NIL");
}

TEST(Envelope, NulsAreReplaced) {
  EXPECT_EQ(read_envelope(std::string_view("Subject: a\0b\r\n", 14)).wire.substr(0, 16),
            "(NIL {3}\r\na\x80"
            "b NI");
}

TEST(Envelope, TellsTheDateAsWrittenAndCountsReceived) {
  const Envelope result =
      read_envelope(crlf("Received: a\n b\nreceived : c\nX-Received: d\n"
                         "Date: Mon, 23 Nov 2026 23:30:00 -0800\nReceived: e\n\nReceived: f\n"));
  EXPECT_EQ(result.received_count, 3);
  EXPECT_EQ(result.sent_date, 1795417200 + 16 * 3600 + 1800);
  EXPECT_EQ(read_envelope("Date: never\r\n").sent_date, 0);
}

TEST(Envelope, TellsTheMessageId) {
  EXPECT_EQ(read_envelope("Message-ID: (c)\r\n <One@a.example>\r\nMessage-ID: <two@b>\r\n").message_id,
            "One@a.example");
  EXPECT_EQ(read_envelope("Message-ID: none\r\n").message_id, "");
  EXPECT_EQ(read_envelope("Subject: <one@a>\r\n").message_id, "");
}

TEST(Envelope, IsBounded) {
  for (const char* name : {"From: ", "To: ", "Reply-To: ", "Subject: ", "In-Reply-To: "}) {
    const std::string wire = read_envelope(name + repeated("a@b,", 250'000) + "\r\n").wire;
    EXPECT_LE(wire.size(), kMaxEnvelope) << name;
    EXPECT_GE(wire.size(), kMaxEnvelopeField) << name;
    EXPECT_EQ(wire.back(), ')');
  }
  std::string all;
  for (const char* name :
       {"Date", "Subject", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "In-Reply-To", "Message-ID"})
    all += std::string(name) + ": " + repeated("\"\\\\\\\"\xC3\xBC\" <a@b>,", 10'000) + "\r\n";
  EXPECT_LE(read_envelope(all).wire.size(), kMaxEnvelope);
}

TEST(Envelope, AClippedGroupIsEnded) {
  const std::string wire = read_envelope("From: g:" + repeated("a@b,", 10'000) + ";\r\n").wire;
  EXPECT_NE(wire.find("(NIL NIL NIL NIL)) ("), std::string::npos);
  EXPECT_LE(wire.size(), 4 * kMaxEnvelopeField);
}

TEST(Envelope, ClippedTextIsStillUtf8) {
  const std::string wire = read_envelope("Subject: a" + repeated("€", 5'000) + "\r\n").wire;
  EXPECT_NE(wire.find("{4096}\r\n"), std::string::npos) << wire.substr(0, 40);
}

}  // namespace
}  // namespace postroom::mime
