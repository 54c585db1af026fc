// Every byte an IMAP client gets is written here (RFC 3501 9, the response side).
#include "protocols/imap/wire.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "protocols/imap/cursor.h"
#include "protocols/imap/modified_utf7.h"
#include "protocols/mime/body_structure.h"
#include "protocols/mime/date.h"
#include "protocols/mime/imap_form.h"

namespace postroom::imap {

namespace {

struct FlagName {
  std::uint64_t bit;
  std::string_view name;
};
constexpr FlagName kSystemFlags[] = {{Flags::answered, "\\Answered"},
                                     {Flags::flagged, "\\Flagged"},
                                     {Flags::deleted, "\\Deleted"},
                                     {Flags::seen, "\\Seen"},
                                     {Flags::draft, "\\Draft"}};

void append_run(std::string& out, Uid first, Uid last) {
  if (!out.empty()) out += ',';
  out += std::to_string(first);
  if (last > first) out.append(":").append(std::to_string(last));
}

}  // namespace

Wire& Wire::raw(std::string_view bytes) {
  out_.append(bytes);
  return *this;
}

Wire& Wire::number(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return raw({digits, static_cast<std::size_t>(end - digits)});
}

Wire& Wire::string(std::string_view bytes) {
  mime::append_string(out_, bytes);
  return *this;
}

Wire& Wire::astring(std::string_view bytes) {
  const bool atom =
      !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), is_astring_char) && !iequals(bytes, "NIL");
  return atom ? raw(bytes) : string(bytes);
}

Wire& Wire::mailbox(std::string_view utf8) {
  if (!utf8_) return astring(encode_modified_utf7(utf8));
  if (is_ascii(utf8)) return astring(utf8);
  mime::append_quoted(out_, utf8);
  return *this;
}

Wire& Wire::body(std::string_view stored, bool rev2) {
  int left_out = 0;  // how deep in what is left out
  for (;;) {
    const std::size_t mark = stored.find('\0');
    if (left_out == 0 || rev2) raw(stored.substr(0, mark));
    if (mark == std::string_view::npos) return *this;
    stored.remove_prefix(mark);
    left_out += stored.starts_with(mime::kRev2Begin) ? 1 : -1;
    stored.remove_prefix(std::min(stored.size(), mime::kRev2Begin.size()));
  }
}

Wire& Wire::literal_header(std::uint64_t size) { return raw("{").number(size).raw("}\r\n"); }

Wire& Wire::flags(Flags flags, bool recent, const std::vector<std::string>& keywords) {
  return flag_list(flags, keywords, recent ? "\\Recent" : "");
}

Wire& Wire::flag_list(Flags flags, const std::vector<std::string>& keywords, std::string_view more) {
  raw("(");
  const std::size_t begin = out_.size();
  const auto add = [this, begin](std::string_view name) { raw(out_.size() > begin ? " " : "").raw(name); };
  for (const FlagName& system : kSystemFlags)
    if (flags.bits & system.bit) add(system.name);
  if (!more.empty()) add(more);
  for (unsigned number = 0; number < keywords.size() && number < Flags::max_keywords; ++number)
    if (flags.bits & Flags::keyword(number)) add(keywords[number]);
  return raw(")");
}

Wire& Wire::date_time(WallTime time) { return raw("\"").raw(mime::format_imap_date_time(time)).raw("\""); }

void Wire::untagged(std::uint64_t number_before, std::string_view what) {
  raw("* ").number(number_before).raw(" ").raw(what).crlf();
}

void Wire::untagged_ok(std::string_view code, std::string_view text) {
  raw("* OK [").raw(code).raw("] ").raw(text).crlf();
}

void Wire::continuation(std::string_view text) { raw("+ ").raw(text).crlf(); }

void Wire::tagged(std::string_view tag, const Tagged& reply) {
  static constexpr std::string_view kKinds[] = {"OK", "NO", "BAD"};
  raw(tag).raw(" ").raw(kKinds[static_cast<std::size_t>(reply.kind)]).raw(" ");
  if (!reply.code.empty()) raw("[").raw(reply.code).raw("] ");
  raw(reply.text).crlf();
}

void Wire::bye(Code code, std::string_view text) {
  raw("* BYE ");
  if (code != Code::none) raw("[").raw(name_of(code)).raw("] ");
  raw(text).crlf();
}

void Wire::rest() {
  if (out_.empty()) std::string().swap(out_);
}

std::string format_set(const UidSet& set) {
  std::string text;
  for (const UidSet::Run& run : set.runs()) append_run(text, run.first, run.last);
  return text;
}

std::string format_uids(const std::vector<Uid>& uids) {
  std::string text;
  for (std::size_t i = 0; i < uids.size();) {
    std::size_t end = i + 1;
    while (end < uids.size() && uids[end] == uids[end - 1] + 1) ++end;
    append_run(text, uids[i], uids[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace postroom::imap
