// LoginQueue: see login_queue.h.
#include "protocols/login_queue.h"

#include <algorithm>
#include <iterator>

namespace postroom {

std::size_t LoginQueue::waiting(std::string_view origin) const {
  const auto found = by_name_.find(origin);
  return found == by_name_.end() ? 0 : found->second->logins.size();
}

void LoginQueue::add(const std::string& origin, Signal& login) {
  const auto found = by_name_.find(origin);
  if (found != by_name_.end()) {
    found->second->logins.push_back(&login);
    return;
  }
  Turns last;  // where memory fails, nothing is changed
  last.push_back({origin, {&login}});
  by_name_.emplace(last.front().name, last.begin());
  turns_.splice(turns_.end(), last);
}

void LoginQueue::remove(std::string_view origin, Signal& login) {
  const auto found = by_name_.find(origin);
  if (found == by_name_.end()) return;
  std::deque<Signal*>& logins = found->second->logins;
  std::erase(logins, &login);
  if (logins.empty()) drop(found->second);
}

Signal* LoginQueue::take() noexcept {
  if (turns_.empty()) return nullptr;
  const auto origin = turns_.begin();
  Signal* const login = origin->logins.front();
  origin->logins.pop_front();
  if (origin->logins.empty())
    drop(origin);
  else
    turns_.splice(turns_.end(), turns_, origin);
  return login;
}

void LoginQueue::drop(Turns::iterator origin) noexcept {
  by_name_.erase(origin->name);
  turns_.erase(origin);
}

}  // namespace postroom
