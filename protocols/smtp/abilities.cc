#include "protocols/smtp/abilities.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::smtp {

namespace {

constexpr std::size_t kMostMechanisms = 64;

void add_mechanisms(std::string_view names, Abilities& abilities) {
  for (const std::string_view name : split(names, ' '))
    if (!name.empty() && abilities.auth.size() < kMostMechanisms && !abilities.offers_auth(name))
      abilities.auth.push_back(upper(name));
}

/// RFC 9422: what is not understood is passed over.
void add_limits(std::string_view limits, Abilities& abilities) {
  for (const std::string_view limit : split(limits, ' ')) {
    const std::size_t equals = std::min(limit.find('='), limit.size());
    const std::uint64_t value = parse_number(limit.substr(std::min(equals + 1, limit.size()))).value_or(0);
    if (value == 0) continue;
    const std::string_view name = limit.substr(0, equals);
    if (iequals(name, "MAILMAX")) abilities.mail_limit = value;
    if (iequals(name, "RCPTMAX")) abilities.recipient_limit = value;
  }
}

void add(std::string_view line, Abilities& abilities) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view keyword = line.substr(0, end);
  const std::string_view parameters = trim(line.substr(end));
  if (iequals(keyword, "STARTTLS")) abilities.starttls = true;
  if (iequals(keyword, "PIPELINING")) abilities.pipelining = true;
  if (iequals(keyword, "CHUNKING")) abilities.chunking = true;
  if (iequals(keyword, "8BITMIME")) abilities.eight_bit = true;
  if (iequals(keyword, "BINARYMIME")) abilities.binary = true;
  if (iequals(keyword, "DSN")) abilities.dsn = true;
  if (iequals(keyword, "MT-PRIORITY")) abilities.priority = true;
  if (iequals(keyword, "DELIVERBY")) {
    abilities.deliver_by = true;
    abilities.deliver_by_least = parse_number(parameters.substr(0, parameters.find(','))).value_or(0);
  }
  if (iequals(keyword, "SMTPUTF8")) abilities.smtputf8 = true;
  if (iequals(keyword, "REQUIRETLS")) abilities.requiretls = true;
  if (iequals(keyword, "ENHANCEDSTATUSCODES")) abilities.enhanced_codes = true;
  if (iequals(keyword, "LIMITS")) add_limits(parameters, abilities);
  if (iequals(keyword, "AUTH")) add_mechanisms(parameters, abilities);
  // As servers from before RFC 2554 have it, often beside the other form.
  if (istarts_with(line, "AUTH=")) add_mechanisms(line.substr(5), abilities);
  if (iequals(keyword, "SIZE")) {
    abilities.size = true;
    abilities.size_limit = parse_number(parameters).value_or(0);
  }
}

}  // namespace

bool Abilities::offers_auth(std::string_view mechanism) const {
  return std::ranges::any_of(auth, [&](std::string_view name) { return iequals(name, mechanism); });
}

Abilities parse_abilities(const std::vector<std::string>& lines) {
  Abilities abilities;
  for (std::size_t i = 1; i < lines.size(); ++i) add(trim(lines[i]), abilities);
  if (!abilities.chunking) abilities.binary = false;
  return abilities;
}

}  // namespace postroom::smtp
