// Where mail goes in section relay: a mail server that takes everything at once and keeps nothing, and a name
// server that can tell nothing. Each works on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tests/bench/bench.h"

namespace postroom::bench {

/// Sockets on loopback that a thread looks after until the end.
class Service {
 public:
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  std::uint16_t port() const { return port_; }

 protected:
  explicit Service(int type);
  virtual ~Service();
  /// Begins, once all of the object is made; end() when it begins to be destroyed.
  void begin();
  void end();
  virtual void readable(int fd) = 0;
  void watch(int fd) const;
  int fd() const { return fd_; }

 private:
  int fd_;
  int epoll_;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

class Sink : public Service {
 public:
  Sink();
  ~Sink() override;
  /// Messages so far, and when the last one came.
  std::uint64_t messages() const { return messages_; }
  Clock::time_point last() const;
  /// When the message of this number (as of make_message) came; the epoch's begin: not yet.
  Clock::time_point arrival(std::uint64_t number) const;

 private:
  struct Connection {
    std::string in;
    bool content = false;
  };
  void readable(int fd) override;
  void take(Connection& connection, std::string& out);
  void note(std::string_view message);

  std::map<int, Connection> connections_;
  std::atomic<std::uint64_t> messages_ = 0;
  mutable std::mutex mutex_;
  Clock::time_point last_{};
  std::map<std::uint64_t, Clock::time_point> arrivals_;
};

/// Answers every question with SERVFAIL (RFC 1035 4.1.1).
class DeadNames : public Service {
 public:
  DeadNames();
  ~DeadNames() override;
  std::uint64_t questions() const { return questions_; }

 private:
  void readable(int fd) override;
  std::atomic<std::uint64_t> questions_ = 0;
};

}  // namespace postroom::bench
