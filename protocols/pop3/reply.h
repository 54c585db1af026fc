// Reply: the status line of POP3 (RFC 1939 3), and the one place where its bytes are made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace postroom::pop3 {

class Reply {
 public:
  /// What happens after the reply was sent.
  enum class Then : std::uint8_t { go_on, close, start_tls };

  static Reply ok(std::string text) { return Reply("+OK " + std::move(text) + "\r\n"); }
  /// `text` may begin with a response code, "[IN-USE]" (RFC 2449 8).
  static Reply error(std::string text) { return Reply("-ERR " + std::move(text) + "\r\n"); }
  /// The command has said all there is to say.
  static Reply said() { return Reply(std::string()); }

  Reply& then(Then what) {
    then_ = what;
    return *this;
  }

  const std::string& bytes() const { return bytes_; }
  Then then() const { return then_; }

 private:
  explicit Reply(std::string bytes) : bytes_(std::move(bytes)) {}

  std::string bytes_;
  Then then_ = Then::go_on;
};

/// "1 message", "2 messages"
inline std::string messages(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " message" : " messages");
}

}  // namespace postroom::pop3
