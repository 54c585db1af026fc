// SimNet: a network on virtual time. It splits what is sent, delays it, lets windows fill, and breaks
// connections, all by the dice of one seed.
#pragma once

#include <array>
#include <memory>
#include <random>

#include "base/stream.h"

namespace postroom::testing {

class SimNet {
 public:
  static constexpr std::uint64_t kNoReset = ~std::uint64_t{0};

  /// What one connection goes through.
  struct Conditions {
    std::size_t piece = 1 << 16;   ///< the most bytes that travel together
    std::size_t window = 1 << 16;  ///< bytes of one direction that are under way or not yet read
    Duration delay{};              ///< the longest that a piece takes
    bool restless = false;         ///< signals are raised for no reason too
    /// The connection breaks when so many bytes have come through: to the server, to the client.
    std::array<std::uint64_t, 2> reset_after{kNoReset, kNoReset};
  };

  /// One end of a connection.
  class End;
  struct Connected {
    std::unique_ptr<End> client;
    std::unique_ptr<End> server;
  };

  struct Counts {
    std::uint64_t connections = 0;
    std::uint64_t resets = 0;  ///< by the network
    std::uint64_t pieces = 0;
    std::uint64_t full = 0;  ///< how often a window was full before all was sent
  };

  /// Outlives its connections' ends, and ends when all of them are gone and the runtime has settled.
  SimNet(Runtime& runtime, std::uint64_t seed) : runtime_(runtime), dice_(seed) {}

  Connected connect(const Conditions& conditions);
  const Counts& counts() const { return counts_; }

 private:
  class Link;
  static Task<> carry(std::shared_ptr<Link> link);

  Runtime& runtime_;
  std::mt19937_64 dice_;
  Counts counts_;
};

class SimNet::End : public Stream {
 public:
  End(Runtime& runtime, std::shared_ptr<Link> link, std::size_t side);
  ~End() override;

  std::size_t receive(Buffer& into) override;
  std::size_t send(std::string_view bytes) override;
  bool sent() const override;
  void finish() noexcept override;
  void abort() noexcept override;

  /// The connection did not end by a goodbye: the network broke it, or one side aborted.
  bool cut() const;

 private:
  std::shared_ptr<Link> link_;
  std::size_t side_;
};

}  // namespace postroom::testing
