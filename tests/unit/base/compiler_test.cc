// Every form of co_await that the await rule allows, with objects that notice being copied or freed wrongly.
// g++ 12 miscompiles other forms silently; the day a compiler gets one of these wrong, this test says so.
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "base/signal.h"
#include "tests/support/sim_runtime.h"

namespace postroom {
namespace {

using testing::SimRuntime;

/// Counts its instances, and knows where it lives: a bitwise copy is found out.
class Tracked {
 public:
  explicit Tracked(std::string text) : text_(std::move(text)), self_(this) { ++alive; }
  Tracked(const Tracked& other) : text_(other.checked()), self_(this) { ++alive; }
  Tracked(Tracked&& other) noexcept : text_(std::move(other.text_)), self_(this) {
    EXPECT_EQ(other.self_, &other);
    ++alive;
  }
  Tracked& operator=(const Tracked& other) {
    text_ = other.checked();
    return *this;
  }
  ~Tracked() {
    EXPECT_EQ(self_, this);
    --alive;
  }
  const std::string& checked() const {
    EXPECT_EQ(self_, this);
    return text_;
  }

  static inline int alive = 0;

 private:
  std::string text_;
  const Tracked* self_;
};

struct Parameters {
  Parameters() = default;
  std::optional<Tracked> tracked;
  std::vector<std::string> names;
};

using Either = std::variant<std::string, Tracked>;

class CompilerTest : public ::testing::TestWithParam<bool> {
 protected:
  /// With `false` every child finishes at once, with `true` every child waits for a turn of the loop.
  void run(Task<> task) {
    runtime.spawn(std::move(task));
    EXPECT_TRUE(runtime.run());
    EXPECT_TRUE(finished);
    EXPECT_EQ(Tracked::alive, 0);
  }

  Task<> turn() {
    if (!GetParam()) co_return;
    Signal signal(runtime);
    co_await signal.wait(runtime.now() + std::chrono::seconds(1));
  }

  Task<Tracked> tracked(std::string text) {
    co_await turn();
    co_return Tracked(std::move(text));
  }
  Task<std::string> by_value(Tracked value) {
    co_await turn();
    co_return value.checked();
  }
  Task<std::string> by_reference(const Tracked& value) {
    co_await turn();
    co_return value.checked();
  }
  Task<std::string> by_view(std::string_view text) {
    co_await turn();
    co_return std::string(text);
  }
  Task<std::size_t> parameters(Parameters given) {
    co_await turn();
    co_return given.tracked->checked().size() + given.names.size();
  }
  Task<std::optional<Tracked>> maybe(bool there) {
    co_await turn();
    std::optional<Tracked> result;
    if (there) result.emplace("there");
    co_return result;
  }
  Task<Either> either() {
    co_await turn();
    co_return Either(Tracked("either"));
  }
  Task<> fail() {
    co_await turn();
    throw std::runtime_error("failed");
  }
  Task<std::string> passed_on() {
    co_await turn();
    co_return co_await by_value(Tracked("passed on"));
  }

  SimRuntime runtime;
  bool finished = false;

  Task<> expression_statements();
  Task<> initialisations();
  Task<> assignments();
  Task<> named_arguments();
  Task<> loops_and_branches();
  Task<> failures();
  Task<> jobs();
};

const std::string long_text(100, 'x');  // not in a string's own memory

Task<> CompilerTest::expression_statements() {
  co_await turn();
  co_await tracked(long_text);
  co_await by_value(Tracked(long_text));
  co_await by_reference(Tracked(long_text));
  finished = true;
}

Task<> CompilerTest::initialisations() {
  const Tracked value = co_await tracked(long_text);
  EXPECT_EQ(value.checked(), long_text);
  Tracked changeable = co_await tracked("short");
  EXPECT_EQ(changeable.checked(), "short");
  const std::string temporary = co_await by_value(Tracked(long_text));
  EXPECT_EQ(temporary, long_text);
  const std::string referred = co_await by_reference(Tracked(long_text));
  EXPECT_EQ(referred, long_text);
  const std::string viewed = co_await by_view(long_text + "y");
  EXPECT_EQ(viewed, long_text + "y");
  const std::optional<Tracked> there = co_await maybe(true);
  EXPECT_EQ(there.value().checked(), "there");
  const std::optional<Tracked> missing = co_await maybe(false);
  EXPECT_FALSE(missing.has_value());
  const Either either_of = co_await either();
  EXPECT_EQ(std::get<Tracked>(either_of).checked(), "either");
  const std::string on = co_await passed_on();
  EXPECT_EQ(on, "passed on");
  finished = true;
}

Task<> CompilerTest::assignments() {
  Tracked value("before");
  value = co_await tracked(long_text);
  EXPECT_EQ(value.checked(), long_text);
  std::optional<Tracked> there;
  there = co_await maybe(true);
  EXPECT_EQ(there.value().checked(), "there");
  std::string text;
  text = co_await by_value(Tracked(long_text));
  EXPECT_EQ(text, long_text);
  finished = true;
}

Task<> CompilerTest::named_arguments() {
  Parameters given;
  given.tracked.emplace(long_text);
  given.names.push_back("one");
  const std::size_t size = co_await parameters(std::move(given));
  EXPECT_EQ(size, long_text.size() + 1);
  const Tracked named(long_text);
  const std::string copied = co_await by_value(named);
  EXPECT_EQ(copied, long_text);
  finished = true;
}

Task<> CompilerTest::loops_and_branches() {
  std::vector<Tracked> kept;
  for (int i = 0; i < 3; ++i) {
    Tracked value = co_await tracked(std::to_string(i));
    kept.push_back(std::move(value));
  }
  if (kept.size() == 3) {
    co_await turn();
  }
  while (!kept.empty()) {
    kept.pop_back();
    co_await turn();
  }
  finished = true;
}

Task<> CompilerTest::failures() {
  bool failed = false;
  const Tracked outside("outside");
  try {
    const Tracked inside("inside");
    co_await fail();
  } catch (const std::runtime_error&) {
    failed = true;
  }
  EXPECT_TRUE(failed);
  EXPECT_EQ(outside.checked(), "outside");
  EXPECT_EQ(Tracked::alive, 1);
  finished = true;
}

Task<> CompilerTest::jobs() {
  const Tracked used(long_text);
  std::string note;
  auto job = [&] {
    note = used.checked();
    return Tracked("made");
  };
  const Tracked made = co_await perform(runtime, Lane::compute, job);
  EXPECT_EQ(made.checked(), "made");
  EXPECT_EQ(note, long_text);
  finished = true;
}

TEST_P(CompilerTest, ExpressionStatements) { run(expression_statements()); }
TEST_P(CompilerTest, Initialisations) { run(initialisations()); }
TEST_P(CompilerTest, Assignments) { run(assignments()); }
TEST_P(CompilerTest, NamedArguments) { run(named_arguments()); }
TEST_P(CompilerTest, LoopsAndBranches) { run(loops_and_branches()); }
TEST_P(CompilerTest, Failures) { run(failures()); }
TEST_P(CompilerTest, Jobs) { run(jobs()); }

INSTANTIATE_TEST_SUITE_P(Children, CompilerTest, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Wait" : "FinishAtOnce"; });

// What the parameter guard refuses, and what it lets pass.
struct Aggregate {
  std::string text;
};
static_assert(!detail::safe_parameter<Aggregate>);
static_assert(!detail::safe_parameter<const Aggregate&>);
static_assert(detail::safe_parameter<Aggregate&>);
static_assert(detail::safe_parameter<Parameters>);

}  // namespace
}  // namespace postroom
