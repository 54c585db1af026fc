// What senders ask for with MAIL and RCPT, read and written.
#include "protocols/smtp/dsn_parameters.h"

#include <gtest/gtest.h>

#include "protocols/smtp/extension.h"
#include "protocols/smtp/xtext.h"

namespace postroom::smtp {
namespace {

std::string error_of(const Cursor& in) {
  return "error " + std::to_string(in.error()->code()) + " " + in.error()->status();
}

/// The parameters of a MAIL command as a client would write them again, or "error CODE STATUS".
std::string mail(std::string_view parameters) {
  Cursor in(parameters);
  MailArguments arguments;
  read_parameters(in, arguments);
  return in.error() ? error_of(in) : mail_parameters(arguments.dsn);
}

/// The same for RCPT; `dsn` is what was read.
std::string rcpt(std::string_view parameters, RecipientDsn& dsn, bool utf8 = false) {
  Cursor in(parameters);
  RcptArguments arguments;
  read_parameters(in, arguments);
  dsn = arguments.dsn;
  return in.error() ? error_of(in) : recipient_parameters(dsn, utf8);
}
std::string rcpt(std::string_view parameters, bool utf8 = false) {
  RecipientDsn dsn;
  return rcpt(parameters, dsn, utf8);
}

std::string original_recipient(const std::string& value) {
  RecipientDsn dsn;
  const std::string written = rcpt(" ORCPT=" + value, dsn);
  return written.starts_with("error") ? written : dsn.original_recipient;
}

constexpr const char* kWrong = "error 501 5.5.4";

TEST(DsnParameters, NothingAskedForIsNothingWritten) {
  EXPECT_EQ(mail(""), "");
  EXPECT_EQ(rcpt(""), "");
}

TEST(DsnParameters, Ret) {
  EXPECT_EQ(mail(" RET=FULL"), " RET=FULL");
  EXPECT_EQ(mail(" RET=hdrs"), " RET=HDRS");
  for (const char* bad : {" RET", " RET=HEADERS", " RET=FULL RET=FULL", " RET=HDRS RET=FULL"})
    EXPECT_EQ(mail(bad), kWrong) << bad;
}

TEST(DsnParameters, EnvelopeId) {
  EXPECT_EQ(mail(" ENVID=QQ314159 RET=HDRS"), " RET=HDRS ENVID=QQ314159");
  EXPECT_EQ(mail(" ENVID=a+20b+3Dc+2B"), " ENVID=a+20b+3Dc+2B");
  EXPECT_EQ(mail(" ENVID=+41"), " ENVID=A");
  EXPECT_EQ(mail(" ENVID=+3d"), " ENVID=+3D");
  const std::string longest(100, 'x');
  EXPECT_EQ(mail(" ENVID=" + longest), " ENVID=" + longest);
  EXPECT_EQ(mail(" ENVID=" + longest + "x"), kWrong);
  for (const char* bad :
       {" ENVID", " ENVID=", " ENVID=a+", " ENVID=a+4", " ENVID=a+4G", " ENVID=a+0Ab", " ENVID=+0D",
        " ENVID=+7F", " ENVID=+C3+BC", " ENVID=\xc3\xbc", " ENVID=a ENVID=b", " ENVID=a=b"})
    EXPECT_EQ(mail(bad), kWrong) << bad;
}

TEST(DsnParameters, Notify) {
  EXPECT_EQ(rcpt(" NOTIFY=NEVER"), " NOTIFY=NEVER");
  EXPECT_EQ(rcpt(" NOTIFY=success"), " NOTIFY=SUCCESS");
  EXPECT_EQ(rcpt(" NOTIFY=DELAY,Failure,SUCCESS"), " NOTIFY=SUCCESS,FAILURE,DELAY");
  EXPECT_EQ(rcpt(" NOTIFY=DELAY,DELAY"), " NOTIFY=DELAY");
  for (const char* bad : {" NOTIFY", " NOTIFY=ALWAYS", " NOTIFY=NEVER,DELAY", " NOTIFY=DELAY,NEVER",
                          " NOTIFY=,", " NOTIFY=DELAY,", " NOTIFY=,DELAY", " NOTIFY=NEVER NOTIFY=NEVER",
                          " NOTIFY=DELAY NOTIFY=FAILURE", " NOTIFY=DELAY;FAILURE"})
    EXPECT_EQ(rcpt(bad), kWrong) << bad;
}

TEST(DsnParameters, NeverIsNoCondition) {
  RecipientDsn dsn;
  rcpt(" NOTIFY=NEVER", dsn);
  EXPECT_TRUE(dsn.notify.never());
  RecipientDsn wrong;
  rcpt(" NOTIFY=SUCCESS,NEVER", wrong);
  EXPECT_EQ(wrong.notify, Notify());
}

TEST(DsnParameters, OriginalRecipient) {
  EXPECT_EQ(original_recipient("rfc822;alice@example.org"), "rfc822;alice@example.org");
  EXPECT_EQ(original_recipient("rfc822;a+2Bb+3Dc+20d@x"), "rfc822;a+b=c d@x");
  EXPECT_EQ(original_recipient("X400;/c+3DUS/"), "X400;/c=US/");
  EXPECT_EQ(original_recipient("rfc822;a;b"), "rfc822;a;b");
  EXPECT_EQ(rcpt(" ORCPT=RFC822;a+2Bb@x NOTIFY=DELAY"), " NOTIFY=DELAY ORCPT=RFC822;a+2Bb@x");
  const std::string longest = "rfc822;" + std::string(493, 'x');
  EXPECT_EQ(original_recipient(longest), longest);
  EXPECT_EQ(original_recipient(longest + "x"), kWrong);
  for (const char* bad :
       {"", "rfc822", "rfc822;", ";alice@example.org", "rfc 822;a@x", "rfc@822;a@x", "rfc822;a+b@x",
        "rfc822;a+0D+0Ab", "rfc822;+C3+BC@x", "rfc822;\xc3\xbc@x", "r\xc3\xbc;a@x",
        "rfc822;a@x ORCPT=rfc822;a@x", "rfc822;a@x NOTIFY=NEVER ORCPT=rfc822;b@x"})
    EXPECT_EQ(original_recipient(bad), kWrong) << bad;
}

TEST(DsnParameters, OriginalRecipientBeyondAscii) {
  constexpr const char* kDecoded = "utf-8;J\xc3\xbcrgen@\xe4\xbe\x8b.example";
  EXPECT_EQ(original_recipient("utf-8;J\xc3\xbcrgen@\xe4\xbe\x8b.example"), kDecoded);
  EXPECT_EQ(original_recipient("utf-8;J\\x{FC}rgen@\\x{4F8B}.example"), kDecoded);
  EXPECT_EQ(original_recipient("utf-8;J+C3+BCrgen@\\x{4f8b}.example"), kDecoded);
  EXPECT_EQ(original_recipient("UTF-8;\\x{1F600}@x"), "UTF-8;\xf0\x9f\x98\x80@x");
  EXPECT_EQ(original_recipient("utf-8;a\\x{5C}b\\x{20}\\x{3D}"), "utf-8;a\\b =");
  for (const char* bad : {"utf-8;", "utf-8;a\\b", "utf-8;\\x{}", "utf-8;\\x{F}", "utf-8;\\x{FC",
                          "utf-8;\\x{00000FC}", "utf-8;\\x{110000}", "utf-8;\\x{D800}", "utf-8;\\x{0A}",
                          "utf-8;\\x{7F}", "utf-8;+C3", "utf-8;\xc3", "utf-8;\\x{GG}"})
    EXPECT_EQ(original_recipient(bad), kWrong) << bad;
}

TEST(DsnParameters, WhatGoesToServersWithoutUtf8IsAscii) {
  RecipientDsn dsn;
  dsn.original_recipient = "utf-8;J\xc3\xbcrgen+=\\ \xf0\x9f\x98\x80@x";
  EXPECT_EQ(recipient_parameters(dsn, true),
            " ORCPT=utf-8;J\xc3\xbcrgen\\x{2B}\\x{3D}\\x{5C}\\x{20}\xf0\x9f\x98\x80@x");
  EXPECT_EQ(recipient_parameters(dsn, false),
            " ORCPT=utf-8;J\\x{FC}rgen\\x{2B}\\x{3D}\\x{5C}\\x{20}\\x{1F600}@x");
}

TEST(DsnParameters, WhatGrewTooLongIsLeftOut) {
  RecipientDsn dsn;
  dsn.notify.said = true;
  dsn.original_recipient = "utf-8;";
  for (int i = 0; i < 200; ++i) dsn.original_recipient += "\xc3\xbc";
  EXPECT_EQ(recipient_parameters(dsn, false), " NOTIFY=NEVER");
  EXPECT_EQ(recipient_parameters(dsn, true), " NOTIFY=NEVER ORCPT=" + dsn.original_recipient);
}

TEST(Xtext, EveryByteComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = xtext_encode(all);
  for (const char c : encoded) EXPECT_TRUE(c > ' ' && c < 0x7f && c != '=') << c;
  EXPECT_EQ(xtext_decode(encoded), all);
}

TEST(Unitext, BytesThatAreNoUtf8AreNotWritten) {
  EXPECT_EQ(unitext_encode("a\xff\xc3", Unitext::utf8), "a??");
  EXPECT_EQ(unitext_encode("\xed\xa0\x80", Unitext::ascii), "???");
}

}  // namespace
}  // namespace postroom::smtp
