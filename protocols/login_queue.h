// LoginQueue: whose password is checked next. Every origin has its turn, however many logins wait from each:
// a flood from one holds up the others by a turn.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/signal.h"

namespace postroom {

class LoginQueue {
 public:
  /// How many wait from `origin` (Peer::origin).
  std::size_t waiting(std::string_view origin) const;
  /// Behind all others of its origin; a new origin has its first turn behind all that wait.
  void add(const std::string& origin, Signal& login);
  /// Who has waited for too long. It may be gone already.
  void remove(std::string_view origin, Signal& login);
  /// The one whose turn it is; waits no longer. Null: nobody waits.
  Signal* take() noexcept;

 private:
  struct Origin {
    std::string name;
    std::deque<Signal*> logins;  // never empty
  };
  using Turns = std::list<Origin>;

  void drop(Turns::iterator origin) noexcept;

  Turns turns_;  // the next one first
  std::unordered_map<std::string_view, Turns::iterator> by_name_;
};

}  // namespace postroom
