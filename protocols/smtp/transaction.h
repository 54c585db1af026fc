// One mail transaction: from MAIL to the end of DATA (RFC 5321 3.3).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocols/smtp/cursor.h"
#include "protocols/smtp/delivery_report.h"
#include "protocols/smtp/incoming.h"
#include "storage/store.h"

namespace postroom::smtp {

struct Transaction {
  Transaction() = default;
  std::string id;                          ///< in our Received field, our log and our reply
  std::string reverse_path;                ///< without angle brackets; empty: "<>"
  bool utf8 = false;                       ///< SMTPUTF8
  bool binary = false;                     ///< BODY=BINARYMIME
  bool require_tls = false;                ///< REQUIRETLS (RFC 8689)
  MailDsn dsn;                             ///< RET and ENVID
  WallTime release{};                      ///< it waits in the queue until then (RFC 4865)
  std::uint64_t size = 0;                  ///< as declared (RFC 1870 3); 0: it was not
  DeliverBy deliver_by;                    ///< RFC 2852
  int priority = 0;                        ///< RFC 6710
  std::size_t recipients = 0;              ///< that we said 250 to
  std::string first_recipient;             ///< as the client wrote it
  std::vector<AccountId> accounts;         ///< each once
  std::vector<Origin::Recipient> here;     ///< the addresses that led to them
  std::vector<Delivery::Recipient> apart;  ///< LMTP: where each recipient leads, as they came
  std::vector<OutgoingRecipient> outside;  ///< on other servers, each once
  std::vector<OutgoingRecipient> later;    ///< here, each once, when it is released
  /// On other servers, each once, because an alias of ours leads there.
  std::vector<OutgoingRecipient> forwarded;
  std::string forwarded_reverse_path;      ///< for those
  std::vector<MailingList> lists;          ///< whose members get it, each once
  std::vector<ReportedRecipient> told_of;  ///< here, whose delivery the sender is told of
  std::unique_ptr<Incoming> content;       ///< from DATA or the first BDAT on

  /// What `address` has led to.
  void add_accounts(const std::string& address, const std::vector<AccountId>& more);
  /// Accounts and addresses of other servers that it goes to, but for members of lists.
  std::size_t destinations() const {
    return accounts.size() + outside.size() + later.size() + forwarded.size();
  }
  /// Accounts that recipients with an answer of their own lead to, however often.
  std::size_t answered_for() const;
  /// All that the store is told of where it goes; once all of the content is there.
  Delivery delivery() const;
};

}  // namespace postroom::smtp
