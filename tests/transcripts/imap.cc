// Plays tests/transcripts/imap.
#include "protocols/imap/session.h"
#include "protocols/imap/text_terms.h"
#include "tests/support/fake_deflate.h"
#include "tests/transcripts/endpoint.h"

namespace postroom::testing {
namespace {

class ImapEndpoint : public Endpoint {
 public:
  Task<> serve(Connection connection, const Service& service) override {
    return imap::serve(std::move(connection), service, options_);
  }

  const TermExtractor* terms() const override { return &terms_; }

  std::vector<Exchange> login(const User& user) const override {
    return {{"login LOGIN " + user.address + " " + user.password, "login OK{}"}};
  }

  Setters limits() override {
    return {
        {"message_size", setter(options_.message_size)}, {"login_timeout", setter(options_.login_timeout)},
        {"idle_timeout", setter(options_.idle_timeout)}, {"write_timeout", setter(options_.write_timeout)},
        {"saved_runs", setter(options_.saved_runs)},     {"sorting_memory", setter(options_.sorting_memory)}};
  }

  bool directive(const std::vector<std::string>& words) override {
    if (words != std::vector<std::string>{"compression", "offered"}) return false;
    options_.compress = &fake_deflate;
    return true;
  }

 private:
  imap::Options options_;
  const imap::TextTerms terms_;
};

}  // namespace

const char* const kTranscriptFolder = "imap";
std::unique_ptr<Endpoint> make_endpoint() { return std::make_unique<ImapEndpoint>(); }

}  // namespace postroom::testing
