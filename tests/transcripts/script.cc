// Reads a transcript file.
#include "tests/transcripts/script.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>

#include "tests/transcripts/pattern.h"

namespace postroom::testing {
namespace {

constexpr std::string_view kNoCrlf = "{NOCRLF}";

std::string without_comment(std::string line) {
  if (line.starts_with("#")) return {};
  static const std::regex comment("[ \t][ \t]+# .*$");
  line = std::regex_replace(line, comment, "");
  const std::size_t end = line.find_last_not_of(" \t\r");
  line.resize(end == std::string::npos ? 0 : end + 1);
  return line;
}

// A mail directive's flags stand in parentheses and are one word.
std::vector<std::string> words_of(const std::string& line) {
  static const std::regex word(R"(\([^)]*\)|[^ \t]+)");
  return {std::sregex_token_iterator(line.begin(), line.end(), word), std::sregex_token_iterator()};
}

std::optional<Step> conversation_line(const std::string& line) {
  static const std::regex form("([CS])( [A-Za-z0-9_]+)?:( (.*))?", std::regex::extended);
  // Only what stands before the text is looked at by the regex: texts may be long.
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) return std::nullopt;
  std::smatch found;
  const std::string head = line.substr(0, colon + 1);
  if (!std::regex_match(head, found, form)) return std::nullopt;
  Step step;
  step.connection = found[2].matched ? found[2].str().substr(1) : "";
  step.text = line.substr(colon + 1);
  if (step.text.starts_with(' ')) step.text.erase(0, 1);
  if (found[1] == "S") {
    step.kind = step.text == "..." ? Step::Kind::skip : Step::Kind::server;
  } else {
    step.kind = Step::Kind::client;
    step.ends_line = !step.text.ends_with(kNoCrlf);
    if (!step.ends_line) step.text.resize(step.text.size() - kNoCrlf.size());
  }
  return step;
}

std::vector<Mode> modes_of(const std::vector<std::string>& words) {
  std::vector<Mode> modes;
  for (const Mode mode : kModes)
    if (std::find(words.begin() + 1, words.end(), name_of(mode)) != words.end()) modes.push_back(mode);
  if (modes.size() + 1 != words.size()) throw BadScript("modes are whole, bytes and pipelined");
  return modes;
}

Step directive(std::string line, std::istream& in, std::size_t& number) {
  Step step;
  step.words = words_of(line);
  step.text = std::move(line);
  if (!step.words.back().starts_with("<<")) return step;
  const std::string end = step.words.back().substr(2);
  step.words.pop_back();
  std::string body;
  for (;;) {
    if (!std::getline(in, body)) throw BadScript("no line " + end + " before the file's end");
    ++number;
    if (body == end) return step;
    step.body.push_back(body);
  }
}

}  // namespace

const char* name_of(Mode mode) {
  switch (mode) {
    case Mode::whole: return "whole";
    case Mode::bytes: return "bytes";
    case Mode::pipelined: break;
  }
  return "pipelined";
}

Script read_script(const std::filesystem::path& file) {
  Script script;
  script.file = file;
  script.modes.assign(kModes.begin(), kModes.end());
  std::ifstream in(file);
  std::string line;
  std::size_t number = 0;
  try {
    while (std::getline(in, line)) {
      const std::size_t first = ++number;
      line = without_comment(line);
      if (line.empty()) continue;
      std::optional<Step> step = conversation_line(line);
      if (!step) step = directive(line, in, number);
      step->line = first;
      if (!step->words.empty() && step->words[0] == "modes") {
        script.modes = modes_of(step->words);
      } else {
        script.steps.push_back(std::move(*step));
      }
    }
  } catch (const BadScript& error) {
    throw BadScript(file.filename().string() + ":" + std::to_string(number) + ": " + error.what());
  }
  return script;
}

}  // namespace postroom::testing
