// Message IDs (RFC 5322 3.6.4), in the form in which they are compared (RFC 5256 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// Reads the msg-ids of a field one at a time: "left@right" without angle brackets, quoting, comments and
/// white space. What is no msg-id is passed over. Linear in all.
class MessageIds {
 public:
  /// `body` may be folded; it must outlive the reader.
  explicit MessageIds(std::string_view body) : rest_(body) {}
  std::optional<std::string> next();

 private:
  std::string_view rest_;
};

/// Stands for a message ID: never 0, and different for two that differ, if nobody made them so.
std::uint64_t message_id_hash(std::string_view id);

}  // namespace postroom::mime
