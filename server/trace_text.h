// What `postroom trace` prints.
#pragma once

#include <string>
#include <vector>

#include "storage/sqlite/trace_search.h"

namespace postroom::cli {

/// A block of lines for each mail, for people.
std::string trace_text(const std::vector<sqlite::TracedMail>& mails);
/// A list of objects, for programs.
std::string trace_json(const std::vector<sqlite::TracedMail>& mails);

}  // namespace postroom::cli
