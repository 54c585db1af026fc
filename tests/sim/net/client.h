// Client: what a scenario's clients have in common. Each calls the server again and again until it has done
// what it wants, whatever becomes of its connections.
#pragma once

#include <algorithm>

#include "tests/sim/net/caller.h"
#include "tests/sim/net/imap_picture.h"
#include "tests/sim/net/ledger.h"

namespace postroom::testing {

enum class Port { smtp, submission, pop3, imap };

/// What is around a client.
class Around {
 public:
  virtual ~Around() = default;

  virtual SimRuntime& runtime() = 0;
  virtual Ledger& ledger() = 0;
  /// Null: nobody listens any more.
  virtual std::unique_ptr<Caller> call(Port port) = 0;
  /// The longest that clients do nothing between two acts.
  virtual Duration pace() const = 0;
  /// Everybody has done what they wanted, and whatever was under way has come to rest.
  virtual bool quiet() const = 0;
  /// What is in an account's inbox.
  virtual Task<std::vector<Picture::Truth>> truth(int account) = 0;
  /// A client has compared its picture with it.
  virtual void compared() = 0;
  /// A client has done what it wanted.
  virtual void done() = 0;
  /// And will not call again.
  virtual void gone() = 0;
  /// For the log of a scenario that is looked at.
  virtual void log(const std::string& who, const std::string& what) = 0;
};

class Client {
 public:
  Client(Around& around, std::string name, Port port, std::uint64_t seed)
      : around_(around), name_(std::move(name)), port_(port), dice_(seed) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  Task<> live();

 protected:
  /// One connection, from greeting to goodbye.
  virtual Task<> visit() = 0;
  /// Is there a reason to call again?
  virtual bool wants_more() const = 0;

  /// A server's answer that is not what it should be.
  void complain(const std::string& what) { ledger().complain(name_ + ": " + what); }
  Task<> say(std::string bytes);
  Task<std::string> line();
  void done();

  Ledger& ledger() { return around_.ledger(); }
  bool one_in(std::uint32_t count) { return dice_() % count == 0; }
  std::size_t below(std::size_t limit) { return dice_() % limit; }
  std::size_t some_size() { return one_in(24) ? 10'000 + below(30'000) : 100 + below(2'000); }

  Around& around_;
  const std::string name_;
  const Port port_;
  std::minstd_rand dice_;
  std::unique_ptr<Caller> caller_;  // while connected

 private:
  Task<> call();

  bool done_ = false;
};

}  // namespace postroom::testing
