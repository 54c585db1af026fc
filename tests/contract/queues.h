// A store that mail for other servers is given to.
#pragma once

#include "tests/contract/contract.h"

namespace postroom::testing {

class Queues : public Contract {
 protected:
  static Outgoing to(std::initializer_list<const char*> recipients, const char* from = "alice@example.org") {
    Outgoing outgoing;
    outgoing.id = "abc";
    outgoing.reverse_path = from;
    for (const char* recipient : recipients) outgoing.recipients.emplace_back(recipient);
    return outgoing;
  }

  Delivered::Outcome deliver(Delivery delivery, const std::string& message = "hello\r\n") {
    Spool spool(store());
    await(spool.append(message));
    return await(store().deliver(std::move(delivery), spool, MessageFacts(), kNever)).outcome;
  }
  Delivered::Outcome send(std::initializer_list<const char*> recipients) {
    Delivery delivery;
    delivery.outgoing.push_back(to(recipients));
    return deliver(std::move(delivery));
  }

  WallTime now() { return runtime().wall_now(); }
  WallTime in(std::chrono::seconds time) { return now() + time; }
  static constexpr std::chrono::seconds kHour{3600};

  /// Names of the destinations that are due.
  std::vector<std::string> due(WallTime when) {
    std::vector<std::string> names;
    for (const auto& destination : await(queue().due(when, 100)).destinations)
      names.push_back(destination.name);
    return names;
  }
  std::vector<QueuedMail> due_at(const std::string& destination, WallTime when) {
    return await(queue().due_at(destination, when, 100)).mail;
  }
  QueuedMail only(const std::string& destination) {
    const auto mail = due_at(destination, now());
    EXPECT_EQ(1u, mail.size());
    return mail.empty() ? QueuedMail() : mail.front();
  }
  void finish(const QueuedMail& mail) {
    QueueProgress progress;
    progress.queue_id = mail.queue_id;
    progress.destination = mail.recipients.front().destination();
    progress.reached = true;
    for (const QueuedRecipient& recipient : mail.recipients) progress.finished.push_back(recipient.number);
    await(queue().progress(progress));
  }
  void put_off(const QueuedMail& mail, WallTime due) {
    QueueProgress progress;
    progress.queue_id = mail.queue_id;
    progress.destination = mail.recipients.front().destination();
    progress.reached = true;
    for (const QueuedRecipient& recipient : mail.recipients) {
      QueueProgress::PutOff& off = progress.put_off.emplace_back();
      off.number = recipient.number;
      off.due = due;
      off.problem = "450 come again";
    }
    await(queue().progress(progress));
  }
  std::int64_t count(const char* sql) {
    sqlite::Connection db = sqlite::open_database(file());
    return db.ask(sql);
  }
};

}  // namespace postroom::testing
