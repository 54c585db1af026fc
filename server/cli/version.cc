// postroom version: which program this is.
#include <ostream>

#include "server/cli_data.h"

namespace postroom::cli {
namespace {

int print(const Terminal& terminal, const Arguments& arguments) {
  if (arguments.has("--json")) {
    terminal.out << "{\"version\": \"" POSTROOM_VERSION "\"}\n";
  } else {
    terminal.out << "postroom " POSTROOM_VERSION "\n";
  }
  return kDone;
}

constexpr Option kOptions[] = {kJson};
constexpr Action kActions[] = {{"", "", kOptions, "Prints the version.", &print}};

}  // namespace

extern constinit const Verb version_verb{"version", "which version this is", kActions, "", ""};

}  // namespace postroom::cli
