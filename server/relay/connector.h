// Connector: from a destination's hosts to a connection that takes mail, with as much TLS as can be had.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "protocols/smtp/client.h"
#include "server/relay/dialer.h"
#include "server/relay/resolver.h"
#include "server/relay/route.h"
#include "server/relay/targets.h"
#include "storage/queue.h"

namespace postroom::relay {

/// A connection that is ready for mail, or why there is none.
struct Connected {
  Connected() = default;
  std::unique_ptr<smtp::Client> client;  ///< null: none
  std::string host;                      ///< whose it is
  TimePoint enough{};                    ///< it begins no message after this
  std::string why;                       ///< of a failure, for people
  bool tls_failed = false;               ///< it was there, but no TLS could begin
  /// RFC 3463, of a failure: no host is as the message demands it (RFC 8689 4.2.1), now or later.
  std::string unmet;
};

/// Those under way, to be ended all at once.
class Clients {
 public:
  /// One that is in use.
  class Use {
   public:
    Use(Clients& clients, smtp::Client& client) : clients_(clients), client_(client) {
      clients_.all_.insert(&client_);
      if (clients_.aborted_) client_.abort();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { clients_.all_.erase(&client_); }

   private:
    Clients& clients_;
    smtp::Client& client_;
  };

  void abort() {
    aborted_ = true;
    for (smtp::Client* client : all_) client->abort();
  }
  bool aborted() const { return aborted_; }

 private:
  std::set<smtp::Client*> all_;
  bool aborted_ = false;
};

class Connector {
 public:
  Connector(Runtime& runtime, Resolver& resolver, Dialer& dialer, Clients& clients, std::string hostname)
      : runtime_(runtime),
        resolver_(resolver),
        dialer_(dialer),
        clients_(clients),
        hostname_(std::move(hostname)) {}

  /// To the first of the route's hosts that can be talked to (RFC 5321 5.1), and that is as mail with this
  /// demand needs it.
  Task<Connected> connect(const Targets& targets, const Route& route, TlsDemand demand);

 private:
  struct Way;
  Task<Connected> connect_to(const Target& target, const Targets& targets, const Route& route,
                             TlsDemand demand);
  Task<Way> way_to(const Target& target, const Targets& targets, const Route& route, TlsDemand demand);
  Task<> look_up(Way& way, const Targets& targets, const Route& route, TlsDemand demand);
  static void require_tls(Way& way, const Targets& targets);
  Task<> look_up_tls(Way& way, std::string base, const Targets& targets, const Route& route);
  static void demand_tls(Way& way, const char* who);
  static void obey(const StsPolicy& policy, Way& way, const Targets& targets);
  std::string wrap(std::unique_ptr<Stream>& stream, const TlsPolicy& policy);
  Task<Connected> begin(const Way& way, const Route& route, bool with_tls);
  Task<smtp::RemoteReply> introduce(Connected& connected, const Way& way, const Route& route, bool with_tls);

  Runtime& runtime_;
  Resolver& resolver_;
  Dialer& dialer_;
  Clients& clients_;
  const std::string hostname_;  // ours, as in EHLO
};

}  // namespace postroom::relay
