// The server: see server.h. Everything is made here and handed down; there is no other place where parts
// meet.
#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/crypto.h"
#include "base/log.h"
#include "config/load.h"
#include "protocols/imap/session.h"
#include "protocols/imap/text_terms.h"
#include "protocols/pop3/session.h"
#include "protocols/smtp/session.h"
#include "server/certificate_watch.h"
#include "server/curl_fetcher.h"
#include "server/deflate_stream.h"
#include "server/listener.h"
#include "server/private_file.h"
#include "server/process.h"
#include "server/relay/relay.h"
#include "server/relay_options.h"
#include "server/secret_key.h"
#include "server/tls_client.h"
#include "server/tls_context.h"
#include "server/unbound_resolver.h"
#include "server/uv_dialer.h"
#include "server/uv_runtime.h"
#include "server/uv_signals.h"
#include "storage/sqlite/store.h"

namespace postroom {

namespace {

/// How long sessions may take to finish what they do when the server stops.
constexpr std::chrono::seconds kGrace{30};
/// How often certificates are looked at, and memory is given back that a crowd of so many sessions has left
/// behind.
constexpr std::chrono::seconds kLookAround{60};
constexpr std::size_t kCrowd = 50;
/// File descriptors for all that is not a connection.
constexpr std::size_t kOwnDescriptors = 64;
/// Of the others, those that are for mail to other servers, at most; a quarter where there are few.
constexpr std::size_t kRelayDescriptors = 900;

std::size_t relay_descriptors(const Config& config, std::size_t descriptors) {
  return config.relay.enabled ? std::min(kRelayDescriptors, descriptors / 4) : 0;
}

/// With as many couriers as those descriptors are for: half of them are left for addresses that a courier
/// tries beside each other.
relay::Relay::Options relay_options(const Config& config, std::string srs_secret, std::size_t descriptors) {
  relay::Relay::Options options = relay_options(config, std::move(srs_secret));
  while (options.couriers > 1 && relay::Relay::most_connections(options.couriers) * 3 / 2 > descriptors)
    --options.couriers;
  return options;
}

/// The certificates that `config` names, the first perhaps one that the server makes for the name it has
/// while it runs.
CertificateWatch watch_certificates(const Config& config, const Config& running) {
  return CertificateWatch([tls = config.tls, data = running.data, hostname = running.hostname] {
    std::vector<CertificateFiles> files = certificate_files(tls);
    if (!tls.certificate.empty()) return files;
    const std::filesystem::path own = self_signed_certificate(data, hostname);
    files.insert(files.begin(), {own, own});
    return files;
  });
}

QuotaLimits default_quota(const Config& config) {
  QuotaLimits limits;
  limits.storage = config.limits.user_storage;
  limits.messages = config.limits.user_messages;
  return limits;
}

std::filesystem::path prepared(const std::filesystem::path& data) {
  make_private_directory(data);
  return data;
}

SqliteOptions with_index(const TermExtractor& terms) {
  SqliteOptions options;
  options.terms = &terms;
  return options;
}

/// Events go out by a thread of their own while this lives.
struct LogThread {
  explicit LogThread(log::Level level) { log::start(level); }
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;
  ~LogThread() { log::stop(); }
};

class Server {
 public:
  Server(const Config& config, std::filesystem::path config_file);

  /// From listening to closed; returns the exit code.
  int run();

 private:
  void apply(const Config& config);
  std::string listen();
  Task<> serve();
  Task<> close_store();
  Task<> look_after_certificates();
  Task<> look_after_memory();
  Task<> reload();
  Task<> drain();
  Task<> abort_at_second_stop();
  void abort_all();

  const std::filesystem::path config_file_;
  Config config_;
  const std::size_t descriptors_;
  const LogThread log_;
  const DataLock lock_;
  UvRuntime runtime_;
  const imap::TextTerms terms_;
  const std::unique_ptr<SqliteStore> store_;
  const std::string secret_key_;
  const std::string srs_secret_;
  Authenticator authenticator_;
  CertificateWatch certificates_;
  TlsServer tls_;
  Gate gate_;
  Service service_;
  smtp::Options smtp_;
  smtp::SendLimits send_limits_{runtime_};
  pop3::Options pop3_;
  pop3::MaildropLocks maildrops_;
  imap::Options imap_;
  UnboundResolver resolver_;
  const TlsClient tls_client_;
  UvDialer dialer_;
  CurlFetcher fetcher_;
  relay::Relay relay_;
  Listeners listeners_;
  ProcessSignals signals_;
  std::size_t most_sessions_ = 0;  // since memory was given back
  bool drained_ = false;
  int exit_code_ = 0;
};

Server::Server(const Config& config, std::filesystem::path config_file)
    : config_file_(std::move(config_file)),
      config_(config),
      descriptors_(prepare_process()),
      log_(config.log.level),
      lock_(prepared(config.data)),
      store_(SqliteStore::open(runtime_, std::filesystem::path(config.data) / "postroom.db",
                               with_index(terms_))),
      secret_key_(read_or_create_secret_key(config.data)),
      srs_secret_(hmac_sha256(secret_key_, "SRS")),
      authenticator_(runtime_, *store_, secret_key_),
      certificates_(watch_certificates(config, config)),
      gate_(runtime_),
      service_{runtime_, *store_, authenticator_, gate_, &tls_, config.hostname, config.login.plaintext},
      resolver_(runtime_, dns_options(config)),
      tls_client_(TlsClientOptions()),
      dialer_(runtime_, tls_client_, dial_options(config)),
      fetcher_(runtime_, tls_client_),
      relay_(runtime_, *store_, *store_, *store_, resolver_, dialer_, fetcher_,
             relay_options(config, srs_secret_, relay_descriptors(config, descriptors_))),
      listeners_(runtime_, ConnectionLimits()),
      signals_(runtime_) {
  imap_.compress = &begin_deflate;
  smtp_.srs_secret = srs_secret_;
  smtp_.relay = config.relay.enabled;
  tls_.use(certificates_.context());
  apply(config);
}

/// What may change while the server runs. Sessions look at it anew with each command.
void Server::apply(const Config& config) {
  log::set_level(config.log.level);
  service_.plaintext_login = config.login.plaintext;
  smtp_.message_size = config.limits.message_size;
  smtp_.recipients = config.limits.recipients;
  smtp_.messages_per_hour = config.limits.sent_messages_per_hour;
  smtp_.messages_per_day = config.limits.sent_messages_per_day;
  smtp_.recipients_per_hour = config.limits.sent_recipients_per_hour;
  smtp_.recipients_per_day = config.limits.sent_recipients_per_day;
  imap_.message_size = config.limits.message_size;
  store_->set_default_quota(default_quota(config));
  store_->keep_trace(config.log.trace);
  ConnectionLimits limits;
  const std::size_t set_aside = kOwnDescriptors + relay_descriptors(config_, descriptors_);
  const std::size_t descriptors = std::max(descriptors_, 2 * set_aside) - set_aside;
  limits.total = std::min<std::size_t>(config.limits.connections, descriptors);
  limits.per_address = config.limits.connections_per_address;
  if (limits.total < config.limits.connections)
    log::warning("server.few_descriptors",
                 {{"connections", limits.total}, {"configured", config.limits.connections}});
  listeners_.set_limits(limits);
}

/// Opens all ports; returns what the ready line says of them.
std::string Server::listen() {
  std::string addresses;
  const auto open = [&](const char* name, const Endpoints& endpoints, bool tls, auto serve_one) {
    const auto start = [this, tls, serve_one](Connection connection) {
      most_sessions_ = std::max(most_sessions_, gate_.inside() + 1);
      if (tls) connection.stream = tls_.implicit_tls(std::move(connection.stream));
      runtime_.spawn(serve_one(std::move(connection)));
    };
    for (const Endpoint& endpoint : endpoints)
      addresses.append(" ").append(name).append("=").append(listeners_.listen(name, endpoint, start));
  };
  const auto smtp_on = [this](smtp::Port port) {
    return [this, port](Connection connection) {
      return smtp::serve(std::move(connection), service_, smtp_, port, send_limits_);
    };
  };
  const auto pop3 = [this](Connection connection) {
    return pop3::serve(std::move(connection), service_, pop3_, maildrops_);
  };
  const auto imap = [this](Connection connection) {
    return imap::serve(std::move(connection), service_, imap_);
  };
  open("smtp", config_.listen.smtp, false, smtp_on(smtp::Port::transfer));
  open("submission", config_.listen.submission, false, smtp_on(smtp::Port::submission));
  open("submissions", config_.listen.submissions, true, smtp_on(smtp::Port::submissions));
  open("lmtp", config_.listen.lmtp, false, smtp_on(smtp::Port::lmtp));
  open("pop3", config_.listen.pop3, false, pop3);
  open("pop3s", config_.listen.pop3s, true, pop3);
  open("imap", config_.listen.imap, false, imap);
  open("imaps", config_.listen.imaps, true, imap);
  return addresses;
}

int Server::run() {
  const std::string addresses = listen();
  std::printf("ready%s\n", addresses.c_str());
  std::fflush(stdout);
  notify_service_manager("READY=1");
  log::info("server.ready", {{"hostname", config_.hostname}});
  // From here on something runs, and only a stop ends it: all that may fail comes before.
  runtime_.spawn(listeners_.run());
  runtime_.spawn(serve());
  runtime_.run();
  log::info("server.closed");
  return exit_code_;
}

Task<> Server::serve() {
  store_->start();
  if (config_.relay.enabled) runtime_.spawn(relay_.run());
  while (signals_.stops() == 0) {
    const TimePoint next_look = runtime_.now() + kLookAround;
    co_await signals_.changed().wait(next_look);
    if (signals_.take_reload()) {
      co_await reload();
    }
    co_await look_after_certificates();
    co_await look_after_memory();
  }
  co_await drain();
  co_await close_store();
}

Task<> Server::close_store() {
  try {
    co_await store_->close();
  } catch (const StoreFault& fault) {
    log::error("server.close_failed", {{"error", fault.what()}});
    exit_code_ = 1;
  }
}

/// Renewed files are for new connections; those that are open keep what they have.
Task<> Server::look_after_certificates() {
  CertificateWatch::News news;
  auto job = [&] { news = certificates_.look(); };
  co_await perform(runtime_, Lane::compute, job);
  if (news.renewed) {
    tls_.use(certificates_.context());
    log::info("tls.certificate_renewed");
  }
  if (!news.problem.empty())
    log::error("tls.certificate_refused", {{"error", news.problem}, {"in_use", "those from before"}});
  const std::time_t now = std::time(nullptr);
  for (const CertificateEnd& end : certificates_.ending(now)) log_end(end, now);
}

/// What a crowd needed and needs no more goes, also while it stays: malloc alone would keep it.
Task<> Server::look_after_memory() {
  if (most_sessions_ < kCrowd) co_return;
  most_sessions_ = gate_.inside();
  auto job = [] { give_memory_back(); };
  co_await perform(runtime_, Lane::compute, job);
}

/// Sessions say goodbye at their next command, or are cut off when the grace period is over.
Task<> Server::drain() {
  notify_service_manager("STOPPING=1");
  listeners_.close();
  gate_.drain();
  relay_.drain();
  authenticator_.stop();
  log::info("server.draining", {{"sessions", gate_.inside()}});  // when it is true
  runtime_.spawn(abort_at_second_stop());
  const TimePoint grace_ends = runtime_.now() + kGrace;
  const bool left = co_await gate_.closed(grace_ends);
  if (!left) log::warning("server.aborting", {{"sessions", gate_.inside()}});
  co_await relay_.closed(grace_ends);
  abort_all();
  co_await gate_.closed(kNever);
  co_await relay_.closed(kNever);
  drained_ = true;
  signals_.changed().raise();
}

Task<> Server::abort_at_second_stop() {
  while (signals_.stops() < 2 && !drained_) {
    co_await signals_.changed().wait();
  }
  abort_all();
}

void Server::abort_all() {
  store_->stop();
  gate_.abort();
  relay_.abort();
  dialer_.stop();
  fetcher_.stop();
  resolver_.abort();
}

/// Reads the configuration and the certificate again. A mistake leaves everything as it is.
Task<> Server::reload() {
  LoadedConfig loaded;
  std::optional<CertificateWatch> certificates;
  const auto read = [&] {
    const std::string file = config_file_.string();
    loaded = load_config(file, file == kDefaultConfigFile);
    if (const Config* const config = std::get_if<Config>(&loaded))
      certificates = watch_certificates(*config, config_);
  };
  std::string problem;
  try {
    co_await perform(runtime_, Lane::compute, read);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (const auto* const errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) log::error("config.refused", {{"error", error.text()}});
    co_return;
  }
  if (!problem.empty()) {
    log::error("config.refused", {{"error", problem}});
    co_return;
  }
  Config& config = std::get<Config>(loaded);
  if (config.hostname != config_.hostname || config.data != config_.data || config.listen != config_.listen ||
      config.relay != config_.relay || config.dns != config_.dns)
    log::warning("config.needs_restart", {{"keys", "hostname, data, [listen], [relay], [dns]"}});
  apply(config);
  certificates_ = std::move(*certificates);
  tls_.use(certificates_.context());
  log::info("config.reloaded");
}

}  // namespace

int serve(const Config& config, const std::filesystem::path& config_file) {
  Server server(config, config_file);
  return server.run();
}

}  // namespace postroom
