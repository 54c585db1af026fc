// Command: one keyword of POP3, as each file in commands/ defines it. The folder is the table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "protocols/pop3/cursor.h"
#include "protocols/pop3/reply.h"

namespace postroom::pop3 {

class Session;

/// When a command may be given (RFC 1939 3).
enum class State : std::uint8_t { authorization, transaction, any };

struct Command {
  std::string_view name;
  State state;
  Task<Reply> (*run)(Session& session, Cursor arguments);
  void (*parse)(Cursor& arguments);  ///< only the grammar, for the fuzzer
};

namespace detail {
template <auto Parse, auto Run>
Task<Reply> parse_and_run(Session& session, Cursor arguments) {
  auto parsed = Parse(arguments);
  if (arguments.error()) co_return Reply::error("Expected " + *arguments.error());
  co_return co_await Run(session, std::move(parsed));
}
}  // namespace detail

/// `Parse` makes a value of the arguments (what follows the keyword); `Run` gets it when they were right.
template <auto Parse, auto Run>
constexpr Command command(std::string_view name, State state) {
  return {.name = name,
          .state = state,
          .run = &detail::parse_and_run<Parse, Run>,
          .parse = [](Cursor& arguments) { static_cast<void>(Parse(arguments)); }};
}

/// For commands without arguments.
struct Nothing {};
inline Nothing parse_nothing(Cursor& in) {
  in.end();
  return {};
}

/// For commands about one message: its number.
inline std::uint64_t parse_message_number(Cursor& in) {
  const std::uint64_t number = in.number("a message number");
  in.end();
  return number;
}

/// For commands about one message, or all of them.
inline std::optional<std::uint64_t> parse_message_or_all(Cursor& in) {
  if (in.at_end()) return std::nullopt;
  return parse_message_number(in);
}

/// All of commands/, by file name.
std::span<const Command* const> commands();
/// In any case of letters; null: no such keyword.
const Command* find_command(std::string_view name);

}  // namespace postroom::pop3
