// Listeners: see listener.h.
#include "server/listener.h"

#include <new>
#include <stdexcept>

#include "base/log.h"
#include "config/values.h"
#include "server/uv_address.h"
#include "server/uv_stream.h"

namespace postroom {

namespace {

constexpr int kBacklog = 4096;
constexpr unsigned kKeepAliveSeconds = 120;
/// Refused connections are told of once in so long: an attack must not fill the log.
constexpr std::chrono::seconds kComplainEvery{10};

[[noreturn]] void cannot_listen(const std::string& name, const Endpoint& endpoint, int error) {
  std::string advice;
  if (error == UV_EACCES)
    advice =
        "ports below 1024 are for root: start as root, give CAP_NET_BIND_SERVICE, or choose another port";
  else if (error == UV_EADDRINUSE)
    advice = "another program listens there: stop it (`ss -ltnp` shows which), or choose another port";
  else if (error == UV_EADDRNOTAVAIL)
    advice = "this machine has no such address: `ip address` shows those it has";
  else
    advice = "choose another address";
  throw std::runtime_error("cannot listen on " + format_endpoint(endpoint) + " (listen." + name +
                           "): " + uv_strerror(error) + "; " + advice);
}

std::string real_address(const uv_tcp_t& handle) {
  sockaddr_storage name{};
  int length = sizeof name;
  uv_tcp_getsockname(&handle, reinterpret_cast<sockaddr*>(&name), &length);
  char text[INET6_ADDRSTRLEN] = "";
  uv_ip_name(reinterpret_cast<const sockaddr*>(&name), text, sizeof text);
  const bool v6 = name.ss_family == AF_INET6;
  const auto port = v6 ? reinterpret_cast<const sockaddr_in6*>(&name)->sin6_port
                       : reinterpret_cast<const sockaddr_in*>(&name)->sin_port;
  return format_endpoint({text, ntohs(port)});
}

}  // namespace

struct Listeners::Port {
  Listeners* listeners;
  std::string name;
  Serve serve;
  UvHandle<uv_tcp_t> handle;
  bool waiting =
      false;  // a connection is there, and not taken: libuv does not ask for the next one meanwhile

  int open(uv_loop_t* loop, const sockaddr_storage& address);
  static void connected(uv_stream_t* handle, int status) noexcept;
};

int Listeners::Port::open(uv_loop_t* loop, const sockaddr_storage& address) {
  auto made = std::make_unique<uv_tcp_t>();
  if (const int error = uv_tcp_init_ex(loop, made.get(), address.ss_family); error != 0) return error;
  handle.reset(made.release());
  handle->data = this;
  // Accepted sockets inherit these on Linux: no system calls per connection.
  uv_tcp_nodelay(handle.get(), 1);
  uv_tcp_keepalive(handle.get(), 1, kKeepAliveSeconds);
  // Without UV_TCP_IPV6ONLY: "[::]" is for IPv4 too, whatever the system's default.
  if (const int error = uv_tcp_bind(handle.get(), reinterpret_cast<const sockaddr*>(&address), 0); error != 0)
    return error;
  return uv_listen(reinterpret_cast<uv_stream_t*>(handle.get()), kBacklog, connected);
}

void Listeners::Port::connected(uv_stream_t* handle, int status) noexcept {
  auto* const port = static_cast<Port*>(handle->data);
  if (port == nullptr) return;
  if (status == 0) {
    port->listeners->take(*port);
  } else {
    // Out of descriptors: libuv has closed the connection with the one it keeps for this.
    port->listeners->refused(uv_strerror(status));
  }
}

Listeners::Listeners(UvRuntime& runtime, ConnectionLimits limits)
    : runtime_(runtime),
      changed_(runtime),
      shared_(std::make_shared<Shared>(Shared{ConnectionCounts(limits), &changed_})) {}

Listeners::~Listeners() {
  close();
  shared_->changed = nullptr;
}

std::string Listeners::listen(const std::string& name, const Endpoint& endpoint, Serve serve) {
  auto port = std::make_unique<Port>();
  port->listeners = this;
  port->name = name;
  port->serve = std::move(serve);
  sockaddr_storage address{};
  int error = parse_address(endpoint.address, endpoint.port, address);
  if (error == 0) error = port->open(runtime_.loop(), address);
  if (error == UV_EAFNOSUPPORT && endpoint.address == "::") {
    log::warning("listener.no_ipv6", {{"port", name}});
    uv_ip4_addr("0.0.0.0", endpoint.port, reinterpret_cast<sockaddr_in*>(&address));
    error = port->open(runtime_.loop(), address);
  }
  if (error != 0) cannot_listen(name, endpoint, error);
  ports_.push_back(std::move(port));
  return real_address(*ports_.back()->handle);
}

/// Without memory for the connection it ends, or waits until another one has left.
void Listeners::take(Port& port) noexcept {
  try {
    accept(port);
  } catch (const std::bad_alloc&) {
    port.waiting = true;
  }
}

void Listeners::accept(Port& port) {
  port.waiting = shared_->counts.full();
  if (port.waiting) {
    refused("too many connections: the next ones wait");
    return;
  }
  const auto origin = std::make_shared<std::optional<std::string>>();
  auto stream = UvStream::accept(runtime_, *port.handle, [shared = shared_, origin] {
    if (!*origin) return;
    shared->counts.leave(**origin);
    if (shared->changed != nullptr) shared->changed->raise();
  });
  sockaddr_storage name{};
  if (!stream || !stream->peer_name(name)) return;
  Connection connection;
  connection.peer = describe_peer(name);
  if (!shared_->counts.enter(connection.peer.origin)) {
    refused(connection.peer.address);
    return;
  }
  *origin = connection.peer.origin;
  connection.stream = std::move(stream);
  arrivals_.push_back({std::move(connection), &port.serve});
  changed_.raise();
}

void Listeners::refused(const std::string& why) {
  if (runtime_.now() < next_complaint_) return;
  next_complaint_ = runtime_.now() + kComplainEvery;
  log::warning("listener.refused", {{"why", why}, {"open", shared_->counts.total()}});
}

void Listeners::serve(Arrival& arrival) noexcept {
  try {
    (*arrival.serve)(std::move(arrival.connection));
  } catch (const std::bad_alloc&) {
    // There was no memory for its session: the connection has ended, and the others go on.
  }
}

Task<> Listeners::run() {
  while (!closed_) {
    co_await changed_.wait();
    if (closed_) break;  // who arrived in the same turn was not there for the goodbye
    std::vector<Arrival> arrivals;
    arrivals.swap(arrivals_);
    for (Arrival& arrival : arrivals) serve(arrival);
    for (const auto& port : ports_)
      if (port->waiting && port->handle && !shared_->counts.full()) take(*port);
  }
  arrivals_.clear();
}

void Listeners::close() noexcept {
  closed_ = true;
  for (const auto& port : ports_) port->handle.reset();
  changed_.raise();
}

void Listeners::set_limits(ConnectionLimits limits) {
  shared_->counts.set_limits(limits);
  changed_.raise();
}

}  // namespace postroom
