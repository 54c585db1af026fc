// A Fetcher that knows what a test has put on the web, and answers at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/signal.h"
#include "server/relay/fetcher.h"

namespace postroom::testing {

class FakeFetcher : public relay::Fetcher {
 public:
  explicit FakeFetcher(Runtime& runtime) : runtime_(runtime) {}

  std::map<std::string, relay::Fetched> pages;  ///< by URL; nobody answers for others
  std::vector<std::string> asked;               ///< URLs, in order
  std::vector<std::string> addresses;           ///< of the last one
  Duration pause{};                             ///< before an answer

  /// A domain's policy, which the web server says is plain text.
  void put_policy(const std::string& domain, std::string text) {
    relay::Fetched& page = pages["https://mta-sts." + domain + "/.well-known/mta-sts.txt"];
    page.status = 200;
    page.type = "text/plain";
    page.body = std::move(text);
  }

  Task<relay::Fetched> get(std::string host, std::string path, std::vector<std::string> its_addresses,
                           std::size_t most, TimePoint deadline) override {
    const std::string url = "https://" + host + path;
    asked.push_back(url);
    addresses = std::move(its_addresses);
    const TimePoint answers = runtime_.now() + pause;
    co_await sleep_until(runtime_, std::min(answers, deadline));
    relay::Fetched fetched;
    const auto page = pages.find(url);
    if (page != pages.end() && answers < deadline) {
      fetched = page->second;
    } else {
      fetched.why = "no answer in time";
    }
    if (fetched.body.size() > most) {
      fetched = relay::Fetched();
      fetched.why = "the answer is too large";
    }
    co_return fetched;
  }

 private:
  Runtime& runtime_;
};

}  // namespace postroom::testing
