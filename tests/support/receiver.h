// Receiver: an SMTP server that takes mail, and fails wherever a test wants it to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace postroom::testing {

class Receiver {
 public:
  enum class Step { greeting, hello, tls, login, mail, recipient, data, content, end };
  enum class Fault {
    none,
    transient,  ///< 450
    permanent,  ///< 550
    busy,       ///< 421, and the connection ends
    close,
    reset,
    hang,       ///< never a word again
    nonsense,   ///< an answer that is no SMTP
    lost,       ///< at the end: the message is taken, and the connection breaks instead of an answer
    lost_late,  ///< the same, but it hangs
  };

  /// A message that was taken.
  struct Taken {
    std::string from;
    std::vector<std::string> recipients;
    std::string parameters;  ///< those of MAIL and of every RCPT
    std::string content;
    bool tls = false;
    bool unsure = false;  ///< whether the sender knows
    TimePoint when{};
  };

  explicit Receiver(Runtime& runtime) : runtime_(runtime) {}

  /// What goes wrong at a step; the second is the recipient's address, or empty.
  std::function<Fault(Step, const std::string&)> fault;
  std::vector<std::string> abilities{"PIPELINING", "8BITMIME"};  ///< also "STARTTLS"
  std::size_t most_recipients = 1000;                            ///< of a message
  std::size_t most_messages = 1000;                              ///< of a connection
  Duration pause{};                                              ///< before each answer

  std::vector<Taken> taken;
  std::vector<std::string> heard;  ///< all commands
  std::size_t connections = 0;
  std::size_t inside = 0;
  std::size_t most_inside = 0;

  /// One connection, to its end.
  Task<> serve(std::unique_ptr<Stream> stream);

 private:
  class Talk;
  Runtime& runtime_;
};

}  // namespace postroom::testing
