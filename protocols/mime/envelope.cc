// ENVELOPE: ten things of a header, in IMAP's form.
#include "protocols/mime/envelope.h"

#include <array>
#include <optional>

#include "protocols/mime/address.h"
#include "protocols/mime/chars.h"
#include "protocols/mime/date.h"
#include "protocols/mime/header.h"
#include "protocols/mime/imap_form.h"
#include "protocols/mime/message_id.h"

namespace postroom::mime {

namespace {

// Of one address; none that can be written to is longer (RFC 5321 4.5.3.1).
constexpr std::size_t kMaxName = 1000;
constexpr std::size_t kMaxAddress = 256;
constexpr std::string_view kGroupEnd = "(NIL NIL NIL NIL)";

void append_or_nil(std::string& out, std::string_view text, std::size_t limit) {
  if (text.empty())
    out += "NIL";
  else
    append_string(out, clipped(text, limit));
}

/// RFC 3501 9 address. A mailbox without a domain has an empty host: NIL would make it a group.
std::string address_form(const Address& address) {
  std::string out = "(";
  if (address.kind == Address::Kind::group_end) return std::string(kGroupEnd);
  if (address.kind == Address::Kind::group_start) {
    out += "NIL NIL ";
    append_string(out, clipped(address.name, kMaxName));
    return out += " NIL)";
  }
  append_or_nil(out, address.name, kMaxName);
  out += ' ';
  append_or_nil(out, address.route, kMaxAddress);
  out += ' ';
  append_string(out, clipped(address.local, kMaxAddress));
  out += ' ';
  append_string(out, clipped(address.domain, kMaxAddress));
  return out += ')';
}

/// The addresses of all fields of one name, as far as there is room for them.
class List {
 public:
  void add(std::string_view body, std::size_t& room) {
    AddressList addresses(body);
    bool in_group = false;
    while (!full_) {
      const auto address = addresses.next();
      if (!address) break;
      const std::string form = address_form(*address);
      // Room for the end of a group is left, so that a clipped one is ended too.
      full_ = form.size() + kGroupEnd.size() > room;
      if (full_) break;
      append(form, room);
      if (address->kind != Address::Kind::mailbox) in_group = address->kind == Address::Kind::group_start;
    }
    if (full_ && in_group) append(kGroupEnd, room);
  }

  void write(std::string& out, const List& otherwise) const {
    const std::string& wire = wire_.empty() ? otherwise.wire_ : wire_;
    if (wire.empty())
      out += " NIL";
    else
      out.append(" (").append(wire).append(")");
  }

 private:
  void append(std::string_view form, std::size_t& room) {
    wire_ += form;
    room -= form.size();
  }

  std::string wire_;
  bool full_ = false;
};

class Builder {
 public:
  void add(const HeaderField& field) {
    for (Text& text : texts_)
      if (!text.body && iequals(field.name, text.name)) text.body = field.body;
    if (iequals(field.name, "received")) ++received_;
    if (iequals(field.name, "from")) from_.add(field.body, from_room_);
    if (iequals(field.name, "sender")) sender_.add(field.body, sender_room_);
    if (iequals(field.name, "reply-to")) reply_to_.add(field.body, reply_to_room_);
    if (iequals(field.name, "to")) to_.add(field.body, room_);
    if (iequals(field.name, "cc")) cc_.add(field.body, room_);
    if (iequals(field.name, "bcc")) bcc_.add(field.body, room_);
  }

  Envelope finish() const {
    Envelope envelope;
    envelope.received_count = received_;
    if (texts_[date].body) {
      const auto parsed = parse_date(*texts_[date].body);
      if (parsed) envelope.sent_date = parsed->local_seconds;
    }
    if (texts_[message_id].body)
      envelope.message_id =
          MessageIds(clipped(*texts_[message_id].body, kMaxEnvelopeField)).next().value_or("");
    std::string& out = envelope.wire;
    const List none;
    out += '(';
    write(out, date);
    out += ' ';
    write(out, subject);
    from_.write(out, none);
    sender_.write(out, from_);
    reply_to_.write(out, from_);
    to_.write(out, none);
    cc_.write(out, none);
    bcc_.write(out, none);
    out += ' ';
    write(out, in_reply_to);
    out += ' ';
    write(out, message_id);
    out += ')';
    return envelope;
  }

 private:
  enum Which { date, subject, in_reply_to, message_id };
  struct Text {
    std::string_view name;
    std::optional<std::string_view> body;  // of the first field
  };

  void write(std::string& out, Which which) const {
    const auto& body = texts_[which].body;
    if (!body)
      out += "NIL";
    else
      append_string(out, clipped(unfold(clipped(*body, 2 * kMaxEnvelopeField)), kMaxEnvelopeField));
  }

  static constexpr std::size_t kFrame = 1024;  // parentheses, spaces and literals' sizes

  std::array<Text, 4> texts_ = {{{"date", {}}, {"subject", {}}, {"in-reply-to", {}}, {"message-id", {}}}};
  List from_, sender_, reply_to_, to_, cc_, bcc_;
  std::size_t from_room_ = kMaxEnvelopeField;
  std::size_t sender_room_ = kMaxEnvelopeField;
  std::size_t reply_to_room_ = kMaxEnvelopeField;
  std::size_t room_ = kMaxEnvelope - 7 * kMaxEnvelopeField - kFrame;
  int received_ = 0;
};

}  // namespace

Envelope read_envelope(std::string_view header_block) {
  Builder builder;
  HeaderFields fields(header_block);
  while (const auto field = fields.next()) builder.add(*field);
  return builder.finish();
}

}  // namespace postroom::mime
