// The trace: what became of each mail, for people who ask. The store writes it down by the transaction that
// does what it tells of, so that it is never wrong and costs no sync of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/types.h"

namespace postroom {

/// How a mail came to us.
struct Origin {
  Origin() = default;
  std::string id;            ///< what people call it: of our Received field, our log and our reply
  std::string reverse_path;  ///< without angle brackets; empty: "<>"
  std::string user;          ///< who had logged in; empty: nobody
  std::string peer;          ///< the client's address; empty: the mail was made here
  std::string client;        ///< as it called itself in EHLO
  std::string tls;           ///< of its connection; empty: none
  std::string about;         ///< of a report: the id of the mail that it is about

  struct Recipient {
    AccountId account{};
    std::string address;  ///< that led to the account: its own, with a '+', or an alias
  };
  std::vector<Recipient> recipients;  ///< those that led to accounts
};

/// Something that happened to a mail after it came.
struct TraceEvent {
  TraceEvent() = default;
  enum class Kind : std::uint8_t {  // stored as numbers
    stored = 1,
    queued = 2,
    delivered = 3,    ///< to another server
    deferred = 4,     ///< is tried again
    failed = 5,       ///< for good
    reported = 6,     ///< its sender was told
    removed = 7,      ///< from the queue, by an administrator
    unreachable = 8,  ///< a recipient's destination; kept for all its mail together
    rerouted = 9,     ///< by an administrator
    expanded = 10,    ///< a list: what follows went to its members
  };
  Kind kind{};
  std::string address;  ///< the recipient; who was told; the destination; the list
  std::string via;  ///< stored: other addresses that led there, separated by ", "; reported: the report's id;
                    ///< otherwise the host that answered, empty when none did
  std::string tls;  ///< of the connection to it
  std::string text;  ///< stored: the mailbox; rerouted: the route, empty when it is as that of others again;
                     ///< otherwise what the host said or why
  std::int64_t value = 0;  ///< stored: the UID; expanded: how many members; deferred and unreachable: when it
                           ///< is tried again, Unix seconds
};

}  // namespace postroom
