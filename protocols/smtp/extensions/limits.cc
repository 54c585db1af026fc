// LIMITS, RFC 9422: how much a client may ask for, so that it need not find out.
#include "protocols/smtp/session.h"

namespace postroom::smtp {
namespace {

std::string values(const Session& session) {
  return "MAILMAX=" + std::to_string(session.options.transactions) +
         " RCPTMAX=" + std::to_string(session.options.recipients);
}

}  // namespace

extern constinit const Extension limits_extension = {.keyword = "LIMITS", .values = values};

}  // namespace postroom::smtp
