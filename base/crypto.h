// The cryptography Postroom uses, by OpenSSL. Pure functions over bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postroom {

/// Bytes from the system's generator; throws std::runtime_error if it fails.
void random_bytes(std::span<std::byte> out);
std::string random_bytes(std::size_t count);
/// A password or secret of `length` characters from an alphabet without look-alikes (5.8 bits each).
std::string random_password(std::size_t length);

std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// Lower-case hex, as POP3's APOP has it (RFC 1939 7).
std::string md5_hex(std::string_view bytes);
/// The same of HMAC-MD5, as CRAM-MD5 has it (RFC 2195 2).
std::string hmac_md5_hex(std::string_view key, std::string_view bytes);
/// RFC 8018 5.2 with HMAC-SHA-256, 32 bytes: RFC 5802's Hi().
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);

/// In a time that does not depend on where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// AES-256-GCM with a fresh nonce; `key` is 32 bytes. The result holds nonce, ciphertext and tag. `context`
/// is authenticated, not stored: what was sealed for one place does not open in another.
std::string seal(std::string_view key, std::string_view context, std::string_view plain);
/// Nothing if it was not sealed with this key for this context, or was changed.
std::optional<std::string> unseal(std::string_view key, std::string_view context, std::string_view sealed);

}  // namespace postroom
