#pragma once

#include <string>
#include <string_view>

namespace tenjo {

inline constexpr std::size_t kLongestPassword = 1024;

//! "$argon2id$…" of a password with a fresh salt (RFC 9106; 19 MiB, two passes, as OWASP advises
//! for servers). Throws Error for an empty or overlong password.
std::string HashPassword(std::string_view password);

//! Whether the text is a hash that VerifyPassword can work with, at a cost that a service can bear.
bool IsPasswordHash(const std::string& hash);

bool VerifyPassword(const std::string& hash, std::string_view password);

//! So many random bytes of the system, in hexadecimal. Throws Error if there are none.
std::string RandomHex(std::size_t bytes);

//! Takes as long for any wrong text, so that its beginning cannot be found out by time.
bool IsSameSecret(std::string_view a, std::string_view b);

}  // namespace tenjo
