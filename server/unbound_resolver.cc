#include "server/unbound_resolver.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <unbound.h>
#include <unistd.h>

#include "base/log.h"
#include "base/signal.h"
#include "base/text.h"
#include "server/relay/dns_records.h"

namespace postroom {

namespace {

using relay::Answer;
using relay::Lookup;

// RFC 1035 3.2.2, RFC 3596 2.1, RFC 6698 7.1
constexpr int kA = 1;
constexpr int kMx = 15;
constexpr int kTxt = 16;
constexpr int kAaaa = 28;
constexpr int kTlsa = 52;
constexpr int kInternet = 1;

constexpr const char* kSystemRootKeys = "/usr/share/dns/root.key";
/// https://data.iana.org/root-anchors/: the key of 2017 and the one that follows it in 2026.
constexpr const char* kRootKeys[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

struct FreeResult {
  void operator()(ub_result* result) const noexcept { ub_resolve_free(result); }
};

void check(int error, const std::string& what) {
  if (error != 0) throw std::runtime_error("DNS: " + what + ": " + ub_strerror(error));
}

Lookup outcome(const ub_result& result) {
  if (result.bogus != 0) return Lookup::bogus;
  if (result.havedata != 0) return Lookup::found;
  if (result.nxdomain != 0) return Lookup::no_name;
  return result.rcode == 0 ? Lookup::no_data : Lookup::failed;
}

/// RFC 1035 4.1.1
std::string rcode_name(int rcode) {
  if (rcode == 2) return "SERVFAIL";
  if (rcode == 5) return "REFUSED";
  return "RCODE " + std::to_string(rcode);
}

std::string canonical(const ub_result& result) {
  if (result.canonname == nullptr) return {};
  std::string name = lower(result.canonname);
  if (name.ends_with('.')) name.pop_back();
  return relay::is_dns_name(name) ? name : std::string();
}

std::string reason(const ub_result& result) {
  std::string why;
  if (result.bogus != 0 && result.why_bogus != nullptr) {
    why = result.why_bogus;
    std::ranges::replace_if(why, [](char c) { return c < ' ' || c > '~'; }, '?');
  } else if (outcome(result) == Lookup::failed) {
    why = "the name servers cannot tell (" + rcode_name(result.rcode) + ")";
  }
  return why;
}

/// What both said together. A failure says nothing beside addresses that are known, and decides where none
/// are.
Answer<std::string> together(Answer<std::string> v6, Answer<std::string> v4) {
  Answer<std::string> better = std::move(v6);
  Answer<std::string> worse = std::move(v4);
  if (worse.lookup < better.lookup) std::swap(better, worse);  // Lookup goes from good to bad
  if (worse.lookup >= Lookup::failed) return better.lookup == Lookup::found ? better : worse;
  better.secure = better.secure && worse.secure;
  better.records.insert(better.records.end(), worse.records.begin(), worse.records.end());
  return better;
}

}  // namespace

/// One name and type that someone waits for; asked by being made, and no longer when it is destroyed.
class UnboundResolver::Question {
 public:
  Question(UnboundResolver& resolver, std::string name, int type);
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() { withdraw(); }

  /// Until there is an answer or there will be none.
  Task<> wait();
  /// After wait().
  template <class Record>
  Answer<Record> answer(Parse<Record> parse) const;

  // For the resolver.
  void submit() noexcept;
  void fail(std::string_view why) noexcept;

 private:
  void withdraw() noexcept;
  void answered(int error, ub_result* result) noexcept;
  void end(std::string_view why) noexcept;

  UnboundResolver& resolver_;
  const std::string name_;
  const int type_;
  const TimePoint deadline_;
  Signal ended_;
  Questions* list_ = nullptr;  // of the resolver's; null: it has ended
  Questions::iterator place_;
  int id_ = 0;  // libunbound's
  std::unique_ptr<ub_result, FreeResult> result_;
  // Without a result:
  Lookup lookup_ = Lookup::failed;
  std::string_view why_;  // empty: the deadline has passed
};

UnboundResolver::Question::Question(UnboundResolver& resolver, std::string name, int type)
    : resolver_(resolver),
      name_(std::move(name)),
      type_(type),
      deadline_(resolver.runtime_.now() + resolver.options_.deadline),
      ended_(resolver.runtime_),
      why_(resolver.over_) {
  if (!why_.empty()) return;
  if (!relay::is_dns_name(name_)) {
    lookup_ = Lookup::no_name;
    why_ = "there can be no such name in the DNS";
    return;
  }
  list_ = &resolver_.waiting_;
  place_ = list_->insert(list_->end(), this);
  resolver_.ask_waiting();
}

Task<> UnboundResolver::Question::wait() {
  while (list_ != nullptr && resolver_.runtime_.now() < deadline_) co_await ended_.wait(deadline_);
  withdraw();
}

template <class Record>
Answer<Record> UnboundResolver::Question::answer(Parse<Record> parse) const {
  Answer<Record> answer;
  if (!result_) {
    answer.lookup = lookup_;
    const std::string patience = std::to_string(resolver_.options_.deadline.count()) + " s";
    answer.why = why_.empty() ? "no answer within " + patience : std::string(why_);
    return answer;
  }
  answer.lookup = outcome(*result_);
  answer.secure = result_->secure != 0;
  answer.name = canonical(*result_);
  answer.why = reason(*result_);
  if (answer.lookup != Lookup::found) return answer;
  for (std::size_t i = 0; result_->data[i] != nullptr; ++i) {
    const auto size = static_cast<std::size_t>(result_->len[i]);
    if (auto record = parse(std::string_view(result_->data[i], size)))
      answer.records.push_back(*std::move(record));
  }
  if (answer.records.empty()) {
    answer.lookup = Lookup::failed;
    answer.why = "the name servers' answer makes no sense";
  }
  return answer;
}

void UnboundResolver::Question::submit() noexcept {
  resolver_.asked_.splice(resolver_.asked_.end(), *list_, place_);
  list_ = &resolver_.asked_;
  const auto tell = [](void* question, int error, ub_result* result) {
    static_cast<Question*>(question)->answered(error, result);
  };
  // It goes through a pipe to the thread; questions at once are so few that it is never full.
  const int error =
      ub_resolve_async(resolver_.context_.get(), name_.c_str(), type_, kInternet, this, tell, &id_);
  if (error != 0) end(ub_strerror(error));
}

void UnboundResolver::Question::answered(int error, ub_result* result) noexcept {
  result_.reset(result);
  end(error == 0 ? "" : ub_strerror(error));
}

void UnboundResolver::Question::end(std::string_view why) noexcept {
  list_->erase(place_);
  list_ = nullptr;
  why_ = why;
  ended_.raise();
}

void UnboundResolver::Question::withdraw() noexcept {
  if (list_ == nullptr) return;
  if (list_ == &resolver_.asked_) ub_cancel(resolver_.context_.get(), id_);  // answered() is not called now
  end("");
  resolver_.ask_waiting();
}

void UnboundResolver::Question::fail(std::string_view why) noexcept {
  withdraw();
  why_ = why;
}

void UnboundResolver::CloseContext::operator()(ub_ctx* context) const noexcept { ub_ctx_delete(context); }

UnboundResolver::UnboundResolver(UvRuntime& runtime, DnsOptions options)
    : runtime_(runtime), options_(std::move(options)), context_(ub_ctx_create()) {
  if (!context_) throw std::runtime_error("DNS: libunbound cannot be set up");
  configure();
  add_trust_anchor();
  // The first thing that is no setting ends the settings, and says whether the trust anchor is any good.
  const std::string anchor = options_.trust_anchor.empty() ? "the root's keys" : options_.trust_anchor;
  check(ub_ctx_data_remove(context_.get(), "nothing.invalid."), "validation cannot begin at " + anchor);
  listen();
}

UnboundResolver::~UnboundResolver() { assert(waiting_.empty() && asked_.empty()); }

void UnboundResolver::configure() {
  const auto set = [this](const std::string& option, const std::string& value) {
    check(ub_ctx_set_option(context_.get(), (option + ":").c_str(), value.c_str()), option);
  };
  check(ub_ctx_debugout(context_.get(), nullptr), "its own log");  // what goes wrong is in the answers
  check(ub_ctx_async(context_.get(), 1), "a thread");
  set("outgoing-range", std::to_string(options_.at_once));
  set("outgoing-num-tcp", "10");
  set("do-not-query-localhost", "no");  // a forwarder is often there
  for (const Endpoint& server : options_.forwarders) {
    const std::string name = server.address + "@" + std::to_string(server.port);
    check(ub_ctx_set_fwd(context_.get(), name.c_str()), name);
  }
}

/// RFC 4035 4.4
void UnboundResolver::add_trust_anchor() {
  const std::string& file = options_.trust_anchor;
  if (file == DnsConfig::kNoTrustAnchor) return;
  if (!file.empty()) {
    check(ub_ctx_add_ta_file(context_.get(), file.c_str()), file);
  } else if (access(kSystemRootKeys, R_OK) == 0) {
    check(ub_ctx_add_ta_file(context_.get(), kSystemRootKeys), kSystemRootKeys);
  } else {
    for (const char* key : kRootKeys) check(ub_ctx_add_ta(context_.get(), key), "the root's keys");
  }
}

void UnboundResolver::listen() {
  auto poll = std::make_unique<uv_poll_t>();
  if (const int error = uv_poll_init(runtime_.loop(), poll.get(), ub_fd(context_.get())); error != 0)
    throw std::runtime_error(std::string("DNS: ") + uv_strerror(error));
  poll_.reset(poll.release());
  poll_->data = this;
  const auto readable = [](uv_poll_t* handle, int, int) {
    static_cast<UnboundResolver*>(handle->data)->process();
  };
  if (const int error = uv_poll_start(poll_.get(), UV_READABLE, readable); error != 0)
    throw std::runtime_error(std::string("DNS: ") + uv_strerror(error));
}

void UnboundResolver::process() noexcept {
  if (const int error = ub_process(context_.get()); error != 0) {
    log::error("dns.broken", {{"cause", ub_strerror(error)}});
    uv_poll_stop(poll_.get());
    fail_all("the resolver is broken");
  }
  ask_waiting();
}

void UnboundResolver::ask_waiting() noexcept {
  while (over_.empty() && !waiting_.empty() && asked_.size() < options_.at_once) waiting_.front()->submit();
}

void UnboundResolver::fail_all(std::string_view why) noexcept {
  over_ = why;
  for (Questions* questions : {&asked_, &waiting_})
    while (!questions->empty()) questions->front()->fail(why);
}

void UnboundResolver::abort() noexcept { fail_all("the server stops"); }

template <class Record>
Task<Answer<Record>> UnboundResolver::look_up(std::string name, int type, Parse<Record> parse) {
  Question question(*this, std::move(name), type);
  co_await question.wait();
  co_return question.answer(parse);
}

Task<Answer<relay::Mx>> UnboundResolver::mx(std::string domain) {
  return look_up(std::move(domain), kMx, relay::parse_mx);
}

Task<Answer<relay::Tlsa>> UnboundResolver::tlsa(std::string name) {
  return look_up(std::move(name), kTlsa, relay::parse_tlsa);
}

Task<Answer<std::string>> UnboundResolver::txt(std::string name) {
  return look_up(std::move(name), kTxt, relay::parse_txt);
}

Task<Answer<std::string>> UnboundResolver::addresses(std::string host) {
  Question v6(*this, host, kAaaa);
  Question v4(*this, std::move(host), kA);
  co_await v6.wait();
  co_await v4.wait();
  co_return together(v6.answer(relay::parse_aaaa), v4.answer(relay::parse_a));
}

}  // namespace postroom
