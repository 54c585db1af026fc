// The command line. Verbs are data: a file in server/cli/ describes one, with its actions, options and help;
// parsing, `postroom help` and suggestions come from that.
#pragma once

#include <iosfwd>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::cli {

/// Exit codes.
inline constexpr int kDone = 0, kFailed = 1, kMisuse = 2;

/// It could not be done; what() says what is wrong and what to do.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// It was asked for in a wrong way.
class Misuse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There are mistakes in the configuration: a line for each, which begins with the file's name.
class BadConfig : public Misuse {
 public:
  using Misuse::Misuse;
};

/// Where a verb reads and writes.
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool person;  ///< in and err are a terminal: somebody can be asked
};

/// The words of one command line, sorted.
class Arguments {
 public:
  /// The value of a positional or an option that was given once; empty when it was left out.
  std::string one(std::string_view name) const;
  const std::vector<std::string>& all(std::string_view name) const;
  bool has(std::string_view name) const { return !all(name).empty(); }

  std::map<std::string, std::vector<std::string>, std::less<>> values;
};

struct Option {
  std::string_view name;   ///< "--yes"
  std::string_view value;  ///< "SIZE"; "" when it takes none
  std::string_view doc;
};

/// What a verb can be asked to do.
struct Action {
  std::string_view name;         ///< "add", "apop enable"; "" when the verb alone says it
  std::string_view positionals;  ///< "ADDRESS TARGET…" (one or more), "[VERB]", "[ID…]" (may be left out)
  std::span<const Option> options;
  std::string_view doc;  ///< lines of text

  /// Returns the exit code; throws Failure, Misuse, StoreFault.
  int (*run)(const Terminal& terminal, const Arguments& arguments);
};

struct Verb {
  std::string_view name;
  std::string_view summary;  ///< for the list of verbs
  std::span<const Action> actions;
  std::string_view notes;     ///< paragraphs
  std::string_view examples;  ///< command lines, one a line
};

/// All of server/cli/, by name.
std::span<const Verb* const> verbs();

/// Understood by every action: --config FILE.
inline constexpr std::string_view kConfigOption = "--config";

/// Runs one command line and returns its exit code. Never throws.
int run(std::span<const std::string> words, const Terminal& terminal);
int run(int argc, char** argv);

// Help, made of the table.

/// The list of verbs.
std::string overview();
/// A verb's manual page.
std::string manual(const Verb& verb);
/// "postroom user add ADDRESS [--password-stdin]".
std::string usage(const Verb& verb, const Action& action);

}  // namespace postroom::cli
