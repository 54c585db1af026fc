// Memory of idle IMAP connections, plain and in TLS.
#include <algorithm>
#include <memory>
#include <openssl/ssl.h>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>

#include "tests/bench/bench.h"

namespace postroom::bench {

namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// One client in IDLE on its INBOX.
class IdleClient {
 public:
  IdleClient(std::uint16_t port, SSL_CTX* tls, int who) : client_(port) {
    if (tls) {
      ssl_.reset(SSL_new(tls));
      SSL_set_fd(ssl_.get(), client_.fd());
      if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("TLS handshake failed");
    }
    await("* OK");
    send("a LOGIN " + user(who) + " \"" + kPassword + "\"\r\n");
    await("a OK");
    send("b SELECT INBOX\r\n");
    await("b OK");
    send("c IDLE\r\n");
    await("+ ");
  }

 private:
  void send(const std::string& line) {
    if (!ssl_) return client_.send(line);
    if (SSL_write(ssl_.get(), line.data(), static_cast<int>(line.size())) <= 0)
      throw std::runtime_error("TLS write failed");
  }
  void await(std::string_view start) {
    while (!line().starts_with(start)) {
    }
  }
  std::string line() {
    if (!ssl_) return client_.line();
    for (;;) {
      const std::size_t end = in_.find("\r\n");
      if (end != std::string::npos) {
        std::string result = in_.substr(0, end);
        in_.erase(0, end + 2);
        return result;
      }
      char bytes[4096];
      const int count = SSL_read(ssl_.get(), bytes, sizeof bytes);
      if (count <= 0) throw std::runtime_error("the server closed a TLS connection");
      in_.append(bytes, static_cast<std::size_t>(count));
    }
  }

  Client client_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string in_;
};

void measure(const Options& options, int connections, bool tls) {
  const Server server(options, 10);
  const std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  // What the first connection of each kind costs once is not what one more costs.
  std::vector<std::unique_ptr<IdleClient>> clients;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i)
      clients.push_back(std::make_unique<IdleClient>(server.port(tls ? "imaps" : "imap"),
                                                     tls ? context.get() : nullptr,
                                                     static_cast<int>(clients.size()) % 10));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  };
  const std::uint64_t empty = server.rss();
  add(10);
  const std::uint64_t before = server.rss();
  add(connections);
  const std::uint64_t after = server.rss();
  char what[96];
  std::snprintf(what, sizeof what, "%d connections in IDLE, %s: each", connections, tls ? "TLS" : "plain");
  row_goal(what, (static_cast<double>(after) - static_cast<double>(before)) / connections / 1024, "KiB",
           tls ? 32 : 6, true);
  std::snprintf(what, sizeof what, "    resident in all (%.1f MiB without any)",
                static_cast<double>(empty) / (1 << 20));
  row(what, static_cast<double>(after) / (1 << 20), "MiB");
  if (connections == 5000 && !tls)
    row_goal("    5,000 in all", static_cast<double>(after) / (1 << 20), "MiB", 48, true);
}

}  // namespace

void bench_idle(const Options& options) {
  heading("Memory of idle IMAP connections (logged in, INBOX selected, in IDLE)");
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  for (const bool tls : {false, true})
    for (const int wanted : {1000, 5000, 10000}) {
      const int connections = options.quick ? std::min(wanted, 100) : wanted;
      if (static_cast<rlim_t>(connections) + 200 > files.rlim_cur) {
        std::printf("  %d connections: left out, only %llu files may be open here\n", connections,
                    static_cast<unsigned long long>(files.rlim_cur));
        continue;
      }
      measure(options, connections, tls);
      if (options.quick) break;
    }
}

}  // namespace postroom::bench
