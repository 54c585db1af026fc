// RFC 6154 2.
#include "protocols/imap/special_use.h"

#include "base/text.h"

namespace postroom::imap {

std::string_view name_of(SpecialUse use) {
  switch (use) {
    case SpecialUse::none: break;
    case SpecialUse::all: return "\\All";
    case SpecialUse::archive: return "\\Archive";
    case SpecialUse::drafts: return "\\Drafts";
    case SpecialUse::flagged: return "\\Flagged";
    case SpecialUse::junk: return "\\Junk";
    case SpecialUse::sent: return "\\Sent";
    case SpecialUse::trash: return "\\Trash";
  }
  return {};
}

std::optional<SpecialUse> find_special_use(std::string_view name) {
  for (const SpecialUse use :
       {SpecialUse::archive, SpecialUse::drafts, SpecialUse::junk, SpecialUse::sent, SpecialUse::trash})
    if (iequals(name, name_of(use).substr(1))) return use;
  return std::nullopt;
}

}  // namespace postroom::imap
