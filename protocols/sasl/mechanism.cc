// The mechanisms by name.
#include "protocols/sasl/mechanism.h"

#include "base/text.h"

namespace postroom::sasl {

const Mechanism* find_mechanism(std::string_view name) {
  for (const Mechanism* mechanism : mechanisms())
    if (iequals(mechanism->name, name)) return mechanism;
  return nullptr;
}

std::string mechanism_names(std::string_view prefix, Offer offer) {
  std::string names;
  if (!offer.login) return names;
  for (const Mechanism* mechanism : mechanisms()) {
    if (mechanism->own_secret || mechanism->binding) continue;
    if (!names.empty()) names += ' ';
    names.append(prefix).append(mechanism->name);
  }
  return names;
}

}  // namespace postroom::sasl
