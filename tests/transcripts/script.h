// A transcript file as steps. README.md describes the format.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace postroom::testing {

enum class Mode { whole, bytes, pipelined };
inline constexpr std::array<Mode, 3> kModes{Mode::whole, Mode::bytes, Mode::pipelined};
const char* name_of(Mode mode);

struct Step {
  enum class Kind {
    client,     ///< C: text
    server,     ///< S: text
    skip,       ///< S: ...
    directive,  ///< words, and the lines of a here-document
  };
  Kind kind = Kind::directive;
  std::size_t line = 0;    ///< in the file, from 1
  std::string connection;  ///< empty: the one without a name
  std::string text;        ///< of a C: or S: line, as written; of a directive: the whole line
  std::vector<std::string> words;
  std::vector<std::string> body;
  bool ends_line = true;  ///< a CRLF follows the text
};

struct Script {
  std::filesystem::path file;
  std::vector<Step> steps;
  std::vector<Mode> modes;
};

/// Throws BadScript with file and line.
Script read_script(const std::filesystem::path& file);

}  // namespace postroom::testing
