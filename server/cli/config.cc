// postroom config: looking at the configuration.
#include "config/config.h"

#include <ostream>
#include <unistd.h>

#include "config/load.h"
#include "config/write.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

int check(const Terminal& terminal, const Arguments& arguments) {
  const ConfigFile file = config_file(arguments);
  const Config config = load(arguments);
  check_files(config);
  const bool there = access(file.path.c_str(), F_OK) == 0;
  terminal.out << file.path << ": " << (there ? "good" : "not there: all defaults are in force") << "\n";
  if (!there)
    terminal.out << "hint: to change some, begin with: postroom config example > " << file.path << "\n";
  if (config.hostname.find('.') == std::string::npos) {
    terminal.out << "hint: \"" << config.hostname
                 << "\" has no domain; other servers expect a full hostname like \"mail.example.org\"\n";
  }
  return kDone;
}

int show(const Terminal& terminal, const Arguments& arguments) {
  const Config config = load(arguments);
  terminal.out << (arguments.has("--json") ? config_as_json(config) : config_as_toml(config));
  return kDone;
}

int example(const Terminal& terminal, const Arguments&) {
  terminal.out << config_example();
  return kDone;
}

constexpr Option kShowOptions[] = {kJson};
constexpr Action kActions[] = {
    {"check",
     "",
     {},
     "Looks for mistakes and names each with its line and column, and tries the files it names:\n"
     "the certificate and its key, the passwords of routes, DNSSEC's trust anchor. Run it before\n"
     "a restart or a reload.",
     &check},
    {"show", "", kShowOptions, "Prints what is in force: the file's values, and defaults for the rest.",
     &show},
    {"example", "", {}, "Prints a configuration with every key, what it means, and its default.", &example},
};

}  // namespace

extern constinit const Verb config_verb{
    "config", "checks, shows and explains the configuration", kActions,
    "The configuration is TOML; every key may be left out. Relative paths in it start from the\n"
    "folder of the file.",
    "postroom config example > /etc/postroom/postroom.toml\n"
    "postroom config check --config ./postroom.toml"};

}  // namespace postroom::cli
