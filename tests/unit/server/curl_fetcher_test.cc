// server/curl_fetcher.h, getting from a web server on loopback.
#include "server/curl_fetcher.h"

#include "server/tls_context.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/certificates.h"
#include "tests/unit/server/support.h"

namespace postroom {
namespace {

using namespace std::chrono_literals;
using relay::Fetched;
using testing::Certificate;

constexpr const char* kHost = "mta-sts.one.example";
constexpr std::size_t kMost = 64 << 10;

class CurlFetcherTest : public testing::NetworkTest {
 protected:
  CurlFetcherTest() {
    use(make("DNS:mta-sts.one.example"));
    port = listen([this](Connection connection) {
      runtime.spawn(answer_one(tls_server.implicit_tls(std::move(connection.stream))));
    });
  }

  static Certificate make_authority() {
    Certificate::Options options;
    options.common_name = "Authority";
    options.authority = true;
    return Certificate(options);
  }
  Certificate make(const std::string& names, long ends = 3600) const {
    Certificate::Options options;
    options.alternative_names = names;
    options.begins = std::min(-3600L, ends - 3600);
    options.ends = ends;
    return Certificate(options, &authority);
  }
  void use(const Certificate& certificate) {
    const auto file = testing::write_file(folder.path() / "server.pem", certificate.pem());
    const auto key = testing::write_file(folder.path() / "server.key", certificate.key_pem());
    tls_server.use(load_tls_context(file, key));
  }

  /// What the web server hears, and says then.
  Task<> answer_one(std::unique_ptr<Stream> stream) {
    Buffer in(5000);
    try {
      while (!in.view().ends_with("\r\n\r\n")) co_await stream->read(in, kNever);
      heard += in.view();
      co_await stream->write(says, kNever);
      if (hangs) {
        for (;;) {
          in.clear();
          co_await stream->read(in, kNever);
        }
      }
      stream->finish();
    } catch (const ConnectionEnded&) {
      // The other side has left.
    }
  }
  void say(const std::string& status, const std::string& fields, const std::string& body) {
    says = "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  Task<> keep(CurlFetcher& fetcher, std::vector<std::string> addresses, Duration patience, Fetched& fetched) {
    const TimePoint deadline = runtime.now() + patience;
    fetched = co_await fetcher.get(kHost, "/.well-known/mta-sts.txt", std::move(addresses), kMost, deadline);
    listeners.close();
  }
  Task<> stop_soon(CurlFetcher& fetcher) {
    const TimePoint soon = runtime.now() + 100ms;
    co_await sleep_until(runtime, soon);
    fetcher.stop();
  }
  Fetched get(std::vector<std::string> addresses = {"127.0.0.1"}, Duration patience = 10s,
              bool stops = false) {
    CurlFetcher fetcher(runtime, client, port);
    Fetched fetched;
    runtime.spawn(listeners.run());
    runtime.spawn(keep(fetcher, std::move(addresses), patience, fetched));
    if (stops) runtime.spawn(stop_soon(fetcher));
    runtime.run();
    return fetched;
  }

  const testing::TemporaryFolder folder;
  const Certificate authority = make_authority();
  const TlsClient client{{testing::write_file(folder.path() / "authorities.pem", authority.pem()).string()}};
  TlsServer tls_server;
  std::uint16_t port = 0;
  std::string says;
  std::string heard;
  bool hangs = false;
};

TEST_F(CurlFetcherTest, GetsAPage) {
  say("200 OK", "Content-Type: text/plain; charset=utf-8\r\n", "version: STSv1\r\n");
  const Fetched fetched = get();
  EXPECT_EQ(fetched.status, 200) << fetched.why;
  EXPECT_EQ(fetched.type, "text/plain; charset=utf-8");
  EXPECT_EQ(fetched.body, "version: STSv1\r\n");
  EXPECT_TRUE(heard.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.one.example"))
      << heard;
}

TEST_F(CurlFetcherTest, TheNextAddressWhereOneRefuses) {
  say("200 OK", "", "here");
  EXPECT_EQ(get({"127.0.0.99", "::1", "127.0.0.1"}).body, "here");
}

TEST_F(CurlFetcherTest, ARedirectIsAnAnswerAsAnother) {
  say("302 Found", "Location: https://mta-sts.one.example:" + std::to_string(port) + "/other\r\n", "");
  EXPECT_EQ(get().status, 302);
  EXPECT_EQ(heard.find("/other"), std::string::npos);
}

TEST_F(CurlFetcherTest, APageAsLargeAsItMayBe) {
  say("200 OK", "", std::string(kMost, 'x'));
  EXPECT_EQ(get().body.size(), kMost);
}

TEST_F(CurlFetcherTest, APageThatIsLarger) {
  say("200 OK", "", std::string(kMost + 1, 'x'));
  const Fetched fetched = get();
  EXPECT_EQ(fetched.status, 0);
  EXPECT_EQ(fetched.why, "the answer is larger than 65536 bytes");
}

TEST_F(CurlFetcherTest, ACertificateForAnotherHost) {
  use(make("DNS:www.one.example"));
  say("200 OK", "", "here");
  const Fetched fetched = get();
  EXPECT_EQ(fetched.status, 0);
  EXPECT_NE(fetched.why.find("certificate"), std::string::npos) << fetched.why;
  EXPECT_EQ(heard, "");
}

TEST_F(CurlFetcherTest, ACertificateThatHasExpired) {
  use(make("DNS:mta-sts.one.example", -60));
  say("200 OK", "", "here");
  EXPECT_EQ(get().status, 0);
}

TEST_F(CurlFetcherTest, ACertificateThatNobodyKnows) {
  Certificate::Options options;
  options.alternative_names = "DNS:mta-sts.one.example";
  use(Certificate(options));
  say("200 OK", "", "here");
  const Fetched fetched = get();
  EXPECT_EQ(fetched.status, 0);
  EXPECT_EQ(heard, "") << fetched.why;
}

TEST_F(CurlFetcherTest, NobodyAtHome) {
  const Fetched fetched = get({"127.0.0.99"});
  EXPECT_EQ(fetched.status, 0);
  EXPECT_NE(fetched.why, "");
}

TEST_F(CurlFetcherTest, IsWaitedForUntilTheDeadline) {
  says = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nand then nothing";
  hangs = true;
  const Fetched fetched = get({"127.0.0.1"}, 200ms);
  EXPECT_EQ(fetched.status, 0);
  EXPECT_EQ(fetched.why, "no answer in time");
}

TEST_F(CurlFetcherTest, AStopEndsIt) {
  says = "HTTP/1.1 200 OK\r\n";
  hangs = true;
  EXPECT_EQ(get({"127.0.0.1"}, 60s, true).why, "this server stops");
}

TEST_F(CurlFetcherTest, NothingBeginsAfterAStop) {
  CurlFetcher fetcher(runtime, client, port);
  fetcher.stop();
  Fetched fetched;
  runtime.spawn(listeners.run());
  runtime.spawn(keep(fetcher, {"127.0.0.1"}, 10s, fetched));
  runtime.run();
  EXPECT_EQ(fetched.why, "this server stops");
}

}  // namespace
}  // namespace postroom
