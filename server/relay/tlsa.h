// TLSA records that mail servers may be judged by.
#pragma once

#include <vector>

#include "server/relay/resolver.h"

namespace postroom::relay {

/// Those that a mail client can use: usages DANE-TA(2) and DANE-EE(3) only (RFC 7672 3.1.3), with a selector
/// and a matching type of RFC 6698 2.1 and as much data as these need.
std::vector<Tlsa> usable_tlsa(std::vector<Tlsa> records);

}  // namespace postroom::relay
