// postroom serve: the server itself.
#include "server/cli_data.h"
#include "server/server.h"

namespace postroom::cli {
namespace {

int run(const Terminal&, const Arguments& arguments) {
  const ConfigFile file = config_file(arguments);
  const Config config = load(arguments);
  check_files(config);
  return serve(config, file.path);
}

constexpr Action kActions[] = {
    {"",
     "",
     {},
     "Serves mail until SIGTERM or SIGINT. Prints one line \"ready\" with the addresses it listens\n"
     "on to standard output as soon as clients can connect; events go to standard error.",
     &run}};

}  // namespace

extern constinit const Verb serve_verb{
    "serve", "runs the mail server", kActions,
    "SIGTERM, SIGINT  No new connections; sessions are told goodbye, messages on their way in are\n"
    "                 finished; then it ends with exit status 0.\n"
    "SIGHUP           Reads the configuration and the certificate again. No connection is dropped.\n"
    "                 [listen], [relay] with its passwords, [dns], hostname and data change at the\n"
    "                 next start only.",
    "postroom serve --config ./postroom.toml"};

}  // namespace postroom::cli
