// PartIndex: sections of RFC 3501 6.4.5, and bytes that are not an index.
#include "protocols/mime/part_index.h"

#include <gtest/gtest.h>

#include "protocols/mime/facts.h"
#include "tests/unit/mime/message_text.h"

namespace postroom::mime {
namespace {

using testing::crlf;
using Section = PartIndex::Section;

// The message of RFC 3501 6.4.5. Each part's body is its number.
const std::string kMessage = crlf(
    "Subject: outer\nContent-Type: multipart/mixed; boundary=a\n\n"
    "--a\n\n1\n"
    "--a\nContent-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\n2\n"
    "--a\nContent-Type: message/rfc822\n\nSubject: three\nContent-Type: multipart/mixed; boundary=b\n\n"
    "--b\nX: 3.1\n\n3.1\n--b\nContent-Type: application/octet-stream\n\n3.2\n--b--\n"
    "--a\nContent-Type: multipart/mixed; boundary=c\n\n"
    "--c\nContent-Type: image/gif\n\n4.1\n"
    "--c\nContent-Type: message/rfc822\n\nSubject: four two\nContent-Type: multipart/mixed; boundary=d\n\n"
    "--d\n\n4.2.1\n--d\nContent-Type: multipart/alternative; boundary=e\n\n"
    "--e\nContent-Type: text/plain; charset=UTF-8\n\n4.2.2.1\n"
    "--e\nContent-Type: text/richtext\nContent-Disposition: INLINE; filename*=utf-8''%c3%a4.txt\n\n4.2.2.2\n"
    "--e--\n--d--\n--c--\n--a--\n");

PartIndex index_of(std::string_view message) {
  const auto index = PartIndex::parse(facts_of(message).parts);
  EXPECT_TRUE(index);
  return index.value_or(PartIndex());
}

using Path = std::vector<std::uint32_t>;

std::string bytes(std::string_view message, const Path& path, Section section) {
  const auto range = index_of(message).find(path, section);
  return range ? std::string(message.substr(range->offset, range->size)) : "(none)";
}
std::string whole(const Path& path) { return bytes(kMessage, path, Section::whole); }
std::string header(const Path& path) { return bytes(kMessage, path, Section::header); }
std::string text(const Path& path) { return bytes(kMessage, path, Section::text); }
std::string mime(const Path& path) { return bytes(kMessage, path, Section::mime); }

TEST(PartIndex, TheMessageItself) {
  EXPECT_EQ(whole({}), kMessage);
  EXPECT_EQ(header({}), crlf("Subject: outer\nContent-Type: multipart/mixed; boundary=a\n\n"));
  EXPECT_EQ(header({}) + text({}), kMessage);
  EXPECT_EQ(mime({}), "(none)");
}

TEST(PartIndex, PartsByNumber) {
  EXPECT_EQ(whole({1}), "1");
  EXPECT_EQ(whole({2}), "2");
  EXPECT_EQ(whole({3, 1}), "3.1");
  EXPECT_EQ(whole({3, 2}), "3.2");
  EXPECT_EQ(whole({4, 1}), "4.1");
  EXPECT_EQ(whole({4, 2, 1}), "4.2.1");
  EXPECT_EQ(whole({4, 2, 2, 1}), "4.2.2.1");
  EXPECT_EQ(whole({4, 2, 2, 2}), "4.2.2.2");
  EXPECT_EQ(whole({3}), header({3}) + text({3}));
  EXPECT_EQ(whole({4}).substr(0, 5), "--c\r\n");
}

TEST(PartIndex, PartsThatAreNotThere) {
  for (const Path& path : {Path{0}, Path{5}, Path{1, 1}, Path{2, 1}, Path{3, 3}, Path{3, 0}, Path{3, 1, 1},
                           Path{4, 3}, Path{4, 1, 1}, Path{4, 2, 2, 3}, Path{4294967295}})
    for (const Section section : {Section::whole, Section::header, Section::text, Section::mime})
      EXPECT_EQ(bytes(kMessage, path, section), "(none)");
}

TEST(PartIndex, HeaderAndTextAreOfMessagesOnly) {
  EXPECT_EQ(header({3}), crlf("Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n"));
  EXPECT_EQ(text({3}).substr(0, 5), "--b\r\n");
  EXPECT_EQ(header({4, 2}).substr(0, 17), "Subject: four two");
  for (const Path& path : {Path{1}, Path{2}, Path{4}, Path{3, 1}, Path{4, 2, 2}}) {
    EXPECT_EQ(header(path), "(none)");
    EXPECT_EQ(text(path), "(none)");
  }
}

TEST(PartIndex, MimeIsAPartsOwnHeader) {
  EXPECT_EQ(mime({1}), "\r\n");
  EXPECT_EQ(mime({3}), crlf("Content-Type: message/rfc822\n\n"));
  EXPECT_EQ(mime({3, 1}), crlf("X: 3.1\n\n"));
  EXPECT_EQ(mime({4, 1}), crlf("Content-Type: image/gif\n\n"));
}

TEST(PartIndex, AMessageThatIsNoMultipartIsItsOwnPartOne) {
  const std::string message = "Subject: x\r\n\r\nbody";
  EXPECT_EQ(bytes(message, {1}, Section::whole), "body");
  EXPECT_EQ(bytes(message, {1}, Section::mime), "Subject: x\r\n\r\n");
  EXPECT_EQ(bytes(message, {1}, Section::header), "(none)");
  EXPECT_EQ(bytes(message, {2}, Section::whole), "(none)");
  EXPECT_EQ(bytes(message, {1, 1}, Section::whole), "(none)");
}

TEST(PartIndex, AMessageInAMessage) {
  const std::string message = "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody";
  EXPECT_EQ(bytes(message, {1}, Section::whole), "Subject: in\r\n\r\nbody");
  EXPECT_EQ(bytes(message, {1}, Section::header), "Subject: in\r\n\r\n");
  EXPECT_EQ(bytes(message, {1}, Section::text), "body");
  EXPECT_EQ(bytes(message, {1, 1}, Section::whole), "body");
  EXPECT_EQ(bytes(message, {1, 1}, Section::mime), "Subject: in\r\n\r\n");
  EXPECT_EQ(bytes(message, {1, 1, 1}, Section::whole), "(none)");
}

TEST(PartIndex, ListsTheLeaves) {
  std::string leaves;
  const PartIndex index = index_of(kMessage);
  for (const PartIndex::Entry& entry : index.entries())
    if (entry.kind == Part::Kind::leaf)
      leaves += kMessage.substr(entry.body.offset, entry.body.size) + '=' + entry.type + ' ';
  EXPECT_EQ(
      leaves,
      "1=text/plain 2=application/octet-stream 3.1=text/plain 3.2=application/octet-stream 4.1=image/gif "
      "4.2.1=text/plain 4.2.2.1=text/plain 4.2.2.2=text/richtext ");
}

TEST(PartIndex, DescribesParts) {
  const PartIndex index = index_of(kMessage);
  const PartIndex::Entry* attachment = index.part(Path{2});
  ASSERT_TRUE(attachment);
  EXPECT_EQ(attachment->encoding, Encoding::base64);
  EXPECT_EQ(attachment->filename, "a.bin");
  EXPECT_EQ(attachment->charset, "");
  const PartIndex::Entry* plain = index.part(Path{4, 2, 2, 1});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->charset, "utf-8");
  const PartIndex::Entry* rich = index.part(Path{4, 2, 2, 2});
  ASSERT_TRUE(rich);
  EXPECT_EQ(rich->disposition, "inline");
  EXPECT_EQ(rich->filename, "ä.txt");
}

TEST(PartIndex, IsReadBackAsItWas) {
  StructureParser parser;
  parser.feed(kMessage);
  const PartIndex index(parser.finish());
  const auto again = PartIndex::parse(index.serialise());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->entries(), index.entries());
}

TEST(PartIndex, IsSmall) { EXPECT_LE(facts_of("Subject: x\r\n\r\nbody").parts.size(), 24U); }

TEST(PartIndex, OtherBytesAreNone) {
  const std::string bytes = facts_of(kMessage).parts;
  EXPECT_FALSE(PartIndex::parse(""));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(PartIndex::parse(bytes.substr(0, size)));
  EXPECT_FALSE(PartIndex::parse(bytes + 'x'));
  EXPECT_FALSE(PartIndex::parse("\x02" + bytes.substr(1)));
  // Whatever is changed, what is still taken is a tree within bounds: asking it anything is safe.
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int bit : {1, 2, 16, 128}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      const auto index = PartIndex::parse(changed);
      if (!index) continue;
      for (const PartIndex::Entry& entry : index->entries()) EXPECT_LE(entry.end, index->entries().size());
      for (std::uint32_t a = 0; a < 6; ++a)
        for (std::uint32_t b = 0; b < 6; ++b) index->find(Path{a, b}, Section::header);
    }
  }
}

TEST(PartIndex, AnEmptyIndexHasNothing) {
  EXPECT_FALSE(PartIndex().find({}, Section::whole));
  EXPECT_FALSE(PartIndex().part(Path{1}));
}

}  // namespace
}  // namespace postroom::mime
