// Address lists (RFC 5322 3.4, 4.4) into what IMAP's ENVELOPE shows of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::mime {

/// One entry of a list. Quoting and comments are gone, encoded words are still encoded.
struct Address {
  enum class Kind { mailbox, group_start, group_end };
  Kind kind = Kind::mailbox;
  std::string name;  ///< display name, a comment when there is none else ("a@b (Alice)"), or the group's name
  std::string route;   ///< "@a.example,@b.example" of an obsolete route
  std::string local;   ///< empty if it is missing
  std::string domain;  ///< empty if it is missing
};

/// Reads a list one entry at a time, so that nobody has to hold a million. Takes anything: what is no address
/// becomes an entry without a domain, or is passed over when nothing is left of it. Linear in all.
class AddressList {
 public:
  /// `body` may be folded; it must outlive the list.
  explicit AddressList(std::string_view body) : rest_(body) {}
  /// The next entry; a group that was started is ended before the list is.
  std::optional<Address> next();

 private:
  std::string_view rest_;
  bool in_group_ = false;
};

}  // namespace postroom::mime
