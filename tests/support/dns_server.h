// A name server for tests: UDP on 127.0.0.1, a thread of its own, and answers as they were put in.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/text.h"

namespace postroom::testing {

class DnsServer {
 public:
  /// RFC 1035 3.2.2, RFC 3596 2.1, RFC 4034, RFC 6698 7.1
  enum Type : std::uint16_t {
    a = 1,
    soa = 6,
    mx = 15,
    txt = 16,
    aaaa = 28,
    rrsig = 46,
    dnskey = 48,
    tlsa = 52
  };
  /// What happens to questions about a name.
  enum class Manner { answers, refuses, is_silent, babbles };

  DnsServer() : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor_, generic, size) != 0 || ::getsockname(descriptor_, generic, &size) != 0)
      throw std::runtime_error("no socket for the name server");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer() {
    stopping_ = true;
    thread_.join();
    ::close(descriptor_);
  }

  std::uint16_t port() const { return port_; }
  /// How many questions have come.
  unsigned asked() const { return asked_; }

  /// A name with no records is there and has none; other names are not there.
  void add_name(const std::string& name, Manner manner = Manner::answers) {
    const std::lock_guard lock(mutex_);
    names_[name].manner = manner;
  }
  void add(const std::string& name, Type type, const std::string& rdata) {
    const std::lock_guard lock(mutex_);
    names_[name].records[type].push_back(rdata);
  }
  /// The RDATA of an RRSIG (RFC 4034 3.1) that goes with the records of a type.
  void add_signature(const std::string& name, Type covered, const std::string& rdata) {
    const std::lock_guard lock(mutex_);
    names_[name].signatures[covered] = rdata;
  }
  void add_mx(const std::string& name, std::uint16_t preference, std::string_view host) {
    add(name, mx, number(preference) + wire_name(host));
  }
  void add_address(const std::string& name, const std::string& address) {
    const bool v6 = address.find(':') != std::string::npos;
    std::string rdata(v6 ? sizeof(in6_addr) : sizeof(in_addr), '\0');
    if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), rdata.data()) != 1)
      throw std::runtime_error(address + " is no address");
    add(name, v6 ? aaaa : a, rdata);
  }

  /// RFC 1035 3.1; "" is the root.
  static std::string wire_name(std::string_view name) {
    std::string wire;
    if (!name.empty())
      for (const std::string_view label : split(name, '.'))
        wire.append(1, static_cast<char>(label.size())).append(label);
    return wire + '\0';
  }

 private:
  struct Name {
    Manner manner = Manner::answers;
    std::map<std::uint16_t, std::vector<std::string>> records;
    std::map<std::uint16_t, std::string> signatures;
  };
  /// RFC 1035 4.1.1
  static constexpr std::size_t kHeader = 12;

  static std::string number(std::size_t value) {
    return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
  }

  void serve() {
    std::array<char, 4096> packet;
    while (!stopping_) {
      pollfd waiting{descriptor_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      sockaddr_in from{};
      socklen_t size = sizeof from;
      auto* generic = reinterpret_cast<sockaddr*>(&from);
      const ssize_t count = ::recvfrom(descriptor_, packet.data(), packet.size(), 0, generic, &size);
      if (count < static_cast<ssize_t>(kHeader)) continue;
      const std::string reply = answer(std::string_view(packet.data(), static_cast<std::size_t>(count)));
      if (!reply.empty()) ::sendto(descriptor_, reply.data(), reply.size(), 0, generic, size);
    }
  }

  std::string answer(std::string_view query) {
    ++asked_;
    std::string name;
    std::size_t at = kHeader;
    while (at < query.size() && query[at] != '\0') {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + lower(query.substr(at + 1, length));
      at += 1 + length;
    }
    if (at + 5 > query.size()) return {};
    const std::uint16_t type = static_cast<unsigned char>(query[at + 2]);
    const std::string_view question = query.substr(kHeader, at + 5 - kHeader);

    const std::lock_guard lock(mutex_);
    const auto found = names_.find(name);
    if (found == names_.end()) return reply(query, question, 3, {});
    switch (found->second.manner) {
      case Manner::is_silent: return {};
      case Manner::babbles: return std::string(query.substr(0, 2)) + std::string(40, '\377');
      case Manner::refuses: return reply(query, question, 2, {});
      default: return reply(query, question, 0, records(found->second, type));
    }
  }

  /// Each without its name.
  static std::vector<std::string> records(const Name& name, std::uint16_t type) {
    std::vector<std::string> out;
    if (const auto found = name.records.find(type); found != name.records.end())
      for (const std::string& rdata : found->second) out.push_back(record(type, rdata));
    if (const auto found = name.signatures.find(type); found != name.signatures.end())
      out.push_back(record(rrsig, found->second));
    return out;
  }

  static std::string reply(std::string_view query, std::string_view question, int rcode,
                           const std::vector<std::string>& records) {
    std::string out(query.substr(0, 2));
    out += {static_cast<char>(0x81), static_cast<char>(0x80 | rcode)};  // QR, RD, RA
    const bool negative = records.empty() && rcode != 2;
    out += number(1) + number(records.size()) + number(negative ? 1 : 0) + number(0);
    out += question;
    for (const std::string& rest : records) out += number(0xc000 | kHeader) + rest;
    // RFC 2308 3
    if (negative) out += std::string(1, '\0') + record(soa, std::string(22, '\0'));
    return out;
  }
  /// RFC 1035 4.1.3, after the name; an hour to live.
  static std::string record(std::uint16_t type, const std::string& rdata) {
    return number(type) + number(1) + number(0) + number(3600) + number(rdata.size()) + rdata;
  }

  int descriptor_;
  std::uint16_t port_ = 0;
  std::atomic<unsigned> asked_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::map<std::string, Name> names_;
  std::thread thread_;
};

}  // namespace postroom::testing
