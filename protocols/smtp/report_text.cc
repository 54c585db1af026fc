#include "protocols/smtp/report_text.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/chars.h"
#include "protocols/mime/date.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/smtp/dsn_parameters.h"

namespace postroom::smtp {

namespace {

using Action = ReportedRecipient::Action;

constexpr std::size_t kWidth = 72;

/// What is said of all the recipients with one action.
struct Wording {
  Action action;
  std::string_view subject;
  std::string_view opening;
};
constexpr Wording kWordings[] = {
    {Action::failed, "Your message could not be delivered",
     "We could not deliver it to the following, and do not try again:"},
    {Action::delayed, "Your message is delayed", "We could not deliver it to the following yet."},
    {Action::delivered, "Your message was delivered", "Your message was delivered to the following:"},
    {Action::relayed, "Your message was passed on",
     "Your message was passed on to other mail servers for the following. These do not report what becomes "
     "of it; you hear of it again only if something goes wrong."},
    {Action::expanded, "Your message was passed on to its recipients",
     "Your message was passed on to all who are behind the following:"},
};

/// What the sender can do about a failure: by the class of status codes (RFC 3463 3.2 to 3.8) or one of them.
struct Advice {
  std::string_view status;  ///< how it goes on behind "5."
  std::string_view text;
};
constexpr Advice kAdvice[] = {
    {"1.7", "ask whoever runs your mail for help: it is your own address that was refused."},
    {"1.8", "ask whoever runs your mail for help: it is your own address that was refused."},
    {"1.",
     "check the address for typing mistakes, or ask the recipient for the right one; then send the message "
     "again."},
    {"2.2", "the mailbox is full. Tell the recipient in another way, or send the message again later."},
    {"2.3", "send the message again with smaller attachments, or without them."},
    {"3.4", "send the message again with smaller attachments, or without them."},
    {"2.", "tell the recipient in another way, or send the message again later."},
    {"4.",
     "check what stands behind the @ for typing mistakes. If it is right, send the message again later, or "
     "tell the recipient in another way."},
    {"6.", "send the message again in a simpler form, for example as plain text."},
    {"7.",
     "the other side does not take this message. Tell the recipient in another way, who can show this "
     "report to whoever runs their mail."},
};
constexpr std::string_view kOtherAdvice =
    "send the message again later, or show this report to whoever runs your mail.";

std::string_view advice(std::string_view status) {
  if (status.starts_with("5.") || status.starts_with("4."))
    for (const Advice& known : kAdvice) {
      const std::string_view rest = status.substr(2);
      if (rest == known.status || (known.status.ends_with('.') && rest.starts_with(known.status)))
        return known.text;
    }
  return kOtherAdvice;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  const bool c1 = first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
  return first < ' ' || first == 0x7f || c1;
}

bool has(const ReportFacts& facts, Action action) {
  return std::ranges::any_of(facts.recipients, [&](const auto& each) { return each.action == action; });
}

/// The message's subject as people read it; empty: none.
std::string subject_of(std::string_view headers) {
  constexpr std::size_t kMost = 200;
  mime::HeaderFields fields(headers);
  while (const auto field = fields.next())
    if (iequals(field->name, "Subject"))
      return one_line(mime::decode_words(mime::unfold(field->body)), kMost);
  return {};
}

void paragraph(std::string& out, std::string_view text, std::string_view indent = "") {
  out += indent;
  append_wrapped(out, indent.size(), text, kWidth, indent);
  out += "\r\n";
}

/// "(you wrote to …)": the sender may not know where an alias leads.
std::string shown(const ReportedRecipient& recipient) {
  std::string out = "<" + one_line(recipient.address) + ">";
  const std::string original = one_line(typed_address(recipient.dsn.original_recipient).address);
  if (!original.empty() && !iequals(original, one_line(recipient.address)))
    out += " (you wrote to <" + original + ">)";
  return out;
}

/// A clause as a sentence.
std::string sentence(std::string clause) {
  if (clause.empty()) return clause;
  clause.front() = to_upper(clause.front());
  if (!clause.ends_with('.')) clause += '.';
  return clause;
}

std::string what_happened(const ReportedRecipient& recipient) {
  std::string out = sentence(one_line(recipient.why));
  const std::string host = one_line(recipient.remote_host);
  const std::string reply = one_line(recipient.remote_reply);
  if (reply.empty() && host.empty()) return out;
  if (!out.empty()) out += ' ';
  if (reply.empty()) return out + "The server is " + host + ".";
  return out + (host.empty() ? "The answer was" : "The server " + host + " said") + ": " + reply;
}

void describe(std::string& out, const ReportedRecipient& recipient) {
  constexpr std::string_view kIndent = "    ";
  paragraph(out, shown(recipient), "  ");
  const std::string happened = what_happened(recipient);
  if (!happened.empty()) paragraph(out, happened, kIndent);
  if (recipient.action == Action::failed)
    paragraph(out, "What you can do: " + std::string(advice(recipient.status)), kIndent);
  out += "\r\n";
}

std::string still_trying(std::optional<WallTime> until) {
  if (!until) return "we keep trying, and tell you if it cannot be delivered.";
  return "we keep trying until " + mime::format_date(*until) +
         ", and tell you if it cannot be delivered by then.";
}

void describe_all(std::string& out, const ReportFacts& facts, const Wording& wording) {
  std::string opening(wording.opening);
  if (wording.action == Action::delayed)
    opening += " You need not do anything: " + still_trying(facts.will_retry_until);
  paragraph(out, opening);
  out += "\r\n";
  for (const ReportedRecipient& recipient : facts.recipients)
    if (recipient.action == wording.action) describe(out, recipient);
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
  std::string out;
  for (text = mime::clipped(trim(text), limit); !text.empty();) {
    const std::size_t size = utf8_sequence(text);
    const bool whole = size != 0 && size <= text.size();
    const std::string_view sequence = text.substr(0, whole ? size : 1);
    if (whole && !is_control(sequence))
      out.append(sequence);
    else
      out += '?';
    text.remove_prefix(sequence.size());
  }
  return out;
}

void append_wrapped(std::string& out, std::size_t column, std::string_view text, std::size_t width,
                    std::string_view indent) {
  constexpr std::size_t kMaxWord = 900;
  bool first = true;
  const auto new_line = [&] {
    out.append("\r\n").append(indent);
    column = indent.size();
  };
  for (std::string_view word : split(text, ' ')) {
    const bool fits = column + 1 + word.size() <= width;
    if (!first && !fits && !word.empty()) {
      new_line();
    } else if (!first) {
      out += ' ';
      ++column;
    }
    first = false;
    for (; word.size() > kMaxWord; new_line()) {
      const std::string_view cut = mime::clipped(word, kMaxWord);
      out += cut;
      word.remove_prefix(cut.size());
    }
    out += word;
    column += word.size();
  }
}

std::string_view report_subject(const ReportFacts& facts) {
  for (const Wording& wording : kWordings)
    if (has(facts, wording.action)) return wording.subject;
  return "About your message";
}

std::string report_text(const ReportFacts& facts) {
  const std::string hostname = one_line(facts.hostname);
  const std::string subject = subject_of(facts.original_headers);
  std::string about = "Hello, this is the mail server " + hostname + ". It is about your message";
  if (!subject.empty()) about += " \"" + subject + "\"";
  about += ", which came here on " + mime::format_date(facts.arrived) + ".";

  std::string out;
  paragraph(out, about);
  out += "\r\n";
  for (const Wording& wording : kWordings)
    if (has(facts, wording.action)) describe_all(out, facts, wording);
  paragraph(out,
            "What follows is for programs and for whoever runs your mail, who can be reached at postmaster@" +
                hostname + ".");
  return out;
}

}  // namespace postroom::smtp
