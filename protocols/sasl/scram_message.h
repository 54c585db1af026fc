// The messages of a SCRAM client (RFC 5802 7), parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postroom::sasl {

/// What a message is not; as the server says it (RFC 5802 7, server-error-value). Empty: it is fine.
using ScramError = std::string_view;

struct ClientFirst {
  ClientFirst() = default;
  /// RFC 5802 6.
  enum class Binding {
    none,       ///< "n": the client cannot
    unoffered,  ///< "y": it can, and thinks that the server cannot
    required,   ///< "p"
  };
  Binding binding = Binding::none;
  std::string binding_type;  ///< after "p="
  std::string header;        ///< gs2-header, which comes again in the last message
  std::string authzid;
  std::string name;
  std::string nonce;
  std::string bare;  ///< client-first-message-bare
};

/// Fills `message` as far as it can.
ScramError parse(std::string_view text, ClientFirst& message);

struct ClientFinal {
  ClientFinal() = default;
  std::string binding;  ///< "c=", decoded
  std::string nonce;
  std::string proof;          ///< decoded
  std::string without_proof;  ///< client-final-message-without-proof
};

ScramError parse(std::string_view text, ClientFinal& message);

}  // namespace postroom::sasl
