// LIST: RFC 3501 6.3.8; LIST-EXTENDED: RFC 5258; LIST-STATUS: RFC 5819; CHILDREN: RFC 3348; SPECIAL-USE: RFC
// 6154 2.
#include "protocols/imap/listing.h"
#include "protocols/imap/special_use.h"
#include "protocols/imap/status_items.h"

namespace postroom::imap {

namespace {

/// Each is looked for among all names.
constexpr std::size_t kMostPatterns = 1000;

struct List {
  List() = default;
  bool extended = false;  ///< by options or several patterns
  std::string reference;
  std::vector<std::string> patterns;
  Choice choice;
  bool tell_subscribed = false;
  bool tell_children = false;
  bool tell_special_use = false;
  StatusItems status;
};

/// list-select-opts (RFC 5258 6). SPECIAL-USE is no list-select-base-opt (RFC 6154 6).
void parse_selection_options(Cursor& in, List& list) {
  list.extended = true;
  if (in.take(")")) return;
  do {
    if (in.take_word("SUBSCRIBED")) {
      list.choice.subscribed = list.tell_subscribed = true;
    } else if (in.take_word("SPECIAL-USE")) {
      list.choice.special_use = list.tell_special_use = true;
    } else if (in.take_word("RECURSIVEMATCH")) {
      list.choice.recursive = true;
    } else if (!in.take_word("REMOTE")) {
      in.fail("list-select-opt");
    }
  } while (in.take(" "));
  if (list.choice.recursive && !list.choice.subscribed) in.fail("SUBSCRIBED beside RECURSIVEMATCH");
  in.need(")");
}

/// list-return-opts (RFC 5258 6, RFC 6154 6, RFC 5819 4).
void parse_return_options(Cursor& in, List& list) {
  list.extended = true;
  if (in.take(")")) return;
  do {
    if (in.take_word("SUBSCRIBED")) {
      list.tell_subscribed = true;
    } else if (in.take_word("CHILDREN")) {
      list.tell_children = true;
    } else if (in.take_word("SPECIAL-USE")) {
      list.tell_special_use = true;
    } else if (in.take_word("STATUS")) {
      in.sp();
      parse_status_items(in, list.status);
    } else {
      in.fail("return-option");
    }
  } while (in.take(" "));
  in.need(")");
}

List parse(Cursor& in) {
  List list;
  in.sp();
  if (in.take("(")) {
    parse_selection_options(in, list);
    in.sp();
  }
  list.reference = in.list_mailbox();
  in.sp();
  const bool several = in.take("(");
  do list.patterns.push_back(in.list_mailbox());
  while (several && in.take(" "));
  if (several) in.need(")");
  list.extended |= several;
  if (in.take(" RETURN (")) parse_return_options(in, list);
  // RFC 3348 3, RFC 6154 2: the LIST of old tells these unasked.
  list.tell_children |= !list.extended;
  list.tell_special_use |= !list.extended;
  return list;
}

/// Without those that find nothing: an empty one of an extended LIST, and one that is too long, which is
/// passed over without a word (RFC 5258 3, RFC 9051 6.3.9).
std::vector<Pattern> patterns_of(const List& list) {
  std::vector<Pattern> patterns;
  for (const std::string& text : list.patterns) {
    if (text.empty()) continue;
    Pattern pattern(list.reference, text);
    if (!pattern.too_long()) patterns.push_back(std::move(pattern));
  }
  return patterns;
}

void tell(Wire& wire, const List& list, const Listed& listed) {
  wire.raw("* LIST (");
  std::string_view space;
  const auto add = [&](std::string_view attribute) {
    wire.raw(space).raw(attribute);
    space = " ";
  };
  if (list.tell_children) add(listed.has_children ? "\\HasChildren" : "\\HasNoChildren");
  if (list.tell_subscribed && listed.subscribed) add("\\Subscribed");
  if (!listed.mailbox) add("\\NonExistent");
  if (list.tell_special_use && listed.mailbox && listed.mailbox->special_use != SpecialUse::none)
    add(name_of(listed.mailbox->special_use));
  wire.raw(") \"/\" ").mailbox(listed.name);
  if (listed.child_info) wire.raw(" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
  wire.crlf();
}

/// RFC 5819 2, 3: a name that does not meet the selection criteria itself has no STATUS, nor has one that
/// cannot be selected.
const MailboxStatus* status_of(const List& list, const Listed& listed) {
  const bool told = !list.status.items.empty() && listed.chosen && listed.mailbox;
  return told ? &listed.mailbox->status : nullptr;
}

Task<> tell_all(Session& session, const List& list, const std::vector<Listed>& found) {
  std::vector<const MailboxStatus*> statuses;
  for (const Listed& listed : found) statuses.push_back(status_of(list, listed));
  const std::vector<std::uint64_t> recent = co_await count_recent(session, list.status, statuses);
  if (list.status.asks(StatusItem::highest_modseq)) session.enable_condstore();
  for (std::size_t i = 0; i < found.size(); ++i) {
    tell(session.wire, list, found[i]);
    if (statuses[i]) tell_status(session, found[i].name, list.status, *statuses[i], recent[i]);
    co_await session.give_way();
  }
}

Task<Tagged> run(Session& session, List list) {
  if (!list.extended && list.patterns.front().empty()) {
    session.wire.raw("* LIST (\\Noselect) \"/\" \"\"").crlf();
    co_return ok("LIST completed");
  }
  if (list.patterns.size() > kMostPatterns) co_return no(Code::limit, "too many patterns at once");
  const std::vector<MailboxInfo> mailboxes = co_await session.store().mailboxes(session.account);
  std::vector<std::string> subscriptions;
  if (list.tell_subscribed) {
    subscriptions = co_await session.store().subscriptions(session.account);
  }
  auto find = [&] { return find_listed(mailboxes, subscriptions, patterns_of(list), list.choice); };
  // An account can have many mailboxes, a command many patterns.
  const std::vector<Listed> found = co_await perform(session.runtime(), Lane::compute, find);
  co_await tell_all(session, list, found);
  co_return ok("LIST completed");
}

}  // namespace

extern constinit const Command list_command = command<&parse, &run>(
    "LIST", kLoggedIn, {.capability = "CHILDREN SPECIAL-USE LIST-EXTENDED LIST-STATUS"});

}  // namespace postroom::imap
