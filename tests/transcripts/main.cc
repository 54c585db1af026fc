// The programs transcripts_smtp, _pop3 and _imap: one test for each transcript file in each mode. README.md
// describes the files.
#include <algorithm>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "base/log.h"
#include "tests/transcripts/player.h"

namespace postroom::testing {
namespace {

// A session that loops ends its test, not the machine: by SIGALRM, or by std::bad_alloc.
constexpr unsigned kSeconds = 120;

void limit_memory() {
#ifndef POSTROOM_SANITIZED  // Sanitizers map terabytes.
  constexpr rlim_t memory = rlim_t{4} << 30;
  const rlimit limit{memory, memory};
  setrlimit(RLIMIT_AS, &limit);
#endif
}

class TranscriptTest : public ::testing::Test {
 public:
  TranscriptTest(std::filesystem::path file, Mode mode) : file_(std::move(file)), mode_(mode) {}

  void TestBody() override {
    alarm(kSeconds);
    try {
      const Script script = read_script(file_);
      Player player(script, mode_);
      const std::string difference = player.play();
      if (!difference.empty())
        FAIL() << file_.filename().string() << ", " << name_of(mode_) << ":\n" << difference;
    } catch (const BadScript& error) {
      FAIL() << error.what();
    }
  }

 private:
  std::filesystem::path file_;
  Mode mode_;
};

std::vector<Mode> modes_of(const std::filesystem::path& file) {
  try {
    return read_script(file).modes;
  } catch (const BadScript&) {
    return {Mode::whole};  // the test itself will say what is wrong
  }
}

void register_transcripts() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(TESTS_DIR) /
                                                               "transcripts" / kTranscriptFolder))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    for (const Mode mode : modes_of(file)) {
      const std::string name = file.stem().string() + "_" + name_of(mode);
      ::testing::RegisterTest(kTranscriptFolder, name.c_str(), nullptr, nullptr, file.c_str(), 1,
                              [=]() -> TranscriptTest* { return new TranscriptTest(file, mode); });
    }
  }
}

}  // namespace
}  // namespace postroom::testing

int main(int argc, char** argv) {
  using namespace postroom::testing;
  limit_memory();
  postroom::log::set_level(postroom::log::Level::error);
  ::testing::InitGoogleTest(&argc, argv);
  register_transcripts();
  return RUN_ALL_TESTS();
}
