// Mail for both servers: made, appended, and mailboxes of many of it.
#include <random>
#include <stdexcept>

#include "tests/bench/beside.h"

namespace postroom::bench {

namespace {

/// RFC 3502 lets a server set a limit; some messages at once are quicker than one by one.
constexpr std::uint64_t kAtOnce = 100;
constexpr std::uint64_t kWords = 20000;

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : dice_(seed) {}

  std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }

  /// Some words are used often, most seldom, as in every language.
  std::string word() {
    const double even = static_cast<double>(roll(1 << 20)) / (1 << 20);
    return word(static_cast<std::uint64_t>(even * even * even * kWords));
  }
  static std::string word(std::uint64_t number) {
    static constexpr std::string_view kConsonants = "bdfgklmnprstvz";
    static constexpr std::string_view kVowels = "aeiou";
    std::string text;
    for (std::uint64_t rest = number + kConsonants.size() * 3; rest > 0; rest /= kConsonants.size()) {
      text += kConsonants[rest % kConsonants.size()];
      text += kVowels[(rest / 3) % kVowels.size()];
    }
    return text;
  }
  std::string words(std::uint64_t count) {
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + word();
    return text;
  }
  /// Lines of about 70 characters.
  std::string paragraphs(std::uint64_t lines, std::string_view before, std::string_view after) {
    std::string text;
    for (std::uint64_t i = 0; i < lines; ++i) {
      text.append(before).append(words(10)).append(after).append("\r\n");
      if (roll(6) == 0) text += "\r\n";
    }
    return text;
  }

 private:
  std::mt19937_64 dice_;
};

std::string person(Writer& writer) {
  const std::uint64_t number = writer.roll(200);
  return Writer::word(number * 31) + " " + Writer::word(number * 57) + " <p" + std::to_string(number) +
         "@elsewhere.example>";
}

std::string text_part(Writer& writer, std::uint64_t number) {
  std::string text = writer.paragraphs(20 + writer.roll(20), "", "");
  if (number % kOneIn == 0) text += std::string("A ") + kRareWord + " flew by.\r\n";
  return text;
}

std::string alternatives(Writer& writer, std::uint64_t number) {
  const std::string boundary = "=_" + std::to_string(number);
  return "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary +
         "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text_part(writer, number) + "\r\n--" +
         boundary +
         "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
         "<html><body class=3D\"mail\">\r\n" + writer.paragraphs(15, "<p>", "</p>") + "</body></html>\r\n--" +
         boundary + "--\r\n";
}

}  // namespace

std::string make_mail(std::uint64_t number) {
  Writer writer(number + 1);
  std::string mail =
      "Received: from elsewhere.example by mx.bench.example; Mon, 23 Nov 2026 07:00:00 +0000\r\n";
  mail += "From: " + person(writer) + "\r\nTo: " + person(writer) + "\r\n";
  if (writer.roll(3) == 0) mail += "Cc: " + person(writer) + ",\r\n " + person(writer) + "\r\n";
  mail += "Subject: " + writer.words(2 + writer.roll(6)) + "\r\nDate: Mon, 23 Nov 2026 07:00:00 +0000\r\n";
  mail += "Message-ID: <" + std::to_string(number) + "@elsewhere.example>\r\nMIME-Version: 1.0\r\n";
  if (writer.roll(2) == 0 && number > 0)
    mail += "In-Reply-To: <" + std::to_string(writer.roll(number)) + "@elsewhere.example>\r\n";
  if (number % 3 == 0) return mail + alternatives(writer, number);
  return mail + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text_part(writer, number);
}

void append_mails(Client& client, const std::string& mailbox, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t done = 0; done < count;) {
    std::string command = "APPEND " + mailbox;
    const std::uint64_t end = std::min(done + kAtOnce, count);
    for (; done < end; ++done) {
      const std::string mail = make_mail(first + done);
      command += " {" + std::to_string(mail.size()) + "+}\r\n" + mail;
    }
    client.imap(command);
  }
}

void fill_large(const Subject& subject, const Options& options) {
  const auto client = log_in(subject, 0);
  const std::uint64_t tenth = options.messages / 10;
  const auto make = [&](const std::string& name, std::uint64_t count) {
    client->imap("CREATE " + name);
    append_mails(*client, name, 0, count);
  };
  make(mailbox_of(options.messages / 1000), options.messages / 1000);
  make(mailbox_of(options.messages / 100), options.messages / 100);
  make(mailbox_of(tenth), tenth);
  make(kFetched, options.messages / 100);
  make(kChanged, options.messages / 100);
  // Copies are quicker, and nobody reads them.
  client->imap("CREATE " + mailbox_of(options.messages));
  client->imap("SELECT " + mailbox_of(tenth));
  for (int i = 0; i < 10; ++i) client->imap("COPY 1:* " + mailbox_of(options.messages));
}

void fill_small(const Subject& subject) {
  for (int who = 0; who < 10; ++who) {
    const auto client = log_in(subject, who);
    append_mails(*client, "INBOX", 0, kSmall);
    client->imap(std::string("CREATE ") + kOther);
  }
}

}  // namespace postroom::bench
