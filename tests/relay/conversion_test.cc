// Messages that hold more than the next server takes: RFC 6152 3, RFC 3030 3, RFC 5321 4.5.3.1.6.
#include "protocols/mime/form_scan.h"
#include "protocols/mime/transfer.h"
#include "tests/relay/world.h"

namespace postroom::testing {
namespace {

const std::string kAlice = "alice@example.org";
const std::string kCarol = "carol@one.example";
const std::string kMime = "Subject: message 1.\r\nMIME-Version: 1.0\r\n";

class RelayConversion : public ::testing::Test {
 protected:
  RelayConversion() { world.start(); }

  /// What the server took of it.
  Receiver::Taken sent(const std::string& content) {
    world.send_content(kAlice, kCarol, content);
    world.pass(seconds(5));
    EXPECT_EQ(world.queued(), 0u);
    EXPECT_EQ(receiver.taken.size(), 1u);
    return receiver.taken.empty() ? Receiver::Taken() : receiver.taken.front();
  }
  /// Nothing; this is what the sender was told.
  std::string returned(const std::string& content) {
    world.send_content(kAlice, kCarol, content);
    world.pass(seconds(5));
    EXPECT_EQ(world.queued(), 0u);
    EXPECT_EQ(receiver.taken.size(), 0u);
    const std::vector<std::string> inbox = world.inbox(kAlice);
    EXPECT_EQ(inbox.size(), 1u);
    return inbox.empty() ? std::string() : inbox.front();
  }

  RelayWorld world;
  Receiver& receiver = world.domain("one.example");
};

const std::string kUmlaut = kMime + "Content-Type: text/plain; charset=utf-8\r\n\r\nf\xc3\xbcr dich\r\n";

TEST_F(RelayConversion, EightBitTextGoesAsItIsWhereItCan) {
  const Receiver::Taken taken = sent(kUmlaut);
  EXPECT_EQ(taken.content, kUmlaut);
  EXPECT_NE(taken.parameters.find("BODY=8BITMIME"), std::string::npos);
}

TEST_F(RelayConversion, EightBitTextIsEncodedForAServerWithout8bitmime) {
  receiver.abilities = {"PIPELINING", "SIZE"};
  const Receiver::Taken taken = sent(kUmlaut);
  EXPECT_EQ(taken.content, kMime +
                               "Content-Type: text/plain; charset=utf-8\r\n"
                               "Content-Transfer-Encoding: quoted-printable\r\n\r\nf=C3=BCr dich\r\n");
  EXPECT_EQ(taken.parameters, "") << "neither BODY nor a SIZE that is not true";
}

TEST_F(RelayConversion, AsciiNeedsNothing) {
  receiver.abilities = {"SIZE"};
  const std::string text = kMime + "Content-Transfer-Encoding: 8bit\r\n\r\nhello\r\n";
  EXPECT_EQ(sent(text).content, text);
}

TEST_F(RelayConversion, LargeMessagesPassInPieces) {
  receiver.abilities = {};
  std::string content = kMime + "Content-Type: a/b\r\n\r\n";
  for (int i = 0; i < 30'000; ++i) content += "line \xc3\xbc " + std::to_string(i) + "\r\n";
  const Receiver::Taken taken = sent(content);
  EXPECT_EQ(mime::form_of(taken.content), ContentForm());
  const std::string body = taken.content.substr(taken.content.find("\r\n\r\n") + 4);
  EXPECT_EQ(mime::decode(mime::Encoding::base64, body), content.substr(content.find("\r\n\r\n") + 4));
}

TEST_F(RelayConversion, SignedMailIsReturned) {
  receiver.abilities = {};
  const std::string report =
      returned(kMime +
               "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\xc3\xbc\r\n"
               "--s\r\n\r\nx\r\n--s--\r\n");
  EXPECT_NE(report.find("Status: 5.6.3"), std::string::npos) << report;
  EXPECT_NE(report.find("signed or encrypted"), std::string::npos) << report;
}

const std::string kBinary =
    kMime + "Content-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\n" + std::string("\0\n\r\xff", 4);

TEST_F(RelayConversion, BinaryContentGoesByBdatWhereItCan) {
  receiver.abilities.insert(receiver.abilities.end(), {"CHUNKING", "BINARYMIME"});
  const Receiver::Taken taken = sent(kBinary);
  EXPECT_EQ(taken.content, kBinary);
  EXPECT_NE(taken.parameters.find("BODY=BINARYMIME"), std::string::npos);
}

TEST_F(RelayConversion, BinaryContentIsEncodedElsewhere) {
  receiver.abilities.emplace_back("BINARYMIME");  // worth nothing without CHUNKING
  EXPECT_EQ(sent(kBinary).content,
            kMime + "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nAAoN/w==\r\n");
}

TEST_F(RelayConversion, LongLinesAreBroken) {
  const std::string head = kMime + "Content-Type: text/plain\r\n";
  EXPECT_EQ(sent(head + "\r\n" + std::string(1000, 'x') + "\r\n").content.substr(0, head.size() + 20),
            head + "Content-Transfer-Enc");
  EXPECT_FALSE(mime::form_of(receiver.taken[0].content).long_lines);
}

TEST_F(RelayConversion, ALongLineOfSignedMailGoesAsItIs) {
  const std::string content = "DKIM-Signature: v=1\r\n" + kMime + "\r\n" + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(sent(content).content, content);
}

}  // namespace
}  // namespace postroom::testing
