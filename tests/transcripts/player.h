// Plays one transcript in one mode and tells where the conversation left it.
#pragma once

#include <map>
#include <string>

#include "tests/support/memory_stream.h"
#include "tests/transcripts/pattern.h"
#include "tests/transcripts/script.h"
#include "tests/transcripts/world.h"

namespace postroom::testing {

class Player {
 public:
  Player(const Script& script, Mode mode);
  ~Player();

  /// Empty when all went as written; else the conversation up to the line that differs, and what differs.
  std::string play();

 private:
  struct Connection {
    Wire wire;
    std::size_t sent_until = 0;  ///< steps before this index have been sent ahead
    bool greeted = false;
  };

  void step(std::size_t index);
  void send(std::size_t index);
  void expect(std::size_t index);
  void directive(const Step& step);
  bool transport_directive(const Step& step);
  void greet(const std::string& name);
  void hello(const std::string& name);
  void login(const std::string& user, const std::string& name);
  void talk(const std::string& name, const std::vector<Exchange>& exchanges);

  /// How many steps from `index` on may be sent ahead together.
  std::size_t end_of_pipeline(std::size_t index) const;
  Connection& connection(const std::string& name);
  void say(const std::string& name, const std::string& bytes);
  /// The next line of output without its CRLF, or nothing.
  std::optional<std::string> peek_line(Connection& connection) const;
  std::string take_line(Connection& connection);
  void take_until(const std::string& name, std::string_view pattern);
  void expect_silence(const std::string& name);
  [[noreturn]] void fail(const std::string& what) const;
  void finish();

  const Script& script_;
  Mode mode_;
  std::unique_ptr<Endpoint> endpoint_;
  World world_;
  Captures captures_;
  std::map<std::string, Connection> connections_;
  std::string log_;
};

}  // namespace postroom::testing
