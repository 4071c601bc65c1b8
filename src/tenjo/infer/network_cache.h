#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! 64 bits of a text or of the whole of some files; for telling them apart, not for secrets.
std::uint64_t HashBytes(std::string_view bytes, std::uint64_t seed = 0);
//! Throws Error if one cannot be read.
std::uint64_t HashFiles(const std::vector<std::filesystem::path>& files);

//! Where compiled networks are kept for quick starts, after the XDG base directory specification;
//! empty for a user without a home.
std::filesystem::path DefaultCacheDir();

//! A folder of compiled networks. Each entry carries a checksum: a damaged one is told from a whole
//! one before anything is made of it.
class NetworkCache {
 public:
  static constexpr int kMostEntries = 32;

  //! `key` says all that the compiled network depends on.
  NetworkCache(std::filesystem::path folder, const std::string& key);

  enum class State { kAbsent, kDamaged, kWhole };
  struct Entry {
    State state = State::kAbsent;
    std::string bytes;
  };
  Entry Load() const;
  //! Throws Error if the folder cannot be written. Removes the oldest entries beyond kMostEntries.
  void Store(std::string_view bytes) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  void RemoveOld() const;

  std::filesystem::path folder_;
  std::string key_;
  std::filesystem::path path_;
};

}  // namespace tenjo
