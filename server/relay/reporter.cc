#include "server/relay/reporter.h"

#include "base/log.h"
#include "protocols/smtp/srs.h"
#include "protocols/smtp/store_report.h"
#include "protocols/smtp/trace.h"

namespace postroom::relay {

namespace {

void log_outcome(const QueuedMail& mail, const Outcome& outcome) {
  for (const smtp::ReportedRecipient& recipient : outcome.reported)
    log::info("relay.reported",
              {{"id", mail.id},
               {"to", recipient.address},
               {"status", recipient.status},
               {"why", recipient.remote_reply.empty() ? recipient.why : recipient.remote_reply}});
}

}  // namespace

Task<> Reporter::record(const QueuedMail& mail, Outcome outcome) {
  log_outcome(mail, outcome);
  bool done = false;
  if (!outcome.reported.empty()) {
    done = co_await report(mail, outcome);
  }
  if (done) co_return;
  co_await queue_.progress(std::move(outcome.progress));
}

// False: nobody is there to be told, or nobody has room for it.
Task<bool> Reporter::report(const QueuedMail& mail, const Outcome& outcome) {
  // No report about a report (RFC 5321 4.5.5, RFC 3464 2): our own people hear of those that failed.
  std::string to = mail.reverse_path;
  if (to.empty()) to = "postmaster";
  // What we forwarded left under an address of ours.
  const auto forwarded_for = smtp::srs_reverse(to, srs_secret_, runtime_.wall_now());
  if (forwarded_for) to = *forwarded_for;
  smtp::ReportFacts report = facts(mail, outcome, to);
  report.original_headers = co_await original(mail);
  const bool whole = report.ret == Ret::full && mail.size <= smtp::kReportedOriginal && !mail.form.binary();
  if (whole) report.original = report.original_headers;
  const bool told =
      co_await smtp::store_report(runtime_, store_, std::move(report), mail.id, outcome.progress);
  if (!told) log::warning("relay.report_undeliverable", {{"id", mail.id}, {"to", to}});
  co_return told;
}

/// How the message begins, without the Return-Path that is not for others; empty when it cannot be read,
/// which its sender should know all the same.
Task<std::string> Reporter::original(const QueuedMail& mail) {
  std::string message;
  try {
    message = co_await store_.read(mail.content, 0, smtp::kReportedOriginal);
  } catch (const StoreFault& fault) {
    log::error("relay.store_fault", {{"id", mail.id}, {"what", fault.what()}});
  }
  message.erase(0, smtp::return_path_length(message));
  co_return message;
}

smtp::ReportFacts Reporter::facts(const QueuedMail& mail, const Outcome& outcome, std::string to) {
  smtp::ReportFacts facts;
  facts.hostname = hostname_;
  facts.to = std::move(to);
  facts.now = runtime_.wall_now();
  facts.arrived = mail.arrived;
  facts.envelope_id = mail.dsn.envelope_id;
  facts.require_tls = mail.tls == TlsDemand::required;
  facts.ret = facts.require_tls ? Ret::headers : mail.dsn.ret;
  facts.utf8 = mail.utf8;
  if (outcome.progress.delay_told || outcome.progress.by_told)
    facts.will_retry_until = mail.begun() + schedule_.give_up;
  facts.recipients = outcome.reported;
  return facts;
}

}  // namespace postroom::relay
