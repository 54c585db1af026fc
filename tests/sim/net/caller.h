// Caller: a client's end of a connection, by lines and counted bytes; one that may read slowly.
#pragma once

#include <random>
#include <string>

#include "tests/support/sim_net.h"
#include "tests/support/sim_runtime.h"

namespace postroom::testing {

class Caller {
 public:
  /// `patience` is the longest it leaves what has come unread.
  Caller(SimRuntime& runtime, std::unique_ptr<SimNet::End> end, Duration patience, std::uint64_t seed)
      : runtime_(runtime), end_(std::move(end)), patience_(patience), dice_(seed), in_(1 << 16) {}

  /// Reads meanwhile: a server that is not read from stops reading (RFC 2920 3.1).
  Task<> say(std::string bytes);
  /// Without its CRLF. Throws ConnectionEnded; Reason::deadline when the server says nothing for long.
  Task<std::string> line();
  Task<std::string> bytes(std::size_t count);
  /// Has something come, until then?
  Task<bool> hears(TimePoint until);
  Task<> pause(Duration longest);

  /// The server has told that it ends the connection.
  void goodbye() { goodbye_ = true; }
  /// The connection has ended as it may: after a goodbye, or broken.
  bool ended_well() const { return goodbye_ || end_->cut(); }
  void hang_up() { end_->finish(); }

 private:
  Task<> write(const std::string& bytes);
  Task<> more();

  SimRuntime& runtime_;
  std::unique_ptr<SimNet::End> end_;
  Duration patience_;
  std::minstd_rand dice_;
  Buffer in_;
  bool goodbye_ = false;
};

}  // namespace postroom::testing
