// RFC 5258 3.3 and 3.5: when a name is listed.
#include "protocols/imap/listing.h"

#include <algorithm>
#include <map>

namespace postroom::imap {

namespace {

struct Name {
  Name() = default;
  Listed listed;
  bool found = false;           ///< to be listed
  bool has_hidden_one = false;  ///< below it a chosen one that no pattern matches
};
using Names = std::map<std::string_view, Name>;

Names all_names(const std::vector<MailboxInfo>& mailboxes, const std::vector<std::string>& subscriptions) {
  Names names;
  for (const MailboxInfo& mailbox : mailboxes) {
    names[mailbox.name].listed.mailbox = &mailbox;
    const std::string_view parent = parent_of(mailbox.name);
    if (!parent.empty()) names[parent].listed.has_children = true;
  }
  for (const std::string& name : subscriptions) names[name].listed.subscribed = true;
  return names;
}

bool meets(const Listed& listed, const Choice& choice) {
  if (choice.special_use && (!listed.mailbox || listed.mailbox->special_use == SpecialUse::none))
    return false;
  return choice.subscribed ? listed.subscribed : listed.mailbox != nullptr;
}

bool matches(const std::vector<Pattern>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const Pattern& pattern) { return pattern.matches(name); });
}

void tell_parents(Names& names, std::string_view name, bool hidden) {
  for (std::string_view parent = parent_of(name); !parent.empty(); parent = parent_of(parent)) {
    Name& above = names[parent];
    // All that is above it knows as well.
    if (above.listed.child_info && (above.has_hidden_one || !hidden)) return;
    above.listed.child_info = true;
    above.has_hidden_one |= hidden;
  }
}

}  // namespace

std::vector<Listed> find_listed(const std::vector<MailboxInfo>& mailboxes,
                                const std::vector<std::string>& subscriptions,
                                const std::vector<Pattern>& patterns, const Choice& choice) {
  Names names = all_names(mailboxes, subscriptions);
  for (auto& [name, each] : names) {
    each.listed.chosen = meets(each.listed, choice);
    if (!each.listed.chosen) continue;
    each.found = matches(patterns, name);
    if (choice.recursive) tell_parents(names, name, !each.found);
  }
  std::vector<Listed> found;
  for (auto& [name, each] : names) {
    // A parent that is not chosen itself is not told when all it would tell of is listed.
    const bool as_parent = !each.listed.chosen && each.has_hidden_one && matches(patterns, name);
    if (!each.found && !as_parent) continue;
    each.listed.name = name;
    found.push_back(each.listed);
  }
  return found;
}

}  // namespace postroom::imap
