// The SMTP load: many connections on one epoll, each a small state machine that pipelines as MTAs do.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

namespace postroom::bench {

namespace {

class Sender {
 public:
  Sender(int epoll, std::uint16_t port, const DeliveryLoad& load, int number)
      : epoll_(epoll), port_(port), load_(load), next_user_(number % std::max(1, load.users)) {
    connect();
  }

  bool idle() const { return state_ == State::idle; }

  /// Starts one message.
  void begin(std::uint64_t number) {
    if (++of_this_connection_ > kOfOneConnection) connect();
    std::string commands = "MAIL FROM:<" + load_.sender + ">\r\n";
    if (load_.recipient) commands += "RCPT TO:<" + load_.recipient(number) + ">\r\n";
    for (int i = 0; i < load_.recipients && !load_.recipient; ++i) {
      commands += "RCPT TO:<" + user(load_.first_user + next_user_) + ">\r\n";
      next_user_ = (next_user_ + 1) % load_.users;
    }
    commands += "DATA\r\n";
    message_ = make_message(load_.size, number);
    message_ += ".\r\n";
    client_->send(commands);
    state_ = State::envelope;
  }

  /// Reads what has come; true when a message was acknowledged.
  bool advance(std::vector<double>& latencies) {
    char bytes[4096];
    const ssize_t count = recv(client_->fd(), bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the server closed a connection under load");
    in_.append(bytes, static_cast<std::size_t>(count));
    bool done = false;
    for (std::size_t end = 0; (end = in_.find("\r\n")) != std::string::npos; in_.erase(0, end + 2)) {
      const std::string line = in_.substr(0, end);
      if (state_ == State::envelope && line.starts_with("354")) {
        client_->send(message_);
        sent_ = Clock::now();
        state_ = State::data;
      } else {
        expect(line, "250");
        if (state_ == State::data) {
          latencies.push_back(seconds_since(sent_));
          state_ = State::idle;
          done = true;
        }
      }
    }
    return done;
  }

 private:
  enum class State { idle, envelope, data };
  static void expect(const std::string& line, std::string_view code) {
    if (!line.starts_with(code)) throw std::runtime_error("unexpected reply: " + line);
  }

  // A server may say "enough" after a while, as ours does after 1,000.
  static constexpr int kOfOneConnection = 500;

  void connect() {
    client_ = std::make_unique<Client>(port_);
    of_this_connection_ = 1;
    expect(client_->line(), "220");
    client_->send("EHLO load.example\r\n");
    while (client_->line().starts_with("250-")) {
    }
    if (!load_.login.empty()) {
      client_->send(load_.login);
      expect(client_->line(), "235");
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client_->fd(), &event);
  }

  int epoll_;
  std::uint16_t port_;
  std::unique_ptr<Client> client_;
  int of_this_connection_ = 0;
  const DeliveryLoad& load_;
  int next_user_;
  State state_ = State::idle;
  std::string message_;
  std::string in_;
  Clock::time_point sent_;
};

struct Epoll {
  Epoll() : fd(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Epoll() { close(fd); }
  int fd;
};

}  // namespace

double Delivered::percentile(double share) const { return bench::percentile(latencies, share); }

std::string make_message(std::size_t size, std::uint64_t number) {
  std::string message =
      "From: Sender <sender@elsewhere.example>\r\nTo: Reader <reader@bench.example>\r\nSubject: Figure " +
      std::to_string(number) + " of the day\r\nDate: Mon, 23 Nov 2026 07:00:00 +0000\r\nMessage-ID: <" +
      std::to_string(number) +
      "@elsewhere.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
  static const std::string line =
      "The quick brown fox jumps over the lazy dog, and back again, all day long.\r\n";
  message.reserve(size + line.size() + 8);
  while (message.size() < size) message += line;
  return message;
}

Delivered deliver(std::uint16_t port, const DeliveryLoad& load) {
  std::vector<std::unique_ptr<Sender>> senders;
  const Epoll epoll;
  for (int i = 0; i < load.connections; ++i)
    senders.push_back(std::make_unique<Sender>(epoll.fd, port, load, i * load.recipients));
  Delivered result;
  std::uint64_t started = 0;
  std::size_t busy = 0;
  const auto begin = Clock::now();
  const auto may_start = [&] {
    if (load.messages > 0 && started >= load.messages) return false;
    if (load.keep_on ? !load.keep_on() : load.messages == 0 && seconds_since(begin) >= load.seconds)
      return false;
    return load.rate <= 0 || static_cast<double>(started) <= load.rate * seconds_since(begin);
  };
  const auto over = [&] {
    if (load.messages > 0) return started >= load.messages;
    return load.keep_on ? !load.keep_on() : seconds_since(begin) >= load.seconds;
  };
  while (busy > 0 || !over()) {
    for (const auto& sender : senders) {
      if (!sender->idle() || !may_start()) continue;
      sender->begin(++started);
      ++busy;
    }
    epoll_event events[64];
    const int count = epoll_wait(epoll.fd, events, 64, load.rate > 0 ? 1 : 100);
    for (int i = 0; i < count; ++i) {
      if (!static_cast<Sender*>(events[i].data.ptr)->advance(result.latencies)) continue;
      ++result.messages;
      --busy;
    }
  }
  result.seconds = seconds_since(begin);
  return result;
}

}  // namespace postroom::bench
