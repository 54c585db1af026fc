// Sort keys of a header block, and their stored form.
#include "protocols/mime/sort_keys.h"

#include <array>

#include "protocols/mime/address.h"
#include "protocols/mime/base_subject.h"
#include "protocols/mime/chars.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/date.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/message_id.h"
#include "protocols/mime/packed.h"

namespace postroom::mime {

namespace {

// The first byte; another one means that the message has to be parsed again.
constexpr char kVersion = 1;
// Of a field; no more of one that is sent in ENVELOPE either.
constexpr std::size_t kMaxField = 8 * 1024;
// References are found at both ends of a longer field: the oldest ancestor, and the nearest.
constexpr std::size_t kMaxEnd = 16 * 1024;

std::string key_of(std::string_view text) {
  return std::string(clipped(casemap(decode_words(text)), kMaxPackedText));
}

/// RFC 5957 3.
std::string display_of(const Address& address) {
  if (address.kind == Address::Kind::mailbox) {
    std::string name = key_of(address.name);
    if (!name.empty()) return name;
    return key_of(address.domain.empty() ? address.local : address.local + '@' + address.domain);
  }
  return key_of(address.name);  // a group's name stands where a mailbox's local part does (RFC 3501 7.4.2)
}

std::string mailbox_of(const Address& address) {
  return key_of(address.kind == Address::Kind::mailbox ? address.local : address.name);
}

/// Adds to the end; of too many the second goes.
void add_reference(std::vector<std::uint64_t>& references, std::uint64_t id) {
  if (references.size() == SortKeys::kMaxReferences) references.erase(references.begin() + 1);
  references.push_back(id);
}

class Builder {
 public:
  void add(const HeaderField& field) {
    for (Text& text : texts_)
      if (!text.body && iequals(field.name, text.name)) text.body = field.body;
    for (First& first : firsts_) {
      if (first.address || !iequals(field.name, first.name)) continue;
      AddressList list(field.body.substr(0, kMaxField));
      first.address = list.next();
    }
  }

  SortKeys finish() const {
    SortKeys keys;
    read_subject(keys);
    if (const auto& date = texts_[kDate].body) keys.sent = parse_sent_date(*date);
    if (const auto& from = firsts_[kFrom].address) {
      keys.from = mailbox_of(*from);
      keys.display_from = display_of(*from);
    }
    if (const auto& to = firsts_[kTo].address) {
      keys.to = mailbox_of(*to);
      keys.display_to = display_of(*to);
    }
    if (const auto& cc = firsts_[kCc].address) keys.cc = mailbox_of(*cc);
    keys.id = first_id(kMessageId);
    read_references(keys);
    return keys;
  }

 private:
  enum TextField { kDate, kSubject, kMessageId, kInReplyTo, kReferences };
  struct Text {
    std::string_view name;
    std::optional<std::string_view> body;  // of the first field
  };
  enum AddressField { kFrom, kTo, kCc };
  struct First {
    std::string_view name;
    std::optional<Address> address;
  };

  void read_subject(SortKeys& keys) const {
    const auto& body = texts_[kSubject].body;
    if (!body) return;
    const BaseSubject base = base_subject(decode_words(unfold(clipped(*body, kMaxField))));
    const std::string subject = casemap(base.text);
    keys.subject = clipped(subject, kMaxPackedText);
    keys.subject_hash = subject.empty() ? 0 : message_id_hash(subject);
    keys.reply_or_forward = base.reply_or_forward;
  }

  std::uint64_t first_id(TextField field) const {
    if (!texts_[field].body) return 0;
    MessageIds ids(clipped(*texts_[field].body, kMaxField));
    const auto id = ids.next();
    return id ? message_id_hash(*id) : 0;
  }

  /// RFC 5256 3: those of References, else the first of In-Reply-To.
  void read_references(SortKeys& keys) const {
    std::string_view body = texts_[kReferences].body.value_or("");
    if (body.size() > 2 * kMaxEnd) {
      add_references(body.substr(0, kMaxEnd), keys);
      body.remove_prefix(body.size() - kMaxEnd);
    }
    add_references(body, keys);
    const std::uint64_t parent = keys.references.empty() ? first_id(kInReplyTo) : 0;
    if (parent != 0) keys.references.push_back(parent);
  }

  static void add_references(std::string_view body, SortKeys& keys) {
    MessageIds ids(body);
    while (const auto id = ids.next()) add_reference(keys.references, message_id_hash(*id));
  }

  std::array<Text, 5> texts_ = {
      {{"date", {}}, {"subject", {}}, {"message-id", {}}, {"in-reply-to", {}}, {"references", {}}}};
  std::array<First, 3> firsts_ = {{{"from", {}}, {"to", {}}, {"cc", {}}}};
};

}  // namespace

std::string SortKeys::serialise() const {
  std::string out(1, kVersion);
  out += static_cast<char>((reply_or_forward ? 1 : 0) | (sent ? 2 : 0));
  pack_fixed(out, subject_hash);
  pack_fixed(out, id);
  if (sent) pack_fixed(out, static_cast<std::uint64_t>(*sent));
  pack_number(out, references.size());
  for (const std::uint64_t reference : references) pack_fixed(out, reference);
  for (const std::string* text : {&subject, &from, &to, &cc, &display_from, &display_to})
    pack_text(out, *text);
  return out;
}

std::optional<SortKeys> SortKeys::parse(std::string_view bytes) {
  Unpacker in(bytes);
  if (in.byte() != static_cast<unsigned char>(kVersion)) return std::nullopt;
  SortKeys keys;
  const unsigned flags = in.byte();
  keys.reply_or_forward = (flags & 1) != 0;
  keys.subject_hash = in.fixed();
  keys.id = in.fixed();
  if ((flags & 2) != 0) keys.sent = static_cast<std::int64_t>(in.fixed());
  keys.references.resize(static_cast<std::size_t>(in.number(kMaxReferences)));
  for (std::uint64_t& reference : keys.references) reference = in.fixed();
  for (std::string* text :
       {&keys.subject, &keys.from, &keys.to, &keys.cc, &keys.display_from, &keys.display_to})
    *text = in.text();
  if (in.failed() || !in.at_end() || flags > 3) return std::nullopt;
  return keys;
}

SortKeys read_sort_keys(std::string_view header_block) {
  Builder builder;
  HeaderFields fields(header_block);
  while (const auto field = fields.next()) builder.add(*field);
  return builder.finish();
}

}  // namespace postroom::mime
