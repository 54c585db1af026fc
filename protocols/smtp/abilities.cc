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

void add(std::string_view line, Abilities& abilities) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view keyword = line.substr(0, end);
  const std::string_view parameters = trim(line.substr(end));
  if (iequals(keyword, "STARTTLS")) abilities.starttls = true;
  if (iequals(keyword, "PIPELINING")) abilities.pipelining = true;
  if (iequals(keyword, "CHUNKING")) abilities.chunking = true;
  if (iequals(keyword, "8BITMIME")) abilities.eight_bit = true;
  if (iequals(keyword, "DSN")) abilities.dsn = true;
  if (iequals(keyword, "SMTPUTF8")) abilities.smtputf8 = true;
  if (iequals(keyword, "REQUIRETLS")) abilities.requiretls = true;
  if (iequals(keyword, "ENHANCEDSTATUSCODES")) abilities.enhanced_codes = true;
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
  return abilities;
}

}  // namespace postroom::smtp
