// Extension: one of those of SMTP (RFC 5321 2.2), as each file in extensions/ defines it: what EHLO says of
// it, and what it adds to MAIL and RCPT. The folder is the table.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.h"
#include "protocols/smtp/cursor.h"
#include "protocols/smtp/reply.h"
#include "storage/dsn.h"

namespace postroom::smtp {

class Session;
struct Extension;

/// Those that a client made use of in one command, each with the keyword of the parameter.
struct Use {
  const Extension* extension;
  std::string_view keyword;
};

/// BY=, RFC 2852.
struct ByArgument {
  std::chrono::seconds time{};  ///< from now on
  bool returns = false;         ///< otherwise the sender is told that it is late
  bool traced = false;
};

/// What MAIL says.
struct MailArguments {
  MailArguments() = default;
  Path sender;
  std::uint64_t size = 0;  ///< 0: it was not said
  bool utf8 = false;
  bool binary = false;       ///< BODY=BINARYMIME (RFC 3030 3)
  bool require_tls = false;  ///< RFC 8689
  MailDsn dsn;
  std::optional<std::chrono::seconds> hold_for;  ///< RFC 4865
  std::optional<WallTime> hold_until;
  std::optional<ByArgument> by;
  int priority = 0;  ///< RFC 6710
  std::vector<Use> uses;

  /// When it may leave.
  WallTime release(WallTime now) const {
    return hold_for ? now + *hold_for : hold_until.value_or(WallTime{});
  }
};

/// What RCPT says.
struct RcptArguments {
  RcptArguments() = default;
  Path recipient;
  RecipientDsn dsn;
  bool beyond_ascii = false;  ///< in the path, or as a parameter was sent
  std::vector<Use> uses;

  std::string address() const { return recipient.address(); }
};

/// One that a command takes (RFC 5321 4.1.1.11). A wrong value is latched in the cursor.
template <class Arguments>
struct ParameterOf {
  std::string_view keyword;
  void (*read)(Cursor& in, const Parameter& parameter, Arguments& arguments);
};
using MailParameter = ParameterOf<MailArguments>;
using RcptParameter = ParameterOf<RcptArguments>;

struct Extension {
  std::string_view keyword;
  /// To this client, now? Null: always.
  bool (*on_offer)(const Session& session) = nullptr;
  /// What EHLO says behind the keyword; null: nothing.
  std::string (*values)(const Session& session) = nullptr;
  std::span<const MailParameter> mail = {};
  std::span<const RcptParameter> rcpt = {};
  /// Why such a message is not taken from this client; null, or nothing: it is.
  std::optional<Reply> (*refuse)(const Session& session, const MailArguments& mail) = nullptr;

  bool offered(const Session& session) const { return !on_offer || on_offer(session); }
};

/// All of extensions/, by file name.
std::span<const Extension* const> extensions();

/// The parameters of MAIL and RCPT, to the end of the line. One that is nobody's is latched in the cursor as
/// 555, one that comes twice as 501.
void read_parameters(Cursor& in, MailArguments& mail);
void read_parameters(Cursor& in, RcptArguments& rcpt);

/// What is used must be on offer (RFC 5321 4.1.1.11): otherwise the reply.
std::optional<Reply> refuse_uses(const Session& session, std::span<const Use> uses);

}  // namespace postroom::smtp
