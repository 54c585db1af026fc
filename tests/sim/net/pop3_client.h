// A client that fetches an account's mail by POP3, and removes some of what it has read.
#pragma once

#include <map>
#include <set>

#include "tests/sim/net/client.h"

namespace postroom::testing {

class Pop3Client : public Client {
 public:
  Pop3Client(Around& around, std::string name, int account, std::uint64_t seed)
      : Client(around, std::move(name), Port::pop3, seed), account_(account), visits_(1 + below(3)) {}

 private:
  struct Listed {
    Uid uid = 0;
    std::uint64_t size = 0;
  };

  Task<> visit() override;
  bool wants_more() const override { return visits_ > 0; }

  Task<bool> log_in();
  Task<> list();
  Task<> read_some();
  Task<> read(std::uint64_t number);
  Task<> remove(std::uint64_t number);
  Task<> quit();
  Task<bool> answer();
  Task<std::string> text();
  void refused(Uid uid, const std::string& command);

  const int account_;
  std::size_t visits_;
  std::string said_;                        // the last status line
  std::map<std::uint64_t, Listed> listed_;  // by number
  std::set<Uid> marked_;                    // by DELE
};

}  // namespace postroom::testing
