// The program: see server/cli.h for its verbs.
#include "server/cli.h"

int main(int argc, char** argv) { return postroom::cli::run(argc, argv); }
