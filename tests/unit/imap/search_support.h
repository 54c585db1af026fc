// A mailbox that exists in memory only, for holding queries against its messages without a store.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "protocols/imap/query.h"
#include "protocols/mime/facts.h"
#include "tests/support/sim_runtime.h"

namespace postroom::imap::testing {

struct Mail {
  MessageRow row;
  std::string bytes;
};

class Mailbox {
 public:
  /// Adds a message; `uid` 0 is the next.
  Mail& add(std::string bytes, Uid uid = 0) {
    Mail& mail = *mails.emplace_back(std::make_unique<Mail>());
    const MessageFacts facts = mime::facts_of(bytes);
    mail.row.uid = uid > 0 ? uid : (mails.size() > 1 ? mails[mails.size() - 2]->row.uid + 1 : 1);
    mail.row.modseq = mails.size();
    mail.row.size = bytes.size();
    mail.row.sent_date = facts.sent_date;
    mail.row.parts = facts.parts;
    mail.row.sort_keys = facts.sort_keys;
    mail.bytes = std::move(bytes);
    return mail;
  }

  /// As a session that has just selected it; messages from `first_recent` on are recent.
  View view() {
    MailboxSnapshot snapshot;
    for (const auto& mail : mails) snapshot.uids.add(mail->row.uid);
    snapshot.status.first_recent = first_recent;
    return View(hub, snapshot, signal, false);
  }

  std::vector<std::unique_ptr<Mail>> mails;
  std::vector<std::string> keywords;
  Uid first_recent = 1;

 private:
  postroom::testing::SimRuntime runtime_;
  ChangeHub hub;
  Signal signal{runtime_};
};

/// What SEARCH finds, as the command does it, in pieces of `piece` bytes: "1 3", or "BAD".
inline std::string search(Mailbox& mailbox, std::string_view text, std::size_t piece = 1 << 20) {
  Cursor in(text);
  SearchCriteria criteria = parse_search(in);
  in.end();
  if (in.error()) return "BAD";
  const View view = mailbox.view();
  SearchContext context{view, mailbox.keywords};
  Query query(std::move(criteria.root), context);
  if (context.bad_number) return "BAD";
  const Query::Selection selection = query.select(view.uids());
  std::string found;
  for (std::size_t i = 0; i < mailbox.mails.size(); ++i) {
    const Mail& mail = *mailbox.mails[i];
    query.begin(mail.row);
    const auto parts = mime::PartIndex::parse(mail.row.parts);
    if (query.verdict() == Truth::unknown && parts) {
      MessageScan scan(query, *parts);
      while (const auto wanted = scan.wanted())
        scan.feed(
            std::string_view(mail.bytes).substr(wanted->offset, std::min<std::size_t>(piece, wanted->size)));
    }
    EXPECT_NE(query.verdict(), Truth::unknown) << text;
    const bool matches = query.verdict() == Truth::yes;
    const bool selected = selection.uids.contains(mail.row.uid);
    if (selection.exact) {
      EXPECT_EQ(selected, matches) << text;
    }
    if (matches) {
      EXPECT_TRUE(selected) << text;
    }
    if (matches) found += (found.empty() ? "" : " ") + std::to_string(i + 1);
  }
  return found;
}

}  // namespace postroom::imap::testing
