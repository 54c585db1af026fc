// Command lines run in this process, over a folder of their own.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "server/cli.h"
#include "storage/sqlite/store.h"
#include "tests/support/await.h"
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

/// A folder in which example.org is served.
class AccountsTest : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    here("domain add example.org");
  }
  /// A user's address, and options behind it.
  void add(std::string_view user) {
    ASSERT_EQ(here("user add " + std::string(user) + " --password-stdin", "correct horse\n").code, kDone);
  }
  std::filesystem::path data() const { return folder_ / "data"; }
};

/// The store as a running server has it open, beside which the verbs are used.
class OpenStore {
 public:
  explicit OpenStore(const std::filesystem::path& data)
      : store_(SqliteStore::open(runtime_, data / "postroom.db")) {}
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;
  ~OpenStore() { await(store_->close()); }

  Resolved resolve(std::string address) { return await(store_->resolve(std::move(address))); }

 protected:
  template <class T>
  T await(Task<T> task) {
    return postroom::testing::await(runtime_, std::move(task));
  }

  postroom::testing::SimRuntime runtime_;
  std::unique_ptr<SqliteStore> store_;
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
