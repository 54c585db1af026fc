// Command: one IMAP command as data, with its parser and what it does. A file in commands/ defines one; the
// folder is the table (CMakeLists.txt).
#pragma once

#include <span>

#include "base/task.h"
#include "protocols/imap/cursor.h"

namespace postroom::imap {

struct Session;

/// What the dispatcher must know of a command besides its parser.
struct Traits {
  /// Its sequence numbers must keep their meaning while it runs: EXPUNGE is not told before its tagged
  /// response, unless it came in its UID form (RFC 3501 7.4.1: FETCH, STORE, SEARCH).
  bool uses_sequence_numbers = false;
  /// "UID name" exists too (RFC 3501 6.4.8).
  bool has_uid_form = false;
  /// Given what came after the command's name, up to and with a literal's announcement: is this the literal
  /// that the command reads from the connection itself? Null: all its literals are small and come with its
  /// text.
  bool (*streams)(Cursor in) = nullptr;
  /// What it adds to the capability list once logged in, separated by spaces.
  std::string_view capability = {};
};

struct Command {
  std::string_view name;
  State states;
  Traits traits;
  /// Parses the arguments and forgets them; the cursor then has the error or not. For tests and fuzzing.
  void (*check)(Cursor& in);
  /// Parses the arguments; runs only if they are right, else answers BAD.
  Task<Tagged> (*handle)(Session& session, Cursor in);
};

/// BAD with what was expected and where.
Tagged syntax_error(const Cursor& in);

namespace detail {

template <auto Parse>
void check(Cursor& in) {
  (void)Parse(in);
  in.end();
}

template <auto Parse, auto Run>
Task<Tagged> handle(Session& session, Cursor in) {
  auto arguments = Parse(in);
  in.end();
  if (in.error()) co_return syntax_error(in);
  co_return co_await Run(session, std::move(arguments));
}

inline void check_nothing(Cursor& in) { in.end(); }

template <auto Run>
Task<Tagged> handle_nothing(Session& session, Cursor in) {
  in.end();
  if (in.error()) co_return syntax_error(in);
  co_return co_await Run(session);
}

}  // namespace detail

/// `Parse` is `Arguments parse(Cursor&)`, beginning at the SP after the name; `Run` is
/// `Task<Tagged> run(Session&, Arguments)`.
template <auto Parse, auto Run>
constexpr Command command(std::string_view name, State states, Traits traits = {}) {
  return {name, states, traits, &detail::check<Parse>, &detail::handle<Parse, Run>};
}

/// A command without arguments.
template <auto Run>
constexpr Command command(std::string_view name, State states, Traits traits = {}) {
  return {name, states, traits, &detail::check_nothing, &detail::handle_nothing<Run>};
}

/// All of commands/; written by CMake.
std::span<const Command* const> commands();

/// How a command line begins.
struct Invocation {
  std::string_view tag;              ///< empty: there is none
  const Command* command = nullptr;  ///< null: no such command
};
/// Reads tag and name, and UID between them; `in` then stands before the arguments.
Invocation read_invocation(Cursor& in);

}  // namespace postroom::imap
