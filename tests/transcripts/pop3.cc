// Plays tests/transcripts/pop3.
#include "protocols/pop3/session.h"
#include "tests/transcripts/endpoint.h"

namespace postroom::testing {
namespace {

class Pop3Endpoint : public Endpoint {
 public:
  Task<> serve(Connection connection, const Service& service) override {
    return pop3::serve(std::move(connection), service, options_, locks_);
  }

  std::vector<Exchange> login(const User& user) const override {
    return {{"USER " + user.address, "+OK{}"}, {"PASS " + user.password, "+OK{}"}};
  }

  Setters limits() override {
    return {{"bad_commands", setter(options_.bad_commands)},
            {"failed_logins", setter(options_.failed_logins)},
            {"login_time", setter(options_.login_time)},
            {"idle_time", setter(options_.idle_time)},
            {"write_time", setter(options_.write_time)}};
  }

 private:
  pop3::Options options_;
  pop3::MaildropLocks locks_;
};

}  // namespace

const char* const kTranscriptFolder = "pop3";
std::unique_ptr<Endpoint> make_endpoint() { return std::make_unique<Pop3Endpoint>(); }

}  // namespace postroom::testing
