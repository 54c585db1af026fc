// A client that delivers mail by SMTP: with DATA or BDAT, pipelined or not, under TLS or not.
#pragma once

#include <deque>

#include "tests/sim/net/client.h"

namespace postroom::testing {

class SmtpClient : public Client {
 public:
  SmtpClient(Around& around, std::string name, std::uint64_t seed);

 private:
  /// One command, or a message's content, and the answer to it.
  struct Step {
    Step() = default;
    std::string bytes;
    int answer = 250;
    bool alone = false;  ///< nothing may be said before its answer (RFC 2920 3.1)
    int ends = 0;        ///< the number of the message that is whole with it
  };

  Task<> visit() override;
  bool wants_more() const override { return left_ > 0; }

  void plan();
  void plan_hello();
  void plan_message();
  void plan_content(int number);
  void step(std::string bytes, int answer = 250, bool alone = false, int ends = 0);
  Task<> run_some();
  Task<bool> answered(Step step);
  Task<int> answer();

  std::size_t left_;  // messages
  bool pipelines_ = false;
  std::deque<Step> steps_;  // of this connection
};

}  // namespace postroom::testing
