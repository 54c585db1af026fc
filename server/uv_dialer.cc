// UvDialer: see uv_dialer.h.
#include "server/uv_dialer.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <system_error>

#include "server/uv_address.h"
#include "server/uv_stream.h"

namespace postroom {

namespace {

bool is_ipv6(const std::string& address) { return address.find(':') != std::string::npos; }

/// The families take turns, beginning with the first address's (RFC 8305 4).
std::vector<std::string> interleave(std::vector<std::string> addresses) {
  std::vector<std::string> same;
  std::vector<std::string> other;
  for (std::string& address : addresses) {
    const bool alike = same.empty() || is_ipv6(address) == is_ipv6(same.front());
    (alike ? same : other).push_back(std::move(address));
  }
  std::vector<std::string> mixed;
  for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
    if (i < same.size()) mixed.push_back(std::move(same[i]));
    if (i < other.size()) mixed.push_back(std::move(other[i]));
  }
  mixed.resize(std::min(mixed.size(), UvDialer::kMost));
  return mixed;
}

/// libuv's errors are the system's, with a minus.
std::string message(int error) { return std::generic_category().message(-error); }

/// Is it that there is no way from here to there, whatever the other side does?
bool is_ours(int error) {
  return error == UV_ENETUNREACH || error == UV_EADDRNOTAVAIL || error == UV_EAFNOSUPPORT ||
         error == UV_EINVAL;
}

std::optional<sockaddr_storage> parse_source(const std::string& address, int family) {
  if (address.empty()) return std::nullopt;
  sockaddr_storage parsed{};
  if (parse_address(address, 0, parsed) != 0 || parsed.ss_family != family)
    throw std::runtime_error("cannot send mail from " + address + ": this is no " +
                             (family == AF_INET ? "IPv4" : "IPv6") + " address");
  return parsed;
}

}  // namespace

/// One address that is being tried, or has been.
struct UvDialer::Attempt {
  std::string address;
  std::unique_ptr<UvStream> stream;  // null: it has failed
  int error = 0;
};

/// One dial(): its addresses and how far it is with them.
class UvDialer::Race {
 public:
  Race(UvDialer& dialer, std::vector<std::string> addresses, std::uint16_t port)
      : outcome(dialer.runtime_), dialer_(dialer), addresses_(interleave(std::move(addresses))), port_(port) {
    dialer_.races_.insert(&outcome);
  }
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;
  ~Race() {
    attempts_.clear();  // before `outcome`, which they may raise
    dialer_.races_.erase(&outcome);
  }

  /// Takes note of who has answered and begins what is due; null while nobody has connected.
  Attempt* go_on();
  /// Nothing is under way, and nothing is left to be tried.
  bool lost() const;
  /// When the next attempt is due.
  TimePoint next() const { return attempts_.size() < addresses_.size() ? next_ : kNever; }
  std::string why() const;

  Signal outcome;

 private:
  Attempt* look();
  void begin();
  std::string why(const Attempt& attempt) const;

  UvDialer& dialer_;
  const std::vector<std::string> addresses_;
  const std::uint16_t port_;
  std::vector<Attempt> attempts_;  // of the first so many addresses
  TimePoint next_{};
};

UvDialer::Attempt* UvDialer::Race::go_on() {
  Attempt* const winner = look();
  if (winner != nullptr) return winner;
  const TimePoint now = dialer_.runtime_.now();
  while (attempts_.size() < addresses_.size()) {
    const bool failed = attempts_.empty() || !attempts_.back().stream;
    if (!failed && now < next_) break;
    begin();
    next_ = now + kAttemptDelay;
  }
  return nullptr;
}

UvDialer::Attempt* UvDialer::Race::look() {
  for (Attempt& attempt : attempts_) {
    if (!attempt.stream) continue;
    const std::optional<int> outcome_there = attempt.stream->connected();
    if (!outcome_there) continue;
    if (*outcome_there == 0) return &attempt;
    attempt.error = *outcome_there;
    attempt.stream.reset();
  }
  return nullptr;
}

/// Begins the next attempt. It may have failed already.
void UvDialer::Race::begin() {
  Attempt& attempt = attempts_.emplace_back();
  attempt.address = addresses_[attempts_.size() - 1];
  sockaddr_storage to{};
  attempt.error = parse_address(attempt.address, port_, to);
  if (attempt.error != 0) return;
  const auto& source = to.ss_family == AF_INET ? dialer_.source_ipv4_ : dialer_.source_ipv6_;
  attempt.stream = UvStream::connect(dialer_.runtime_, to, source ? &*source : nullptr, outcome);
  look();
}

bool UvDialer::Race::lost() const {
  return attempts_.size() == addresses_.size() &&
         std::ranges::none_of(attempts_, [](const Attempt& attempt) { return attempt.stream != nullptr; });
}

std::string UvDialer::Race::why() const {
  if (dialer_.stopped_) return "this server stops";
  if (attempts_.empty()) return addresses_.empty() ? "no address" : "no time to connect";
  const auto told =
      std::ranges::find_if(attempts_, [](const Attempt& attempt) { return !is_ours(attempt.error); });
  return why(told != attempts_.end() ? *told : attempts_.front());
}

std::string UvDialer::Race::why(const Attempt& attempt) const {
  if (attempt.error == 0) return attempt.address + ": no answer in time";
  if (attempt.error == UV_EINVAL) return attempt.address + ": this is no address";
  const std::string& source =
      is_ipv6(attempt.address) ? dialer_.options_.source_ipv6 : dialer_.options_.source_ipv4;
  if (attempt.error == UV_EADDRNOTAVAIL && !source.empty())
    return attempt.address + ": this machine has no address " + source + " to connect from";
  return attempt.address + ": " + message(attempt.error);
}

UvDialer::UvDialer(UvRuntime& runtime, const TlsClient& tls, DialOptions options)
    : runtime_(runtime),
      tls_(tls),
      options_(std::move(options)),
      source_ipv4_(parse_source(options_.source_ipv4, AF_INET)),
      source_ipv6_(parse_source(options_.source_ipv6, AF_INET6)) {}

UvDialer::~UvDialer() { assert(races_.empty() && "a dialer outlives those who dial"); }

Task<relay::Dialed> UvDialer::dial(std::vector<std::string> addresses, std::uint16_t port,
                                   TimePoint deadline) {
  Race race(*this, std::move(addresses), port);
  relay::Dialed dialed;
  while (!stopped_ && runtime_.now() < deadline) {
    Attempt* const winner = race.go_on();
    if (winner != nullptr) {
      dialed.stream = std::move(winner->stream);
      dialed.address = winner->address;
      co_return dialed;
    }
    if (race.lost()) break;
    co_await race.outcome.wait(std::min(deadline, race.next()));
  }
  dialed.why = race.why();
  co_return dialed;
}

void UvDialer::stop() noexcept {
  stopped_ = true;
  for (Signal* const race : races_) race->raise();
}

}  // namespace postroom
