#include "protocols/smtp/mailing_list.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/mime/header.h"

namespace postroom::smtp {

namespace {

/// "team" and "request" are "team-request@example.org".
std::string with_suffix(const std::string& list, std::string_view suffix) {
  std::string address = list;
  return address.insert(list.rfind('@'), "-" + std::string(suffix));
}

/// RFC 2919 2: its address with a dot, which is a name in a domain of ours.
std::string identifier(const std::string& list) {
  std::string id = list;
  id[id.rfind('@')] = '.';
  return id;
}

/// Of an address of ours, RFC 2368 2.
std::string mailto(const std::string& address, std::string_view subject = {}) {
  constexpr std::string_view kPlain = "@.-_~!$'*";
  std::string url = "<mailto:";
  for (const char c : address) {
    if (is_digit(c) || (c >= 'a' && c <= 'z') || kPlain.find(c) != std::string_view::npos)
      url += c;
    else
      url += "%" + upper(hex_encode({&c, 1}));
  }
  if (!subject.empty()) url.append("?subject=").append(subject);
  return url + ">";
}

std::string field(std::string_view name, std::string_view body) {
  std::string line(name);
  return line.append(": ").append(body).append("\r\n");
}

/// What stands in the last angle brackets of a List-Id (RFC 2919 3).
std::string_view in_brackets(std::string_view body) {
  const std::size_t begin = body.rfind('<');
  const std::size_t end = body.rfind('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return body;
  return body.substr(begin + 1, end - begin - 1);
}

template <class Value>
void add(const std::vector<Value>& more, std::vector<Value>& to) {
  for (const Value& value : more)
    if (std::ranges::find(to, value) == to.end()) to.push_back(value);
}

bool is_member(const MailingList& list, const std::string& address, const Resolved& sender) {
  const auto iequal = [&](const std::string& member) { return iequals(member, address); };
  const auto is_account = [&](AccountId account) {
    return std::ranges::find(sender.accounts, account) != sender.accounts.end();
  };
  return std::ranges::any_of(list.outside, iequal) || std::ranges::any_of(list.accounts, is_account);
}

}  // namespace

std::string bounces_of(const std::string& list) { return with_suffix(list, "bounces"); }

// Delivered-To is for loops (RFC 9228): unlike List-Id it stays when another list sends the message on, and
// the outermost list of all is in it, too.
std::string list_fields(const MailingList& list) {
  const std::string request = with_suffix(list.address, "request");
  std::string fields;
  if (list.within_another()) fields += field("Delivered-To", list.post_to);
  fields += field("Delivered-To", list.address);
  fields += field("List-Id", "<" + identifier(list.address) + ">");
  fields += field("List-Post", mailto(list.post_to));  // RFC 2369 4
  fields += field("List-Help", mailto(request, "help"));
  fields += field("List-Unsubscribe", mailto(request, "unsubscribe"));
  fields += field("List-Owner", mailto(with_suffix(list.address, "owner")));
  fields += field("Precedence", "list");
  return fields;
}

// But for List-Archive: RFC 2369 4.
std::span<const std::string_view> fields_of_other_lists() {
  static constexpr std::string_view kFields[] = {
      "List-Id",    "List-Post",      "List-Help",  "List-Unsubscribe", "List-Unsubscribe-Post",
      "List-Owner", "List-Subscribe", "Precedence", "Return-Path"};
  return kFields;
}

bool came_through(std::string_view header, const std::string& list) {
  const std::string id = identifier(list);
  mime::HeaderFields fields(header);
  while (const auto each = fields.next()) {
    const std::string body = mime::unfold(each->body);
    if (iequals(each->name, "List-Id") && iequals(trim(in_brackets(body)), id)) return true;
    if (iequals(each->name, "Delivered-To") && iequals(in_brackets(body), list)) return true;
  }
  return false;
}

bool is_automatic_answer(std::string_view header) {
  mime::HeaderFields fields(header);
  while (const auto each = fields.next())
    if (iequals(each->name, "Auto-Submitted") && istarts_with(mime::unfold(each->body), "auto-replied"))
      return true;
  return false;
}

bool may_write(std::span<const MailingList> lists, const std::string& address, const Resolved& sender) {
  for (std::size_t i = 0; i < lists.size();) {
    const std::string& outermost = lists[i].post_to;
    bool may = lists[i].anyone;
    // Members of lists within it are its members.
    for (; i < lists.size() && lists[i].post_to == outermost; ++i)
      may = may || is_member(lists[i], address, sender);
    if (!may) return false;
  }
  return true;
}

Resolved owners_of(std::span<const MailingList> lists) {
  Resolved owners;
  for (const MailingList& list : lists) {
    if (list.within_another()) continue;
    add(list.owners, owners.accounts);
    add(list.owners_outside, owners.outside);
  }
  const bool nobody = owners.accounts.empty() && owners.outside.empty();
  owners.kind = nobody ? Resolved::Kind::unknown : Resolved::Kind::mailbox;
  return owners;
}

void lead_to_owners(Resolved& found) {
  const Resolved owners = owners_of(found.lists);
  found.lists.clear();
  add(owners.accounts, found.accounts);
  add(owners.outside, found.outside);
  if (found.accounts.empty() && found.outside.empty()) found.kind = Resolved::Kind::unknown;
}

bool without_members(std::span<const MailingList> lists) {
  return std::ranges::all_of(
      lists, [](const MailingList& list) { return list.accounts.empty() && list.outside.empty(); });
}

}  // namespace postroom::smtp
