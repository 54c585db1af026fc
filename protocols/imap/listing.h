// Which names LIST and LSUB find (RFC 5258 3). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/mailbox_name.h"
#include "storage/types.h"

namespace postroom::imap {

/// LIST's selection options; REMOTE adds nothing, since all mailboxes are here.
struct Choice {
  bool subscribed = false;   ///< subscribed names, not mailboxes
  bool special_use = false;  ///< only those with a special use (RFC 6154 2)
  bool recursive = false;    ///< also the names above them (RECURSIVEMATCH)
};

struct Listed {
  Listed() = default;
  std::string_view name;
  const MailboxInfo* mailbox = nullptr;  ///< null: there is none of this name
  bool subscribed = false;
  bool has_children = false;
  bool chosen = false;      ///< meets the selection criteria; else it is listed for what lies below it
  bool child_info = false;  ///< what lies below it meets them, and RECURSIVEMATCH was asked for
};

/// Each name that matches one of the patterns at least, once, in their order. What is found refers to
/// `mailboxes` and `subscriptions`.
std::vector<Listed> find_listed(const std::vector<MailboxInfo>& mailboxes,
                                const std::vector<std::string>& subscriptions,
                                const std::vector<Pattern>& patterns, const Choice& choice);

}  // namespace postroom::imap
