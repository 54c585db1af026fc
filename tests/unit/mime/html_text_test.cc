// What is seen of HTML.
#include "protocols/mime/html_text.h"

#include <gtest/gtest.h>

namespace postroom::mime {
namespace {

std::string seen(std::string_view html, std::size_t piece = std::string_view::npos) {
  HtmlText text;
  std::string out;
  for (; !html.empty(); html.remove_prefix(std::min(piece, html.size())))
    text.feed(html.substr(0, piece), out);
  text.finish(out);
  return out;
}

struct Case {
  const char* html;
  const char* text;
};

constexpr Case kCases[] = {
    {"", ""},
    {"plain text", "plain text"},
    {"<p>one</p>\r\n  <p>two</p>", "one two"},
    {"in<b>vo</b>ice<br>due", "invoice due"},
    {"<td>a</td><td>b</td>", "a b"},
    {"Gr&uuml;&szlig;e &amp; K&#252;sse &#x1F600;", "Grüße & Küsse \xF0\x9F\x98\x80"},
    {"a&nbsp;b&#160;&nbsp; c", "a b c"},
    {"fish &chips; AT&T R&D; &", "fish &chips; AT&T R&D; &"},
    {"&copy 2025 &lt", "\xC2\xA9 2025 <"},
    {"&#0;&#xD800;&#9999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"a <!-- no -- <b> > --> b", "a b"},
    {"<!DOCTYPE html><?xml version='1.0'?>x", "x"},
    {"<style>p > a {}</style>x<SCRIPT src='a'>if (a < b) '</scrip>'</Script >y", "x y"},
    {"<a title=\"a > b\" href='x'>link</a>", "link"},
    {"don't <i class=a'b>worry</i>", "don't worry"},
    {"1 < 2 <3 > 2", "1 < 2 <3 > 2"},
    {"ends with <", "ends with <"},
    {"<a", ""},
    {"Stra\xC3\x9F<wbr/>e", "Straße"},
};

TEST(HtmlText, IsWhatIsSeen) {
  for (const Case& one : kCases)
    for (const std::size_t piece : {1u, 2u, 7u, 1000u})
      EXPECT_EQ(seen(one.html, piece), one.text) << one.html;
}

// Hostile text costs no more than its length.
TEST(HtmlText, TakesConstantMemory) {
  for (const char* unit : {"<", "&", "<a ", "<a b='", "<!--", "<script>", "</"}) {
    std::string html;
    while (html.size() < 1'000'000) html += unit;
    EXPECT_LE(seen(html).size(), html.size()) << unit;
  }
}

}  // namespace
}  // namespace postroom::mime
