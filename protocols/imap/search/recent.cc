// RECENT, OLD: RFC 3501 6.4.4. The session knows which messages are recent.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"RECENT", "OLD"};

void resolve(SearchNode& node, SearchContext& context) {
  const bool old = node.form == 1;
  node.uids = old ? context.view.uids() : context.view.recent();
  if (old) node.uids->remove(context.view.recent());
}

}  // namespace

extern constinit const SearchKey recent_key{.names = kNames, .cost = Cost::uid, .resolve = &resolve};

}  // namespace postroom::imap
