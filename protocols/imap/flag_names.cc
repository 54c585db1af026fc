// RFC 3501 2.3.2: keywords are made by using them.
#include "protocols/imap/flag_names.h"

#include <algorithm>

namespace postroom::imap {

namespace {

/// An atom, but not one that fills every FLAGS response.
bool is_too_long(const std::string& keyword) { return keyword.size() > 100; }

}  // namespace

Task<std::optional<Flags>> find_flags(Session& session, FlagNames names) {
  std::optional<Flags> flags(std::in_place);
  if (!names.keywords.empty()) {
    if (std::any_of(names.keywords.begin(), names.keywords.end(), is_too_long)) co_return std::nullopt;
    flags = co_await session.store().keyword_flags(session.account, std::move(names.keywords));
  }
  if (!flags) co_return flags;
  co_await session.learn_keywords(flags->bits);
  flags->bits |= names.system;
  co_return flags;
}

Tagged too_many_keywords() {
  return no(Code::limit, "at most " + std::to_string(Flags::max_keywords) + " keywords of 100 characters");
}

}  // namespace postroom::imap
