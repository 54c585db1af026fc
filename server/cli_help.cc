// `postroom help`: the table of verbs as text for people.
#include <algorithm>

#include "base/text.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    out += line.empty() ? "\n" : std::string(indent) + std::string(line) + "\n";
  }
  return out;
}

std::string padded(std::string text, std::size_t columns) {
  if (width(text) < columns) text.append(columns - width(text), ' ');
  return text;
}

std::string option_text(const Option& option) {
  return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
}

std::string options_text(const Verb& verb) {
  std::vector<const Option*> options;
  for (const Action& action : verb.actions) {
    for (const Option& option : action.options) {
      if (std::none_of(options.begin(), options.end(), [&](auto* o) { return o->name == option.name; })) {
        options.push_back(&option);
      }
    }
  }
  constexpr std::size_t column = 20;
  const Option config{kConfigOption, "FILE",
                      "The configuration; otherwise $POSTROOM_CONFIG, and where that is not set\n"
                      "/etc/postroom/postroom.toml, which need not exist."};
  options.push_back(&config);
  std::string out;
  for (const Option* option : options) {
    const std::string doc = indented(option->doc, std::string(column + 2, ' '));
    out += "  " + padded(option_text(*option), column) + doc.substr(column + 2);
  }
  return out;
}

}  // namespace

std::string usage(const Verb& verb, const Action& action) {
  std::string line = "postroom " + std::string(verb.name);
  if (!action.name.empty()) line += " " + std::string(action.name);
  if (!action.positionals.empty()) line += " " + std::string(action.positionals);
  for (const Option& option : action.options) line += " [" + option_text(option) + "]";
  return line;
}

std::string overview() {
  std::string out =
      "Postroom, a mail server: SMTP, POP3 and IMAP in one program, all mail in one file.\n\n"
      "usage: postroom VERB …\n\n";
  for (const Verb* verb : verbs()) {
    out += "  " + padded(std::string(verb->name), 10) + std::string(verb->summary) + "\n";
  }
  return out +
         "\nMore on each: postroom help VERB\n"
         "\nTo begin:\n"
         "  postroom domain add example.org\n"
         "  postroom user add alice@example.org\n"
         "  postroom serve\n"
         "\nTo receive and send (hostname is set in the configuration: postroom config example):\n"
         "  MX record of the domain       names hostname\n"
         "  A and AAAA of hostname        the server's addresses; their PTR records name hostname\n"
         "  port 25                       open in and out; where it is blocked outwards, mail can go by way\n"
         "                                of a provider: routes and passwords in [relay]\n"
         "  port 53                       open outwards, or forwarders in [dns]\n"
         "  SPF record of the domain      a TXT record that you make: \"v=spf1 mx ~all\"\n"
         "Mail is not signed (DKIM) yet: some large receivers refuse it or take it for junk.\n"
         "\nVerbs work while the server runs, which follows within seconds, and while it does not.\n"
         "Exit status: 0 done, 1 failed, 2 wrong usage or configuration.\n";
}

std::string manual(const Verb& verb) {
  std::string out = "postroom " + std::string(verb.name) + " - " + std::string(verb.summary) + "\n\nUSAGE\n";
  for (const Action& action : verb.actions) {
    const std::string line = usage(verb, action);
    out += "  " + line + "\n" + indented(action.doc, "      ");
    if (&action != &verb.actions.back()) out += "\n";
  }
  out += "\nOPTIONS\n" + options_text(verb);
  if (!verb.notes.empty()) out += "\nNOTES\n" + indented(verb.notes, "  ");
  if (!verb.examples.empty()) out += "\nEXAMPLES\n" + indented(verb.examples, "  ");
  return out;
}

}  // namespace postroom::cli
