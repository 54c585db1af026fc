// RemoteReply: what another server said to us (RFC 5321 4.2), or what we say in its place where it could not
// be asked. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::smtp {

struct RemoteReply {
  RemoteReply() = default;

  int code = 0;
  std::string status;   ///< enhanced (RFC 3463), or its class alone: "5.0.0"; empty for 3xx
  std::string text;     ///< its lines joined, printable ASCII, at most kLongestText bytes
  bool unsure = false;  ///< the message may have been taken: the answer to its last byte is missing
  bool ours = false;    ///< not said by the server: we made it up

  static constexpr std::size_t kLongestText = 1000;

  bool positive() const { return code >= 200 && code < 300; }
  bool intermediate() const { return code >= 300 && code < 400; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500; }

  /// For people: "550 5.1.1 No such user".
  std::string shown() const;

  /// Ours, made up.
  static RemoteReply made(int code, std::string_view status, std::string_view text);
  /// Ours: the connection has ended, or is of no use any more. Transient (RFC 3463 3.5, X.4.2).
  static RemoteReply lost(std::string_view why);
};

/// Reads one reply: RFC 5321 4.2, 4.2.1. Any slicing.
class ReplyParser {
 public:
  static constexpr std::size_t kLongestLine = 2048;  ///< with its CRLF; RFC 5321 4.5.3.1.5 promises 512
  static constexpr std::size_t kMostLines = 100;

  enum class State {
    more,       ///< it goes on
    done,       ///< all of it is there
    malformed,  ///< this is no SMTP
  };

  /// Takes lines from the beginning of what has arrived, up to the end of the reply; says how many bytes.
  /// What was not taken has to come again, with more.
  std::size_t feed(std::string_view arrived);
  State state() const { return state_; }
  /// When done.
  RemoteReply reply() const;
  /// Without codes.
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void take(std::string_view line);

  State state_ = State::more;
  int code_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace postroom::smtp
