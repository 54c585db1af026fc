// RFC 3501 5.1.3.
#include "protocols/imap/modified_utf7.h"

#include <gtest/gtest.h>

namespace postroom::imap {
namespace {

using namespace std::string_view_literals;

struct Pair {
  std::string_view encoded;
  std::string_view utf8;
};

class ModifiedUtf7 : public testing::TestWithParam<Pair> {};

TEST_P(ModifiedUtf7, GoesBothWays) {
  EXPECT_EQ(decode_modified_utf7(GetParam().encoded), GetParam().utf8);
  EXPECT_EQ(encode_modified_utf7(GetParam().utf8), GetParam().encoded);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ModifiedUtf7,
    testing::Values(Pair{"", ""}, Pair{"INBOX", "INBOX"}, Pair{"A&-B", "A&B"}, Pair{"&-&-", "&&"},
                    // The example of RFC 3501 5.1.3.
                    Pair{"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e"},
                    Pair{"Entw&APw-rfe", "Entw\u00fcrfe"}, Pair{"&AOk-", "\u00e9"},
                    Pair{"&AOkA6Q-", "\u00e9\u00e9"}, Pair{"&AOkA6QDp-", "\u00e9\u00e9\u00e9"},
                    Pair{"&2D3eAA-", "\U0001f600"}, Pair{"&AOnYPd4A-", "\u00e9\U0001f600"},
                    Pair{"&AAA-", "\0"sv}, Pair{"&AAkACg-", "\t\n"}, Pair{"&,,8-", "\uffff"},
                    Pair{"&2,,f,w-", "\U0010ffff"}, Pair{"&AH8-", "\x7f"}));

class NotModifiedUtf7 : public testing::TestWithParam<std::string_view> {};

TEST_P(NotModifiedUtf7, IsRefused) { EXPECT_EQ(decode_modified_utf7(GetParam()), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(Names, NotModifiedUtf7,
                         testing::Values("&"sv, "A&"sv, "&AOk"sv, "&AOk/"sv,  // not closed
                                         "\xc3\xa9"sv, "a\tb"sv, "\x7f"sv,    // not printable ASCII
                                         "&Jjo!-"sv, "&U/BTFw-"sv,            // not its base64
                                         "&AGE-"sv, "&ACY-"sv,    // "a" and "&" have forms of their own
                                         "&U,BTFw-&ZeVnLIqe-"sv,  // RFC 3501: superfluous shift
                                         "&AO-"sv, "&A-"sv, "&AOkA-"sv,  // bits left over
                                         "&AOl-"sv,                      // padding that is not zero
                                         "&2D0-"sv, "&3gA-"sv, "&2D0A6Q-"sv, "&3gDYPQ-"sv));  // half a pair

}  // namespace
}  // namespace postroom::imap
