// RFC 3501 6.1.1, 6.2.1, 6.2.3; what a command brings is said by its traits, a FETCH item and a SEARCH key
// likewise.
#include "protocols/imap/capability.h"

#include <algorithm>
#include <limits>

#include "protocols/imap/fetch_item.h"
#include "protocols/imap/search_key.h"
#include "protocols/imap/session.h"
#include "protocols/login_exchange.h"

namespace postroom::imap {

std::string capabilities(const Session& session) {
  std::string list = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE";
  const auto add = [&list](std::string_view more) {
    if (!more.empty()) list.append(" ").append(more);
  };
  const bool compresses = session.stream->compression() == Stream::Compression::deflate;
  if (session.options.compress && !compresses) add("COMPRESS=DEFLATE");  // RFC 4978 3: before a login too
  if (session.state == State::not_authenticated) {
    if (session.service.tls && session.stream->tls().empty()) add("STARTTLS");
    if (!session.login_allowed()) add("LOGINDISABLED");
    add(sasl::mechanism_names("AUTH=", sasl_offer(session.service, *session.stream, session.peer)));
    return list;
  }
  for (const Command* command : commands()) add(command->traits.capability);
  for (const FetchItem* item : fetch_items()) add(item->capability);
  for (const SearchKey* key : search_keys()) add(key->capability);
  add("APPENDLIMIT=" + std::to_string(append_limit(session)));  // RFC 7889 2: for all mailboxes the same
  return list;
}

std::uint64_t append_limit(const Session& session) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();
  return std::min(session.options.message_size, kLargest);
}

}  // namespace postroom::imap
