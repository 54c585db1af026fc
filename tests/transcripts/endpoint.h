// What differs between the protocols when a transcript is played. smtp.cc, pop3.cc and imap.cc each make one,
// for a program of its own: so that one protocol's transcripts can be built and run without the others.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocols/service.h"
#include "storage/terms.h"
#include "tests/transcripts/pattern.h"

namespace postroom::testing {

struct User {
  User() = default;
  std::string address;
  std::string password;
  AccountId account{};
};

/// What the client says, and the pattern of the line that ends the answer.
struct Exchange {
  std::string say;
  std::string until;
};

class Endpoint {
 public:
  using Setters = std::map<std::string, std::function<void(std::uint64_t)>, std::less<>>;

  virtual ~Endpoint() = default;

  virtual Task<> serve(Connection connection, const Service& service) = 0;
  /// After the greeting.
  virtual std::vector<Exchange> hello() const { return {}; }
  /// After hello().
  virtual std::vector<Exchange> login(const User& user) const = 0;
  /// The numbers of the protocol's options, by name.
  virtual Setters limits() = 0;
  /// For the store's text index.
  virtual const TermExtractor* terms() const { return nullptr; }
  /// A directive of this protocol alone. False: there is none of this name.
  virtual bool directive(const std::vector<std::string>& words) {
    (void)words;
    return false;
  }
};

/// For Setters: whatever the number's type; durations are in seconds.
template <class Number>
std::function<void(std::uint64_t)> setter(Number& number) {
  return [&number](std::uint64_t value) {
    if constexpr (std::is_integral_v<Number>) {
      number = static_cast<Number>(value);
    } else {
      number = std::chrono::seconds(value);
    }
  };
}

/// Defined by the program's protocol.
extern const char* const kTranscriptFolder;
std::unique_ptr<Endpoint> make_endpoint();

}  // namespace postroom::testing
