// Lingering: connections that have nothing left to carry stay open for a moment, so that the next message for
// the same destination goes at once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/signal.h"
#include "server/relay/connector.h"

namespace postroom::relay {

class Lingering {
 public:
  static constexpr std::chrono::seconds kTime{5};
  static constexpr std::size_t kMost = 100;

  /// `clients` are told of those that say goodbye.
  Lingering(Runtime& runtime, Clients& clients) : runtime_(runtime), clients_(clients) {}

  /// One on these terms, without a client when there is none. The server may have left meanwhile.
  Connected take(const std::string& terms);
  /// Keeps one that is usable, or says goodbye when there are too many or it has carried enough.
  void keep(const std::string& terms, Connected connected);

  /// All say goodbye, and so do those to come.
  void close();
  /// How many there are, with those that are saying goodbye.
  std::size_t count() const { return count_; }
  /// Called when the last one has gone.
  void on_empty(std::function<void()> told) { told_ = std::move(told); }

 private:
  struct Kept;
  using All = std::multimap<std::string, std::shared_ptr<Kept>>;
  Task<> linger(std::shared_ptr<Kept> kept);

  Runtime& runtime_;
  Clients& clients_;
  All all_;  // those that can be taken, by destination and what they were made under
  std::size_t count_ = 0;
  bool closed_ = false;
  std::function<void()> told_;
};

}  // namespace postroom::relay
