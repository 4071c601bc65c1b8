#include "tenjo/serve/password.h"

#include <argon2.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemory_KiB = 19 << 10;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

void FillRandom(unsigned char* bytes, std::size_t size) {
  if (getrandom(bytes, size, 0) != static_cast<ssize_t>(size)) {
    throw Error("the system gives no random numbers");
  }
}

}  // namespace

std::string HashPassword(std::string_view password) {
  if (password.empty() || password.size() > kLongestPassword) {
    throw Error(fmt::format("a password must have 1 to {} bytes", kLongestPassword));
  }
  std::array<unsigned char, kSaltBytes> salt = {};
  FillRandom(salt.data(), salt.size());
  std::vector<char> encoded(
      argon2_encodedlen(kPasses, kMemory_KiB, kLanes, kSaltBytes, kHashBytes, Argon2_id));
  const int result =
      argon2id_hash_encoded(kPasses, kMemory_KiB, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (result != ARGON2_OK) {
    throw Error(fmt::format("the password cannot be hashed: {}", argon2_error_message(result)));
  }
  return encoded.data();
}

bool IsPasswordHash(const std::string& hash) {
  // $argon2id$v=19$m=19456,t=2,p=1$salt$hash
  constexpr std::size_t kLongest = 512;
  const auto parts = Split(hash, '$');
  if (hash.size() > kLongest || parts.size() != 6 || parts[1] != "argon2id" || parts[2] != "v=19" ||
      parts[4].size() < 8 || parts[5].size() < 16) {
    return false;
  }
  const auto numbers = Split(parts[3], ',');
  constexpr std::array<std::pair<const char*, long long>, 3> kMost = {
      {{"m=", 1 << 20}, {"t=", 100}, {"p=", 64}}};
  if (numbers.size() != kMost.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kMost.size(); ++i) {
    const auto number = ParseInt(numbers[i].substr(std::min<std::size_t>(2, numbers[i].size())));
    if (numbers[i].substr(0, 2) != kMost[i].first || !number || *number < 1 ||
        *number > kMost[i].second) {
      return false;
    }
  }
  return true;
}

bool VerifyPassword(const std::string& hash, std::string_view password) {
  return password.size() <= kLongestPassword && IsPasswordHash(hash) &&
         argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

std::string RandomHex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  FillRandom(random.data(), random.size());
  std::string text;
  for (const unsigned char byte : random) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

bool IsSameSecret(std::string_view a, std::string_view b) {
  auto difference = static_cast<unsigned>(a.size() != b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                              static_cast<unsigned char>(b.empty() ? '\0' : b[i % b.size()]));
  }
  return difference == 0;
}

}  // namespace tenjo
