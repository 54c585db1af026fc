// ALL, RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

constexpr std::string_view kNames[] = {"ALL"};

void resolve(SearchNode& node, SearchContext& context) { node.uids = context.view.uids(); }

}  // namespace

extern constinit const SearchKey all_key{.names = kNames, .cost = Cost::uid, .resolve = &resolve};

}  // namespace postroom::imap
