#include "tenjo/infer/network_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr std::string_view kExtension = ".network";
constexpr std::string_view kMagic = "TENJONET";

// Magic, checksum of all that follows, length of the key, key, bytes.
struct Header {
  char magic[8];
  std::uint64_t checksum;
  std::uint64_t key_size;
};

std::uint64_t Mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 32U);
}

}  // namespace

std::uint64_t HashBytes(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t hash = Mix(seed, bytes.size());
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), count);
    hash = Mix(hash, word);
    bytes.remove_prefix(count);
  }
  return Mix(hash, 0);
}

std::uint64_t HashFiles(const std::vector<std::filesystem::path>& files) {
  constexpr std::size_t kBlock = std::size_t{1} << 20U;
  std::string block(kBlock, '\0');
  std::uint64_t hash = 0;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      throw Error(fmt::format("cannot read {}", path.string()));
    }
    hash = HashBytes(path.filename().string(), hash);
    do {
      file.read(block.data(), static_cast<std::streamsize>(block.size()));
      hash = HashBytes(std::string_view(block).substr(0, static_cast<std::size_t>(file.gcount())),
                       hash);
    } while (file);
    if (file.bad()) {
      throw Error(fmt::format("cannot read {}", path.string()));
    }
  }
  return hash;
}

std::filesystem::path DefaultCacheDir() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::filesystem::path(cache) / "tenjo";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".cache" / "tenjo";
  }
  return {};
}

NetworkCache::NetworkCache(std::filesystem::path folder, const std::string& key)
    : folder_(std::move(folder)),
      key_(key),
      path_(folder_ / fmt::format("{:016x}{}", HashBytes(key), kExtension)) {}

NetworkCache::Entry NetworkCache::Load() const {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path_, failure)) {
    return {};
  }
  Entry damaged;
  damaged.state = State::kDamaged;
  std::string bytes;
  try {
    bytes = ReadFile(path_);
  } catch (const Error&) {
    return damaged;
  }
  Header header = {};
  if (bytes.size() < sizeof(header)) {
    return damaged;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  const std::string_view rest = std::string_view(bytes).substr(sizeof(header));
  if (std::string_view(header.magic, sizeof(header.magic)) != kMagic ||
      header.key_size > rest.size() || header.checksum != HashBytes(rest, header.key_size)) {
    return damaged;
  }
  if (rest.substr(0, header.key_size) != key_) {
    return {};  // another network of the same name in the folder
  }
  Entry entry;
  entry.state = State::kWhole;
  bytes.erase(0, sizeof(header) + header.key_size);
  entry.bytes = std::move(bytes);
  return entry;
}

void NetworkCache::Store(std::string_view bytes) const {
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  if (failure) {
    throw Error(fmt::format("cannot make the folder {}: {}", folder_.string(), failure.message()));
  }
  std::string rest = key_;
  rest += bytes;
  Header header = {};
  std::memcpy(header.magic, kMagic.data(), sizeof(header.magic));
  header.key_size = key_.size();
  header.checksum = HashBytes(rest, header.key_size);

  // Programs that start together each write a file of their own; the last rename wins.
  static std::atomic<int> count = 0;
  const std::filesystem::path own =
      folder_ / fmt::format("{}-{}-{}.new", path_.stem().string(), getpid(), count++);
  AtomicFile file(own);
  file.Write(std::string_view(reinterpret_cast<const char*>(&header), sizeof(header)));
  file.Write(rest);
  file.Commit();
  std::filesystem::rename(own, path_, failure);
  if (failure) {
    std::error_code ignored;
    std::filesystem::remove(own, ignored);
    throw Error(fmt::format("cannot write {}: {}", path_.string(), failure.message()));
  }
  RemoveOld();
}

void NetworkCache::RemoveOld() const {
  using Dated = std::pair<std::filesystem::file_time_type, std::filesystem::path>;
  std::vector<Dated> entries;
  std::error_code ignored;
  for (std::filesystem::directory_iterator it(folder_, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    if (it->path().extension() == kExtension && it->path() != path_) {
      std::error_code failure;
      entries.emplace_back(it->last_write_time(failure), it->path());
    }
  }
  std::sort(entries.begin(), entries.end(), std::greater<>());
  for (std::size_t i = kMostEntries - 1; i < entries.size(); ++i) {
    std::filesystem::remove(entries[i].second, ignored);
  }
}

}  // namespace tenjo
