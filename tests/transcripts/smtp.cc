// Plays tests/transcripts/smtp.
#include "base/text.h"
#include "protocols/smtp/session.h"
#include "tests/transcripts/endpoint.h"

namespace postroom::testing {
namespace {

class SmtpEndpoint : public Endpoint {
 public:
  Task<> serve(Connection connection, const Service& service) override {
    if (!send_limits_) send_limits_.emplace(service.runtime);
    return smtp::serve(std::move(connection), service, options_, port_, *send_limits_);
  }

  std::vector<Exchange> hello() const override {
    const std::string verb = port_ == smtp::Port::lmtp ? "LHLO" : "EHLO";
    return {{verb + " client.example.org", "250 {}"}};
  }

  std::vector<Exchange> login(const User& user) const override {
    const std::string nul(1, '\0');
    return {{"AUTH PLAIN " + base64_encode(nul + user.address + nul + user.password), "235{}"}};
  }

  Setters limits() override {
    return {{"message_size", setter(options_.message_size)},
            {"relay", setter(options_.relay)},
            {"recipients", setter(options_.recipients)},
            {"messages_per_hour", setter(options_.messages_per_hour)},
            {"messages_per_day", setter(options_.messages_per_day)},
            {"recipients_per_hour", setter(options_.recipients_per_hour)},
            {"recipients_per_day", setter(options_.recipients_per_day)},
            {"transactions", setter(options_.transactions)},
            {"fruitless_commands", setter(options_.fruitless_commands)},
            {"bad_commands", setter(options_.bad_commands)},
            {"failed_logins", setter(options_.failed_logins)},
            {"unknown_recipients", setter(options_.unknown_recipients)},
            {"received_fields", setter(options_.received_fields)},
            {"text_line", setter(options_.text_line)},
            {"command_time", setter(options_.command_time)},
            {"idle_time", setter(options_.idle_time)},
            {"data_pause", setter(options_.data_pause)},
            {"data_time", setter(options_.data_time)},
            {"deliver_time", setter(options_.deliver_time)}};
  }

  bool directive(const std::vector<std::string>& words) override {
    if (words.size() != 2 || words[0] != "port") return false;
    static const std::map<std::string, smtp::Port, std::less<>> ports{
        {"smtp", smtp::Port::transfer},
        {"submission", smtp::Port::submission},
        {"submissions", smtp::Port::submissions},
        {"lmtp", smtp::Port::lmtp}};
    const auto found = ports.find(words[1]);
    if (found == ports.end()) throw BadScript("port smtp|submission|submissions|lmtp");
    port_ = found->second;
    return true;
  }

 private:
  smtp::Options options_;
  std::optional<smtp::SendLimits> send_limits_;
  smtp::Port port_ = smtp::Port::transfer;
};

}  // namespace

const char* const kTranscriptFolder = "smtp";
std::unique_ptr<Endpoint> make_endpoint() { return std::make_unique<SmtpEndpoint>(); }

}  // namespace postroom::testing
