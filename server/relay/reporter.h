// Reporter: writes down what became of mail in the queue, and tells its sender by the same transaction, so
// that no report is lost and none is sent twice.
#pragma once

#include <string>

#include "base/runtime.h"
#include "server/relay/outcome.h"
#include "storage/store.h"

namespace postroom::relay {

class Reporter {
 public:
  Reporter(Runtime& runtime, Store& store, Queue& queue, std::string hostname, Schedule schedule,
           std::string srs_secret)
      : runtime_(runtime),
        store_(store),
        queue_(queue),
        hostname_(std::move(hostname)),
        schedule_(std::move(schedule)),
        srs_secret_(std::move(srs_secret)) {}

  /// Durable when it returns. Throws StoreFault.
  Task<> record(const QueuedMail& mail, Outcome outcome);

 private:
  Task<bool> report(const QueuedMail& mail, const Outcome& outcome);
  Task<std::string> original(const QueuedMail& mail);
  smtp::ReportFacts facts(const QueuedMail& mail, const Outcome& outcome, std::string to);

  Runtime& runtime_;
  Store& store_;
  Queue& queue_;
  const std::string hostname_;
  const Schedule schedule_;
  const std::string srs_secret_;
};

}  // namespace postroom::relay
