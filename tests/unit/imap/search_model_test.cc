// SEARCH against a model: random mailboxes, random criteria, and an evaluator that knows what it put in.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "base/text.h"
#include "tests/unit/imap/search_support.h"

namespace postroom::imap {
namespace {

using testing::Mailbox;

// In UTF-8, in ISO 8859-1, and as it is compared. No word is part of another's neighbourhood: a blank parts
// them.
struct Word {
  const char* utf8;
  const char* latin1;
  const char* compared;
};
constexpr Word kWords[] = {{"apple", "apple", "apple"},
                           {"Pear", "Pear", "pear"},
                           {"APP", "APP", "app"},
                           {"\xC3\x89t\xC3\xA9", "\xC9t\xE9", "{e}t{e}"},
                           {"na\xC3\xAFve", "na\xEFve", "na{i}ve"},
                           {"zz", "zz", "zz"}};

struct Text {
  std::string utf8, latin1, compared;
};

class Model {
 public:
  explicit Model(std::uint32_t seed) : random_(seed) {
    mailbox.keywords = {"Work", "$Junk"};
    mailbox.first_recent = static_cast<Uid>(1 + pick(12));
    Uid uid = 0;
    for (int i = 0; i < 8; ++i) add(uid += static_cast<Uid>(1 + pick(3)));
  }

  struct Message {
    Uid uid;
    bool recent;
    std::uint64_t flags, size, modseq;
    int day, sent;  // of 2025; sent 0: no Date field
    std::string subject, from, header, body;
    bool has_from;
  };

  /// Criteria, and for each message whether it matches.
  struct Criteria {
    std::string text;
    std::vector<bool> matches;
  };
  Criteria criteria(int depth) {
    const std::size_t kind = pick(depth > 0 ? 18 : 14);
    if (kind == 14) return combined("NOT ", criteria(depth - 1), {}, [](bool a, bool) { return !a; });
    if (kind == 15)
      return combined("OR ", criteria(depth - 1), criteria(depth - 1), [](bool a, bool b) { return a || b; });
    if (kind >= 16) {
      Criteria both =
          combined("(", criteria(depth - 1), criteria(depth - 1), [](bool a, bool b) { return a && b; });
      both.text += ")";
      return both;
    }
    return kind < 8 ? row_key(kind) : text_key(kind);
  }

  Mailbox mailbox;
  std::vector<Message> messages;

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  Text words() {
    Text text;
    for (std::size_t left = pick(5); left > 0; --left) {
      const Word& word = kWords[pick(std::size(kWords))];
      const char* blank = text.utf8.empty() ? "" : " ";
      text.utf8 += blank + std::string(word.utf8);
      text.latin1 += blank + std::string(word.latin1);
      text.compared += blank + std::string(word.compared);
    }
    return text;
  }

  std::string encoded_word(const Text& text) {
    if (text.utf8.empty() || pick(2)) return text.utf8;
    return pick(2) ? "=?utf-8?b?" + base64_encode(text.utf8) + "?="
                   : "=?iso-8859-1?b?" + base64_encode(text.latin1) + "?=";
  }

  static std::string quoted_printable(const std::string& text) {
    std::string out;
    for (const char c : text) out += "=" + upper(hex_encode(std::string_view(&c, 1)));
    return out;
  }

  std::string body(const Text& text) {
    const bool latin1 = pick(2) == 1;
    const std::string& bytes = latin1 ? text.latin1 : text.utf8;
    const std::string type =
        std::string("Content-Type: text/plain; charset=") + (latin1 ? "iso-8859-1" : "utf-8");
    const std::size_t encoding = pick(3);
    if (encoding == 0) return type + "\r\n\r\n" + bytes;
    if (encoding == 1) return type + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_encode(bytes);
    return type + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(bytes);
  }

  void add(Uid uid) {
    Message message{};
    const Text subject = words(), from = words(), text = words();
    message.sent = pick(4) ? static_cast<int>(1 + pick(28)) : 0;
    message.has_from = pick(3) > 0;
    message.subject = subject.compared;
    message.from = from.compared;
    std::string bytes = "Subject: " + encoded_word(subject) + "\r\n";
    message.header = "subject: " + subject.compared + "\n";
    if (message.has_from) bytes += "From: " + encoded_word(from) + "\r\n";
    if (message.has_from) message.header += "from: " + from.compared + "\n";
    if (message.sent) bytes += "Date: " + std::to_string(message.sent) + " Feb 2025 23:30:00 -0800\r\n";
    if (pick(2)) {
      bytes += body(text) + "\r\n";
      message.body = text.compared;
    } else {
      const Text second = words();
      bytes += "Content-Type: multipart/mixed; boundary=0\r\n\r\n--0\r\n" + body(text) + "\r\n--0\r\n" +
               body(second) + "\r\n--0--\r\n";
      message.body = text.compared + "\n" + second.compared;
    }
    auto& mail = mailbox.add(bytes, uid);
    message.uid = mail.row.uid = uid;
    message.recent = uid >= mailbox.first_recent;
    message.flags = mail.row.flags.bits = random_() % 128;
    message.modseq = mail.row.modseq;
    message.size = bytes.size();
    message.day = static_cast<int>(1 + pick(28));
    // 2025-02-01T00:00:00Z and so many days, at some time of them.
    mail.row.internal_date = WallTime(
        std::chrono::seconds(1738368000 + (message.day - 1) * 86400 + static_cast<int>(pick(86400))));
    messages.push_back(message);
  }

  template <class Matches>
  Criteria leaf(std::string text, Matches matches) {
    Criteria criteria{std::move(text), {}};
    for (const Message& message : messages) criteria.matches.push_back(matches(message));
    return criteria;
  }

  template <class Join>
  Criteria combined(const std::string& word, Criteria a, const Criteria& b, Join join) {
    Criteria sum{word + a.text + (b.text.empty() ? "" : " " + b.text), {}};
    for (std::size_t i = 0; i < messages.size(); ++i)
      sum.matches.push_back(join(a.matches[i], !b.text.empty() && b.matches[i]));
    return sum;
  }

  Criteria row_key(std::size_t kind) {
    static constexpr const char* kFlags[] = {"SEEN",  "ANSWERED",     "FLAGGED",      "DELETED",
                                             "DRAFT", "KEYWORD Work", "KEYWORD $JUNK"};
    const bool negated = pick(2) == 1;
    const auto day = static_cast<int>(1 + pick(28));
    const std::string date = std::to_string(day) + "-Feb-2025";
    const std::size_t which = pick(7);
    if (kind < 2)
      return leaf((negated ? "UN" : "") + std::string(kFlags[which]),
                  [&](const Message& m) { return ((m.flags >> which & 1) != 0) != negated; });
    if (kind == 2) return leaf("SINCE " + date, [&](const Message& m) { return m.day >= day; });
    if (kind == 3)
      return leaf(negated ? "SENTON " + date : "SENTBEFORE " + date,
                  [&](const Message& m) { return m.sent > 0 && (negated ? m.sent == day : m.sent < day); });
    if (kind == 4)
      return leaf(negated ? "NEW" : "OLD", [&](const Message& m) {
        return negated ? m.recent && !(m.flags & Flags::seen) : !m.recent;
      });
    if (kind == 5) {
      const std::uint64_t size = 100 + pick(200);
      return leaf((negated ? "LARGER " : "SMALLER ") + std::to_string(size),
                  [&](const Message& m) { return negated ? m.size > size : m.size < size; });
    }
    if (kind == 6)
      return leaf("MODSEQ " + std::to_string(which), [&](const Message& m) { return m.modseq >= which; });
    const std::size_t first = 1 + pick(messages.size()), last = 1 + pick(messages.size());
    const auto [low, high] = std::minmax(first, last);
    return leaf(
        (negated ? "UID " : "") + std::to_string(first) + ":" + std::to_string(last), [&](const Message& m) {
          const std::size_t number = negated ? m.uid : static_cast<std::size_t>(&m - messages.data()) + 1;
          return number >= low && number <= high;
        });
  }

  Criteria text_key(std::size_t kind) {
    static constexpr const char* kNames[] = {"SUBJECT", "FROM",           "BODY",
                                             "TEXT",    "HEADER subject", "HEADER from"};
    const std::size_t which = kind - 8;
    const Text text = words();
    const std::string literal =
        std::string(kNames[which]) + " {" + std::to_string(text.utf8.size()) + "}\r\n" + text.utf8;
    return leaf(literal, [&](const Message& m) {
      const bool from = which == 1 || which == 5;
      if (from && !m.has_from) return false;
      const std::string& where = which == 2 ? m.body : from ? m.from : m.subject;
      if (which == 3) return (m.header + "\n" + m.body).find(text.compared) != std::string::npos;
      return where.find(text.compared) != std::string::npos;
    });
  }

  std::mt19937 random_;
};

TEST(SearchModel, RandomCriteriaFindWhatTheModelFinds) {
  std::size_t found = 0;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    Model model(seed);
    for (int round = 0; round < 20; ++round) {
      const auto criteria = model.criteria(4);
      std::string expected;
      for (std::size_t i = 0; i < criteria.matches.size(); ++i)
        if (criteria.matches[i]) expected += (expected.empty() ? "" : " ") + std::to_string(i + 1);
      found += !expected.empty();
      const std::size_t piece = round % 3 == 0 ? 1 : 1 << 20;
      ASSERT_EQ(testing::search(model.mailbox, " CHARSET UTF-8 " + criteria.text, piece), expected)
          << "seed " << seed << ": " << criteria.text;
    }
  }
  EXPECT_GT(found, 2000u);  // the criteria are not all too strict
}

}  // namespace
}  // namespace postroom::imap
