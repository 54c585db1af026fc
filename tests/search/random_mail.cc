#include "tests/search/random_mail.h"

#include "base/text.h"

namespace postroom::testing {

namespace {

using Dice = std::mt19937_64;

template <class T>
const T& one_of(const std::vector<T>& all, Dice& dice) {
  return all[dice() % all.size()];
}

std::string words(Dice& dice, std::size_t most) {
  std::string text;
  for (std::size_t count = dice() % most + 1; count > 0; --count) {
    text += one_of(mail_words(), dice);
    text += dice() % 9 == 0 ? "" : dice() % 9 == 0 ? "\t" : " ";
  }
  return text;
}

std::string base64_lines(const std::string& text) {
  const std::string all = base64_encode(text);
  std::string lines;
  for (std::size_t at = 0; at < all.size(); at += 76) lines += all.substr(at, 76) + "\r\n";
  return lines;
}

std::string quoted_printable(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 33 && byte < 127 && c != '=';
    out += plain ? std::string(1, c) : std::string{'=', kHex[byte >> 4], kHex[byte & 15]};
    if (++column % 20 == 0) out += "=\r\n";
  }
  return out;
}

std::string field(const char* name, Dice& dice) {
  std::string text = words(dice, 6);
  if (dice() % 2 == 0)
    text = "=?utf-8?b?" + base64_encode(text) + "?=" + (dice() % 2 == 0 ? "\r\n tail" : " tail");
  return std::string(name) + ": " + text + "\r\n";
}

std::string html_of(const std::string& text, Dice& dice) {
  std::string out = "<html><style>p { a }</style><p>";
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == ' ' && dice() % 4 == 0)
      out += dice() % 2 == 0 ? "</p>\r\n<p>" : "&nbsp;";
    else
      out += c;
    if (static_cast<unsigned char>(c) < 0x80 && dice() % 20 == 0) out += "<b></b>";
  }
  return out + "</p>";
}

std::string leaf(Dice& dice) {
  std::string text = words(dice, 60);
  std::string type = "text/plain";
  if (dice() % 3 == 0) {
    type = "text/html";
    text = html_of(text, dice);
  }
  std::string head = "Content-Type: " + type + "; charset=utf-8";
  if (dice() % 3 == 0) head += "; name=\"" + one_of(mail_words(), dice) + ".txt\"";
  head += "\r\n" + (dice() % 4 == 0 ? field("Content-Description", dice) : std::string());
  if (dice() % 6 == 0) {
    return "Content-Type: application/octet-stream; name*=utf-8''%C3%9Cber.bin\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\n" +
           base64_lines(text);
  }
  switch (dice() % 3) {
    case 0: return head + "Content-Transfer-Encoding: base64\r\n\r\n" + base64_lines(text);
    case 1:
      return head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(text) + "\r\n";
    default: return head + "\r\n" + text + "\r\n";
  }
}

std::string part(Dice& dice, int depth) {
  if (depth == 0 || dice() % 2 == 0) return leaf(dice);
  if (dice() % 3 == 0)
    return "Content-Type: message/rfc822\r\n\r\n" + field("Subject", dice) + part(dice, depth - 1);
  const std::string boundary = "b" + std::to_string(depth);
  std::string all = "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n";
  for (std::size_t count = 1 + dice() % 3; count > 0; --count)
    all += "--" + boundary + "\r\n" + part(dice, depth - 1);
  return all + "--" + boundary + "--\r\n";
}

/// A part of what words make, as a literal.
std::string needle(Dice& dice) {
  std::string text = words(dice, 3);
  const auto whole = [&](std::size_t at) {
    return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
  };
  std::size_t begin = dice() % text.size();
  while (!whole(begin)) --begin;
  std::size_t end = begin + 1 + dice() % 12;
  while (!whole(end)) ++end;
  text = text.substr(begin, end - begin);
  if (dice() % 3 == 0) text = upper(text);
  return "{" + std::to_string(text.size()) + "+}\r\n" + text;
}

std::string key(Dice& dice, int depth) {
  static const std::vector<std::string> named = {"TEXT", "TEXT",    "TEXT",         "BODY",
                                                 "BODY", "FROM",    "TO",           "CC",
                                                 "BCC",  "SUBJECT", "HEADER x-tag", "HEADER Subject"};
  const auto choice = depth == 0 ? 9 : dice() % 10;
  if (choice == 0) return "NOT " + key(dice, depth - 1);
  if (choice == 1) return "OR " + key(dice, depth - 1) + " " + key(dice, depth - 1);
  if (choice == 2) return "(" + key(dice, depth - 1) + " " + key(dice, depth - 1) + ")";
  return one_of(named, dice) + " " + needle(dice);
}

}  // namespace

const std::vector<std::string>& mail_words() {
  static const std::vector<std::string> all = {"word",
                                               "Invoice",
                                               "the",
                                               "STRASSE",
                                               "straße",
                                               "Grüße",
                                               "e\xCC\x81"
                                               "cole",
                                               "École",
                                               "会議",
                                               "漢字仮名",
                                               "привет",
                                               "ПРИВЕТ",
                                               "so\xC2\xAD"
                                               "ft",
                                               "ﬁle",
                                               "x&y",
                                               "R&D",
                                               "a",
                                               "no.reply@example.net",
                                               "q\xCC\xA3\xCC\x81",
                                               "=?broken",
                                               "가나다",
                                               "ΣΑΣ",
                                               "100%",
                                               "ＡＢＣ",
                                               "report2025",
                                               "العربية",
                                               "ไทย",
                                               "\xF0\x9F\x98\x80",
                                               "İstanbul"};
  return all;
}

std::string random_mail(Dice& dice) {
  std::string mail;
  for (const char* name : {"From", "To", "Cc", "Bcc", "Subject", "X-Tag", "Received"})
    if (dice() % 4 != 0) mail += field(name, dice);
  if (dice() % 20 == 0) mail += "a line that is no field\r\n";
  if (dice() % 30 != 0) return mail + part(dice, 3);
  mail += "Content-Type: text/plain; charset=windows-1252\r\n\r\nlarge word ";
  for (int i = 0; i < 250'000; ++i) mail += static_cast<char>(' ' + dice() % 220);
  return mail;
}

std::string random_query(Dice& dice) { return " CHARSET UTF-8 " + key(dice, 2); }

}  // namespace postroom::testing
