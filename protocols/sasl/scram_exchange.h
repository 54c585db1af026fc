// The server's side of SCRAM with SHA-256 (RFC 5802 3, 5), with and without channel binding.
//
// It costs two HMACs and a hash: what is slow on purpose, the client does.
#pragma once

#include <string>

#include "protocols/sasl/mechanism.h"
#include "protocols/sasl/scram_message.h"

namespace postroom::sasl {

class ScramExchange : public Conversation {
 public:
  /// `plus`: the mechanism's name ends in -PLUS.
  ScramExchange(const Circumstances& circumstances, bool plus) : circumstances_(circumstances), plus_(plus) {}

  Turn step(std::optional<std::string_view> response) override;
  Turn know(const Secrets& secrets) override;

 private:
  enum class State { begun, looks_up, challenged, proven };

  Turn hear_first(std::string_view response);
  Turn hear_final(std::string_view response);
  ScramError look_at_binding();
  std::string_view binding_data() const;

  const Circumstances circumstances_;
  const bool plus_;
  State state_ = State::begun;
  ClientFirst first_;
  Claim claim_;
  Verifier verifier_;
  std::string nonce_;         // both parts of it
  std::string server_first_;  // as it was sent
};

}  // namespace postroom::sasl
