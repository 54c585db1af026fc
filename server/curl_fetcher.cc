// CurlFetcher: see curl_fetcher.h.
#include "server/curl_fetcher.h"

#include <cassert>
#include <curl/curl.h>
#include <map>
#include <stdexcept>

namespace postroom {

namespace {

using relay::Fetched;

struct FreeEasy {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

void must(bool done) {
  if (!done) throw std::runtime_error("libcurl cannot be set up");
}

/// "mta-sts.example.org:443:192.0.2.1,[2001:db8::1]"
std::string resolved(const std::string& host, std::uint16_t port, const std::vector<std::string>& addresses) {
  std::string all;
  for (const std::string& address : addresses) {
    const bool v6 = address.find(':') != std::string::npos;
    all += (all.empty() ? "" : ",") + (v6 ? "[" + address + "]" : address);
  }
  return host + ":" + std::to_string(port) + ":" + all;
}

}  // namespace

/// One request and what has come of it.
class CurlFetcher::Transfer {
 public:
  Transfer(CurlFetcher& fetcher, std::size_t most);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  void ask(const std::string& host, const std::string& path, const std::vector<std::string>& addresses);
  /// Until there is an answer or there will be none.
  Task<> wait(TimePoint deadline);
  /// After wait().
  Fetched answer();

 private:
  struct Socket {
    UvHandle<uv_poll_t> poll;
    int happened = 0;  // UV_READABLE …
  };

  template <class Value>
  void set(CURLoption option, Value value) {
    must(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK);
  }
  void configure_tls();
  void go_on();
  void look();
  void watch(curl_socket_t descriptor, int what) noexcept;
  std::size_t take(std::string_view bytes) noexcept;

  CurlFetcher& fetcher_;
  const std::size_t most_;
  Signal news_;
  std::map<curl_socket_t, Socket> sockets_;
  TimePoint next_ = TimePoint::min();  // when libcurl wants to go on whatever happens
  std::unique_ptr<curl_slist, FreeList> addresses_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::string body_;
  bool too_large_ = false;
  bool out_of_memory_ = false;
  bool over_ = false;
  CURLcode result_ = CURLE_OK;
  char error_[CURL_ERROR_SIZE] = "";
};

CurlFetcher::Transfer::Transfer(CurlFetcher& fetcher, std::size_t most)
    : fetcher_(fetcher),
      most_(most),
      news_(fetcher.runtime_),
      multi_(curl_multi_init()),
      easy_(curl_easy_init()) {
  must(multi_ != nullptr && easy_ != nullptr);
  fetcher_.transfers_.insert(&news_);
}

CurlFetcher::Transfer::~Transfer() {
  fetcher_.transfers_.erase(&news_);
  curl_multi_remove_handle(multi_.get(), easy_.get());
  easy_.reset();
  multi_.reset();  // closes its connections, whose sockets are watched no more
}

void CurlFetcher::Transfer::ask(const std::string& host, const std::string& path,
                                const std::vector<std::string>& addresses) {
  addresses_.reset(curl_slist_append(nullptr, resolved(host, fetcher_.port_, addresses).c_str()));
  must(addresses_ != nullptr);
  const std::string url = "https://" + host + ":" + std::to_string(fetcher_.port_) + path;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_RESOLVE, addresses_.get());
  set(CURLOPT_PROXY, "");  // none, whatever the environment says
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_USERAGENT, "Postroom");
  set(CURLOPT_WRITEDATA, this);
  set(
      CURLOPT_WRITEFUNCTION, +[](char* bytes, std::size_t, std::size_t size, void* transfer) {
        return static_cast<Transfer*>(transfer)->take({bytes, size});
      });
  configure_tls();
  CURLM* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      multi, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t descriptor, int what, void* transfer, void*) {
        static_cast<Transfer*>(transfer)->watch(descriptor, what);
        return 0;
      });
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(
      multi, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long milliseconds, void* data) {
        auto* const transfer = static_cast<Transfer*>(data);
        const TimePoint now = transfer->fetcher_.runtime_.now();
        transfer->next_ = milliseconds < 0 ? kNever : now + std::chrono::milliseconds(milliseconds);
        return 0;
      });
  must(curl_multi_add_handle(multi, easy_.get()) == CURLM_OK);
}

/// Who may answer: whom TlsClient trusts. libcurl's own file of authorities is large, and reading it blocks.
void CurlFetcher::Transfer::configure_tls() {
  set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSL_CTX_DATA, const_cast<TlsClient*>(&fetcher_.tls_));
  set(
      CURLOPT_SSL_CTX_FUNCTION, +[](CURL*, void* context, void* tls) {
        static_cast<const TlsClient*>(tls)->share_authorities(*static_cast<SSL_CTX*>(context));
        return CURLE_OK;
      });
}

std::size_t CurlFetcher::Transfer::take(std::string_view bytes) noexcept {
  too_large_ = bytes.size() > most_ - body_.size();
  if (too_large_) return 0;
  try {
    body_ += bytes;
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return bytes.size();
}

/// libcurl wants to know when something happens to a socket, or no longer.
void CurlFetcher::Transfer::watch(curl_socket_t descriptor, int what) noexcept {
  if (what == CURL_POLL_REMOVE) {
    sockets_.erase(descriptor);
    return;
  }
  try {
    Socket& socket = sockets_[descriptor];
    if (!socket.poll) {
      auto poll = std::make_unique<uv_poll_t>();
      if (uv_poll_init(fetcher_.runtime_.loop(), poll.get(), descriptor) != 0) throw std::bad_alloc();
      socket.poll.reset(poll.release());
      socket.poll->data = this;
    }
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
    news_.raise();
    return;
  }
  const int events =
      ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  uv_poll_start(sockets_[descriptor].poll.get(), events, [](uv_poll_t* handle, int status, int happened) {
    auto* const transfer = static_cast<Transfer*>(handle->data);
    for (auto& [number, socket] : transfer->sockets_)
      if (socket.poll.get() == handle) socket.happened |= status < 0 ? UV_READABLE | UV_WRITABLE : happened;
    transfer->news_.raise();
  });
}

/// Has libcurl act on what has happened.
void CurlFetcher::Transfer::go_on() {
  std::map<curl_socket_t, int> happened;
  for (auto& [descriptor, socket] : sockets_)
    if (const int events = std::exchange(socket.happened, 0); events != 0) happened[descriptor] = events;
  int running = 0;
  for (const auto& [descriptor, events] : happened) {
    const int bits = ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                     ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(multi_.get(), descriptor, bits, &running);
  }
  if (next_ <= fetcher_.runtime_.now()) {
    next_ = kNever;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
  look();
}

void CurlFetcher::Transfer::look() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    over_ = true;
    result_ = message->data.result;
  }
}

Task<> CurlFetcher::Transfer::wait(TimePoint deadline) {
  while (!fetcher_.stopped_ && fetcher_.runtime_.now() < deadline) {
    go_on();
    if (over_ || out_of_memory_) break;
    const TimePoint until = std::min(deadline, next_);
    co_await news_.wait(until);
  }
}

Fetched CurlFetcher::Transfer::answer() {
  Fetched fetched;
  if (!over_) {
    fetched.why = out_of_memory_ ? "memory is short" : "no answer in time";
    if (fetcher_.stopped_) fetched.why = "this server stops";
    return fetched;
  }
  if (result_ != CURLE_OK) {
    fetched.why = error_[0] != '\0' ? error_ : curl_easy_strerror(result_);
    if (too_large_) fetched.why = "the answer is larger than " + std::to_string(most_) + " bytes";
    return fetched;
  }
  const char* type = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &fetched.status);
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) fetched.type = type;
  fetched.body = std::move(body_);
  return fetched;
}

CurlFetcher::CurlFetcher(UvRuntime& runtime, const TlsClient& tls, std::uint16_t port)
    : runtime_(runtime), tls_(tls), port_(port) {
  must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

CurlFetcher::~CurlFetcher() {
  assert(transfers_.empty() && "a fetcher outlives those who fetch");
  curl_global_cleanup();
}

Task<Fetched> CurlFetcher::get(std::string host, std::string path, std::vector<std::string> addresses,
                               std::size_t most, TimePoint deadline) {
  Transfer transfer(*this, most);
  transfer.ask(host, path, addresses);
  co_await transfer.wait(deadline);
  co_return transfer.answer();
}

void CurlFetcher::stop() noexcept {
  stopped_ = true;
  for (Signal* const transfer : transfers_) transfer->raise();
}

}  // namespace postroom
