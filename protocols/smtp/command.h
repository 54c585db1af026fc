// Command: one verb of SMTP, as each file in commands/ defines it. The folder is the table.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "protocols/smtp/cursor.h"
#include "protocols/smtp/reply.h"

namespace postroom::smtp {

class Session;

struct Traits {
  bool in_smtp = true;
  bool in_lmtp = true;
  bool before_hello = false;  ///< needs no EHLO first (RFC 5321 4.1.4)
  bool before_tls = false;    ///< also where nothing goes without TLS (RFC 3207 4)
  bool in_group = false;      ///< more may follow without waiting; its reply may wait for theirs (RFC 2920 3)
  bool content_follows = false;  ///< bytes come behind it that are no commands, whatever we answer
};

struct Command {
  std::string_view name;
  Traits traits;
  Task<Reply> (*run)(Session& session, Cursor arguments);
  void (*parse)(Cursor& arguments);  ///< only the grammar, for the fuzzer
};

namespace detail {
template <auto Parse, auto Run>
Task<Reply> parse_and_run(Session& session, Cursor arguments) {
  auto parsed = Parse(arguments);
  if (arguments.error()) co_return *arguments.error();
  co_return co_await Run(session, std::move(parsed));
}
}  // namespace detail

/// `Parse` makes a value of the arguments (what follows the verb); `Run` gets it when they were right.
template <auto Parse, auto Run>
constexpr Command command(std::string_view name, Traits traits) {
  return {.name = name,
          .traits = traits,
          .run = &detail::parse_and_run<Parse, Run>,
          .parse = [](Cursor& arguments) { static_cast<void>(Parse(arguments)); }};
}

/// For commands without arguments.
struct Nothing {};
inline Nothing parse_nothing(Cursor& in) {
  in.end();
  return {};
}

/// All of commands/, by file name.
std::span<const Command* const> commands();
/// In any case of letters; null: no such verb.
const Command* find_command(std::string_view name);

}  // namespace postroom::smtp
