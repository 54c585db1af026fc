// Command lines into actions, by CLI11, whose App is built of the table of verbs and gone before the action
// runs.
#include "server/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>
#include <list>
#include <optional>
#include <unistd.h>
#include <variant>

#include "base/text.h"

namespace postroom::cli {
namespace {

/// An action as CLI11 knows it, and what it found for it.
struct Leaf {
  const Verb* verb;
  const Action* action;
  CLI::App* app;
  Arguments arguments;
};

struct Parser {
  CLI::App root{"", "postroom"};
  std::list<Leaf> leaves;
  std::vector<std::string> config;
};

/// What is given once at most. (A vector itself would take every word that follows.)
CLI::Option* add_single(CLI::App* app, const std::string& name, std::vector<std::string>& values) {
  return app->add_option_function<std::string>(name,
                                               [&values](const std::string& v) { values.assign(1, v); });
}

void add_positional(Leaf& leaf, std::string_view word) {
  bool optional = word.front() == '[';
  if (optional) word = word.substr(1, word.size() - 2);
  // What follows a verb itself is not wanted where one of its actions is named: see missing().
  if (leaf.action->name.empty() && leaf.verb->actions.size() > 1) optional = true;
  constexpr std::string_view kMany = "…";
  const bool many = word.ends_with(kMany);
  if (many) word.remove_suffix(kMany.size());
  const std::string name(word);
  auto& values = leaf.arguments.values[name];
  if (many) {
    leaf.app->add_option(name, values)->required(!optional);
  } else {
    add_single(leaf.app, name, values)->required(!optional);
  }
}

void add_option(Leaf& leaf, const Option& option) {
  const std::string name(option.name);
  auto& values = leaf.arguments.values[name];
  if (option.value.empty()) {
    leaf.app->add_flag_callback(name, [&values] { values.assign(1, "true"); });
  } else {
    add_single(leaf.app, name, values);
  }
}

void add_action(Parser& parser, const Verb& verb, const Action& action, CLI::App* app) {
  for (const std::string_view word : split(action.name, ' ')) {
    if (word.empty()) continue;
    const auto same = app->get_subcommands([word](const CLI::App* sub) { return sub->get_name() == word; });
    app = same.empty() ? app->add_subcommand(std::string(word)) : same.front();
    app->require_subcommand(0, 1);
  }
  Leaf& leaf = parser.leaves.emplace_back(Leaf{&verb, &action, app, {}});
  for (const std::string_view word : split(action.positionals, ' ')) {
    if (!word.empty()) add_positional(leaf, word);
  }
  for (const Option& option : action.options) add_option(leaf, option);
}

void build(Parser& parser) {
  // One verb only: what follows it is no other verb, whatever its name. The missing one is noticed in
  // parse().
  parser.root.require_subcommand(0, 1);
  parser.root.fallthrough();
  parser.root.set_help_flag("-h,--help");
  add_single(&parser.root, std::string(kConfigOption), parser.config);
  parser.root.add_flag("--version");
  for (const Verb* verb : verbs()) {
    CLI::App* app = parser.root.add_subcommand(std::string(verb->name))->require_subcommand(0, 1);
    for (const Action& action : verb->actions) add_action(parser, *verb, action, app);
  }
}

/// The innermost verb or part of a verb that was recognised.
CLI::App* innermost(CLI::App& root) {
  CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

/// The words from the program's name to this verb.
std::string path(const CLI::App* app) {
  return (app->get_parent() == nullptr ? "" : path(app->get_parent()) + " ") + app->get_name();
}

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto near = nearest(word, views);
  return near ? "; did you mean \"" + std::string(*near) + "\"?" : "";
}

std::vector<std::string> option_names(CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> verb_names(CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

/// A word nobody expected: an option, a verb, or one argument too many.
std::string unexpected(CLI::App* app, const std::string& word) {
  if (word.starts_with('-')) return "unknown option \"" + word + "\"" + suggest(word, option_names(app));
  const std::vector<std::string> names = verb_names(app);
  if (names.empty()) return "\"" + word + "\" is one argument too many";
  const std::string suggestion = suggest(word, names);
  if (!suggestion.empty()) return "unknown verb \"" + word + "\"" + suggestion;
  return "unknown verb \"" + word + "\"; there are: " + join(names, ", ");
}

/// The actions at and below `app`.
std::vector<const Leaf*> leaves_of(const Parser& parser, const CLI::App* app) {
  std::vector<const Leaf*> found;
  for (const Leaf& leaf : parser.leaves) {
    for (const CLI::App* each = leaf.app; each != nullptr; each = each->get_parent()) {
      if (each == app) found.push_back(&leaf);
    }
  }
  return found;
}

int misuse(Parser& parser, const std::string& what, std::ostream& err) {
  CLI::App* app = innermost(parser.root);
  err << "postroom: " << what << "\n";
  if (app == &parser.root) {
    err << "See: postroom help\n";
    return kMisuse;
  }
  for (const Leaf* leaf : leaves_of(parser, app))
    err << "usage: " << usage(*leaf->verb, *leaf->action) << "\n";
  const auto leaves = leaves_of(parser, app);
  err << "See: postroom help " << leaves.front()->verb->name << "\n";
  return kMisuse;
}

/// What CLI11 says, in our words. Its text is "NAME: …" or "NAME is required".
std::string plain(const CLI::ParseError& error) {
  const std::string what = error.what();
  if (error.get_name() == "RequiredError") return what.substr(0, what.find(' ')) + " is missing";
  if (error.get_name() != "ArgumentMismatch") return what.substr(0, what.find('\n'));
  const bool lacking = what.find("missing") != std::string::npos;
  return what.substr(0, what.find(':')) + (lacking ? " needs a value" : " is given more than once");
}

/// An incomplete verb: "apop" alone.
std::string incomplete(CLI::App* app) {
  return "after \"" + path(app) + "\" comes one of: " + join(verb_names(app), ", ");
}

/// CLI11 was not told what follows a verb that has other actions as well: the argument it lacks, or nothing.
std::string missing(const Leaf& leaf) {
  if (!leaf.action->name.empty() || leaf.verb->actions.size() == 1) return "";
  for (const std::string_view word : split(leaf.action->positionals, ' ')) {
    const std::string_view name = word.substr(0, word.find("…"));
    if (!name.empty() && name.front() != '[' && !leaf.arguments.has(name)) return std::string(name);
  }
  return "";
}

/// An argument of a verb itself, where one of its actions was named: that one had all it takes already.
std::string astray(const Parser& parser, const CLI::App* app) {
  for (const Leaf& leaf : parser.leaves)
    for (const auto& [name, values] : leaf.arguments.values)
      if (leaf.app == app->get_parent() && !values.empty()) return values.front();
  return "";
}

struct Chosen {
  const Verb* verb;
  const Action* action;
  Arguments arguments;
};

/// Either what to run or, when that is all, the exit code.
std::variant<Chosen, int> parse(std::span<const std::string> words, const Terminal& terminal) {
  Parser parser;
  build(parser);
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    parser.root.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    CLI::App* app = innermost(parser.root);
    terminal.out << (app == &parser.root ? overview() : manual(*leaves_of(parser, app).front()->verb));
    return kDone;
  } catch (const CLI::ExtrasError&) {
    return misuse(parser, unexpected(innermost(parser.root), parser.root.remaining(true).front()),
                  terminal.err);
  } catch (const CLI::ParseError& error) {
    return misuse(parser, plain(error), terminal.err);
  }
  CLI::App* app = innermost(parser.root);
  if (parser.root.count("--version") != 0) app = parser.root.get_subcommand("version");
  for (Leaf& leaf : parser.leaves) {
    if (leaf.app != app) continue;
    if (const std::string name = missing(leaf); !name.empty())
      return misuse(parser, name + " is missing", terminal.err);
    if (const std::string word = astray(parser, app); !word.empty())
      return misuse(parser, "\"" + word + "\" is one argument too many", terminal.err);
    leaf.arguments.values.insert_or_assign(std::string(kConfigOption), std::move(parser.config));
    return Chosen{leaf.verb, leaf.action, std::move(leaf.arguments)};
  }
  if (app == &parser.root && words.empty()) {
    terminal.err << overview();
    return kMisuse;
  }
  return misuse(parser, incomplete(app), terminal.err);
}

}  // namespace

std::string Arguments::one(std::string_view name) const {
  const auto& found = all(name);
  return found.empty() ? std::string() : found.front();
}

const std::vector<std::string>& Arguments::all(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values.find(name);
  return found == values.end() ? none : found->second;
}

int run(std::span<const std::string> words, const Terminal& terminal) {
  const auto parsed = parse(words, terminal);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& chosen = std::get<Chosen>(parsed);
  try {
    const int code = chosen.action->run(terminal, chosen.arguments);
    terminal.out.flush();
    if (!terminal.out) throw Failure("standard output cannot be written");
    return code;
  } catch (const BadConfig& error) {
    terminal.err << error.what() << "\n";
    return kMisuse;
  } catch (const Misuse& error) {
    terminal.err << "postroom: " << error.what() << "\n";
    return kMisuse;
  } catch (const std::exception& error) {
    terminal.err << "postroom: " << error.what() << "\n";
    return kFailed;
  }
}

int run(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const bool person = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
  return run(words, Terminal{std::cin, std::cout, std::cerr, person});
}

}  // namespace postroom::cli
