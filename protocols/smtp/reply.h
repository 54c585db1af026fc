// Reply: what SMTP answers, and the one place where its bytes are made (RFC 5321 4.2, RFC 2034).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postroom::smtp {

class Reply {
 public:
  /// What happens after the reply was sent.
  enum class Then : std::uint8_t { go_on, close, start_tls };

  /// `status` is the enhanced code (RFC 3463), "5.1.1"; empty where RFC 2034 4 wants none: greeting, EHLO,
  /// 3xx.
  Reply(int code, std::string_view status, std::string text) : code_(code), status_(status) {
    lines_.push_back(std::move(text));
  }

  Reply& add(std::string line) {
    lines_.push_back(std::move(line));
    return *this;
  }
  Reply& then(Then what) {
    then_ = what;
    return *this;
  }

  int code() const { return code_; }
  bool positive() const { return code_ < 400; }
  Then then() const { return then_; }
  const std::string& status() const { return status_; }
  const std::string& text() const { return lines_.front(); }

  /// With CRLF after each line.
  std::string bytes() const;

 private:
  int code_;
  std::string status_;
  std::vector<std::string> lines_;
  Then then_ = Then::go_on;
};

/// An address as a reply names it, which is no longer than 512 octets (RFC 5321 4.5.3.1.5).
std::string shown(const std::string& address);

}  // namespace postroom::smtp
