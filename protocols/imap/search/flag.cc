// ANSWERED, UNANSWERED and so on for each system flag: RFC 3501 6.4.4.
#include "protocols/imap/search_key.h"

namespace postroom::imap {

namespace {

// In the order of the flags' bits, each with its opposite.
constexpr std::string_view kNames[] = {"SEEN",      "UNSEEN",  "ANSWERED",  "UNANSWERED", "FLAGGED",
                                       "UNFLAGGED", "DELETED", "UNDELETED", "DRAFT",      "UNDRAFT"};
constexpr std::uint64_t kBits[] = {Flags::seen, Flags::answered, Flags::flagged, Flags::deleted,
                                   Flags::draft};

bool matches(const SearchNode& node, const MessageRow& row) {
  const bool wanted = node.form % 2 == 0;
  return ((row.flags.bits & kBits[node.form / 2]) != 0) == wanted;
}

}  // namespace

extern constinit const SearchKey flag_key{.names = kNames, .cost = Cost::row, .matches = &matches};

}  // namespace postroom::imap
