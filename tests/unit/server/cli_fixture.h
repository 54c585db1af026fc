// Command lines run in this process, over a folder of their own.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "server/cli.h"
#include "tests/support/temporary_folder.h"

namespace postroom::cli {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class CliTest : public ::testing::Test {
 protected:
  void SetUp() override { std::ofstream(folder_ / "postroom.toml") << "data = \"data\"\n"; }

  /// Words with single spaces between; `input` is standard input, `person` says that a terminal is.
  Outcome cli(std::string_view line, std::string_view input = "", bool person = false) const {
    std::vector<std::string> words;
    for (const std::string_view word : split(line, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
    std::istringstream in{std::string(input)};
    std::ostringstream out, err;
    const int code = run(words, Terminal{in, out, err, person});
    return {code, out.str(), err.str()};
  }
  /// The same with this folder's configuration.
  Outcome here(std::string_view line, std::string_view input = "", bool person = false) const {
    return cli(std::string(line) + " --config " + config(), input, person);
  }
  std::string config() const { return (folder_ / "postroom.toml").string(); }

  const postroom::testing::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

#define EXPECT_DONE(outcome, text)                 \
  do {                                             \
    const Outcome& checked = (outcome);            \
    EXPECT_EQ(checked.out, text);                  \
    EXPECT_EQ(checked.err, "");                    \
    EXPECT_EQ(checked.code, postroom::cli::kDone); \
  } while (false)

#define EXPECT_REFUSED(outcome, exit_code, text) \
  do {                                           \
    const Outcome& checked = (outcome);          \
    EXPECT_EQ(checked.err, text);                \
    EXPECT_EQ(checked.out, "");                  \
    EXPECT_EQ(checked.code, exit_code);          \
  } while (false)

}  // namespace postroom::cli
