// What a courier does where no server can be asked: the mail stays, goes back, or comes home.
#include "base/log.h"
#include "server/relay/courier.h"

namespace postroom::relay {

/// There is no server: perhaps because the domain has become one of ours.
Task<> Courier::deliver_nowhere() {
  if (!targets_.permanent) co_return co_await put_off(targets_.text);
  const bool here = co_await office_.local_delivery.is_here(destination_);
  if (here) co_return co_await deliver_here();
  co_await fail_for_good();
}

/// That there is no server as these demand it says nothing of others for the same destination (RFC
/// 8689 4.2.1).
Task<> Courier::end_each() {
  const std::string why = std::exchange(unreachable_, {});
  const std::string unmet = std::exchange(unmet_, {});
  in_vain_ = 0;
  const smtp::RemoteReply reply =
      unmet.empty() ? smtp::RemoteReply::made(451, "4.4.1", why) : smtp::RemoteReply::made(550, unmet, why);
  for (; next_ < batch_.size() && batch_holds(); ++next_) {
    const QueuedMail& mail = batch_[next_];
    const UnderWay under_way(office_.under_way, mail);
    if (!ours(under_way)) continue;
    std::vector<smtp::RemoteReply> replies(mail.recipients.size(), reply);
    co_await record(mail, std::move(replies), Remote());
  }
}

/// What has been released (RFC 4865), into our own users' mailboxes.
Task<> Courier::deliver_here() {
  while (office_.may_begin()) {
    co_await next_batch();
    if (batch_.empty()) co_return;
    for (const QueuedMail& mail : batch_) {
      QueuedMail one = mail;
      for (const QueuedRecipient& recipient : mail.recipients) {
        if (!batch_holds()) break;
        one.recipients.assign(1, recipient);
        const UnderWay under_way(office_.under_way, one);
        if (!ours(under_way)) continue;
        const smtp::RemoteReply reply = co_await bring_home_or_put_off(one);
        if (reply.positive()) continue;
        Remote remote;
        remote.host = office_.hostname;
        std::vector<smtp::RemoteReply> replies(1, reply);
        co_await record(one, std::move(replies), std::move(remote));
      }
    }
  }
}

Task<smtp::RemoteReply> Courier::bring_home_or_put_off(const QueuedMail& mail) {
  std::string fault;
  try {
    co_return co_await office_.local_delivery.deliver(mail);
  } catch (const StoreFault& error) {
    fault = error.what();
  }
  log::error("relay.store_fault", {{"id", mail.id}, {"what", fault}});
  co_return smtp::RemoteReply::made(451, kOurFault, "this server could not deliver the message");
}

Task<> Courier::fail_for_good() {
  while (office_.may_begin()) {
    co_await next_batch();
    if (batch_.empty()) co_return;
    for (const QueuedMail& mail : batch_) {
      if (!batch_holds()) break;
      const UnderWay under_way(office_.under_way, mail);
      if (!ours(under_way)) continue;
      const auto reply = smtp::RemoteReply::made(550, targets_.status, targets_.text);
      std::vector<smtp::RemoteReply> replies(mail.recipients.size(), reply);
      co_await record(mail, std::move(replies), Remote());
    }
  }
}

Task<> Courier::put_off(std::string why) {
  if (office_.draining) co_return;
  const WallTime until = office_.runtime.wall_now() + office_.schedule.wait(failures_);
  log::info("relay.unreachable", {{"destination", destination_}, {"failures", failures_ + 1}, {"why", why}});
  co_await office_.queue.put_off(destination_, until, std::move(why));
}

}  // namespace postroom::relay
