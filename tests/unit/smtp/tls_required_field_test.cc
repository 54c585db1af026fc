// protocols/smtp/tls_required_field.h
#include "protocols/smtp/tls_required_field.h"

#include <gtest/gtest.h>

namespace postroom::smtp {
namespace {

/// The same in pieces of every size.
bool is_no(std::string_view message) {
  TlsRequiredField whole;
  whole.feed(message);
  for (std::size_t size = 1; size < message.size(); ++size) {
    TlsRequiredField field;
    for (std::size_t at = 0; at < message.size(); at += size) field.feed(message.substr(at, size));
    EXPECT_EQ(field.is_no(), whole.is_no()) << size;
  }
  return whole.is_no();
}

TEST(TlsRequiredField, No) {
  EXPECT_TRUE(is_no("TLS-Required: No\r\n\r\nhello\r\n"));
  EXPECT_TRUE(is_no("Subject: x\r\ntls-required:no\r\nTo: y\r\n\r\n"));
  EXPECT_TRUE(is_no("TLS-Required:\r\n  No \r\nTo: y\r\n\r\n"));
  EXPECT_TRUE(is_no("Subject: x\r\nTLS-Required: No")) << "a message that ends with it";
}

TEST(TlsRequiredField, NothingElseIs) {
  for (const char* message :
       {"", "Subject: x\r\n\r\nTLS-Required: No\r\n", "TLS-Required: Yes\r\n\r\n", "TLS-Required:\r\n\r\n",
        "TLS-Required: No, thanks\r\n\r\n", "TLS-Required: No\r\n more\r\n\r\n", "X-TLS-Required: No\r\n\r\n",
        "Subject: x\r\n TLS-Required: No\r\n\r\n", "no field\r\nTLS-Required: No\r\n\r\n"})
    EXPECT_FALSE(is_no(message)) << message;
  EXPECT_FALSE(is_no("TLS-Required: " + std::string(TlsRequiredField::kMost, ' ') + "No\r\n\r\n"));
}

// RFC 8689 3: it must not be there twice.
TEST(TlsRequiredField, TwoOfThemSayNothing) {
  EXPECT_FALSE(is_no("TLS-Required: No\r\nTLS-Required: No\r\n\r\n"));
  EXPECT_FALSE(is_no("TLS-Required: Yes\r\nSubject: x\r\nTLS-Required: No\r\n\r\n"));
}

}  // namespace
}  // namespace postroom::smtp
