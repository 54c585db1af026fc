// postroom help: what the program can do.
#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "server/cli.h"

namespace postroom::cli {
namespace {

int print(const Terminal& terminal, const Arguments& arguments) {
  if (!arguments.has("VERB")) {
    terminal.out << overview();
    return kDone;
  }
  const std::string name = arguments.one("VERB");
  std::vector<std::string_view> names;
  for (const Verb* verb : verbs()) {
    names.push_back(verb->name);
    if (verb->name != name) continue;
    terminal.out << manual(*verb);
    return kDone;
  }
  const auto near = nearest(name, names);
  throw Misuse("unknown verb \"" + name + "\"" +
               (near ? "; did you mean \"" + std::string(*near) + "\"?" : "") + "\nSee: postroom help");
}

constexpr Action kActions[] = {
    {"", "[VERB]", {}, "Lists all verbs, or explains one. The same as --help after a verb.", &print}};

}  // namespace

extern constinit const Verb help_verb{"help", "explains the verbs", kActions, "", "postroom help user"};

}  // namespace postroom::cli
