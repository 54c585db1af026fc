// Mailing lists: what a list puts on the mail that its members get, and what mail is not for them (RFC 5321
// 3.9.2, RFC 2369, RFC 2919). Subject and body stay as they are, so that a DKIM signature does, too. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "storage/types.h"

namespace postroom::smtp {

/// Where it is told that mail did not reach a member: "team-bounces@example.org". The owner gets that.
std::string bounces_of(const std::string& list);

/// The list's own fields, each with CRLF.
std::string list_fields(const MailingList& list);
/// Names of those that a message may have brought along and that these stand in place of.
std::span<const std::string_view> fields_of_other_lists();

/// Has a message whose header begins so come through the list before?
bool came_through(std::string_view header, const std::string& list);
/// Was it made by a machine that answers mail (RFC 3834 5)? That would go to all members again, and be
/// answered again.
bool is_automatic_answer(std::string_view header);

/// May somebody write to all lists that an address leads to? `sender` is where mail for them goes, which is
/// how a member is known who writes from another address of theirs.
bool may_write(std::span<const MailingList> lists, const std::string& address, const Resolved& sender);

/// What is no message for the members goes to the lists' owners.
Resolved owners_of(std::span<const MailingList> lists);
/// They take the place of the lists among where an address leads.
void lead_to_owners(Resolved& found);
/// Is nobody a member?
bool without_members(std::span<const MailingList> lists);

}  // namespace postroom::smtp
