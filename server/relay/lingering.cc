#include "server/relay/lingering.h"

#include <algorithm>
#include <utility>

namespace postroom::relay {

struct Lingering::Kept {
  Kept(Runtime& runtime, Connected its_connected) : connected(std::move(its_connected)), over(runtime) {}
  Connected connected;  // without a client: somebody has taken it
  Signal over;
  All::iterator place;
};

Connected Lingering::take(const std::string& terms) {
  const auto found = all_.find(terms);
  if (found == all_.end()) return {};
  const std::shared_ptr<Kept> kept = found->second;
  all_.erase(found);
  kept->over.raise();
  return std::exchange(kept->connected, {});
}

void Lingering::keep(const std::string& terms, Connected connected) {
  // Servers that do not answer QUIT take time; without it they are none the worse.
  if (count_ >= 2 * kMost) return;
  const auto kept = std::make_shared<Kept>(runtime_, std::move(connected));
  const bool enough = closed_ || all_.size() == kMost || runtime_.now() >= kept->connected.enough;
  kept->place = enough ? all_.end() : all_.emplace(terms, kept);
  if (enough) kept->over.raise();
  ++count_;
  runtime_.spawn(linger(kept));
}

Task<> Lingering::linger(std::shared_ptr<Kept> kept) {
  const TimePoint until = std::min(runtime_.now() + kTime, kept->connected.enough);
  co_await kept->over.wait(until);
  if (kept->connected.client) {
    if (kept->place != all_.end()) all_.erase(kept->place);
    const Clients::Use use(clients_, *kept->connected.client);
    co_await kept->connected.client->quit();
    kept->connected.client.reset();
  }
  --count_;
  if (count_ == 0 && told_) told_();
}

void Lingering::close() {
  closed_ = true;
  for (const auto& [terms, kept] : all_) kept->over.raise();
}

}  // namespace postroom::relay
