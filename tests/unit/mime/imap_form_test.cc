// IMAP's strings.
#include "protocols/mime/imap_form.h"

#include <gtest/gtest.h>

namespace postroom::mime {
namespace {

std::string form(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

TEST(ImapForm, PlainTextIsQuoted) {
  EXPECT_EQ(form(""), "\"\"");
  EXPECT_EQ(form("a b"), "\"a b\"");
  EXPECT_EQ(form("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(form("\t\x7f"), "\"\t\x7f\"");
}

TEST(ImapForm, TheRestIsALiteral) {
  EXPECT_EQ(form("a\r\nb"), "{4}\r\na\r\nb");
  EXPECT_EQ(form("a\rb"), "{3}\r\na\rb");
  EXPECT_EQ(form("é"), "{2}\r\né");
  const std::string longest(1000, 'x'), longer(1001, 'x');
  EXPECT_EQ(form(longest), '"' + longest + '"');
  EXPECT_EQ(form(longer), "{1001}\r\n" + longer);
}

// RFC 3501 9: CHAR8 is any octet but NUL.
TEST(ImapForm, NulsAreReplaced) {
  EXPECT_EQ(form(std::string_view("a\0b", 3)),
            "{3}\r\na\x80"
            "b");
}

TEST(ImapForm, NothingIsNil) {
  std::string out;
  append_nstring(out, std::nullopt);
  append_nstring(out, "");
  EXPECT_EQ(out, "NIL\"\"");
}

}  // namespace
}  // namespace postroom::mime
