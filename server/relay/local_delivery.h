// LocalDelivery: mail in the queue that is for our own users. It waited there because its sender wanted it to
// (RFC 4865), or its domain has become ours meanwhile.
#pragma once

#include <string>

#include "server/relay/reporter.h"

namespace postroom::relay {

class LocalDelivery {
 public:
  LocalDelivery(Runtime& runtime, Store& store, Reporter& reporter, std::string hostname,
                std::string srs_secret)
      : runtime_(runtime),
        store_(store),
        reporter_(reporter),
        hostname_(std::move(hostname)),
        srs_secret_(std::move(srs_secret)) {}

  /// Is the domain ours?
  Task<bool> is_here(std::string destination);

  /// Brings a message to the one recipient that it has here. Positive: it is in the mailbox and out of the
  /// queue, by one transaction. Otherwise it is still in the queue. Throws StoreFault.
  Task<smtp::RemoteReply> deliver(const QueuedMail& mail);

 private:
  Task<Delivered> store(const QueuedMail& mail, const Resolved& found, bool& possible);
  Task<> report_delivered(const QueuedMail& mail, const Resolved& found);
  Outgoing forwarded(const QueuedMail& mail, const Resolved& found) const;

  Runtime& runtime_;
  Store& store_;
  Reporter& reporter_;
  const std::string hostname_;
  const std::string srs_secret_;
};

}  // namespace postroom::relay
