#include "tenjo/infer/network_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using State = NetworkCache::State;
using testing::TempDir;

std::string Noise(std::size_t size) {
  std::mt19937 random(3);
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  return bytes;
}

std::ptrdiff_t CountFiles(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

TEST(NetworkCache, GivesBackWhatWasStored) {
  const TempDir folder;
  const NetworkCache cache(folder / "made" / "anew", "one");
  EXPECT_EQ(cache.Load().state, State::kAbsent);
  const std::string bytes = Noise(10007);
  cache.Store(bytes);
  const NetworkCache::Entry entry = cache.Load();
  EXPECT_EQ(entry.state, State::kWhole);
  EXPECT_EQ(entry.bytes, bytes);
  EXPECT_EQ(NetworkCache(folder / "made" / "anew", "two").Load().state, State::kAbsent);
  cache.Store("");
  EXPECT_EQ(cache.Load().state, State::kWhole);
  EXPECT_EQ(cache.Load().bytes, "");
  EXPECT_EQ(CountFiles(folder / "made" / "anew"), 1);
}

TEST(NetworkCache, TellsEveryDamage) {
  const TempDir folder;
  const NetworkCache cache(folder.path(), "key");
  cache.Store(Noise(40));
  const std::string whole = ReadFile(cache.path());
  const auto put = [&](const std::string& bytes) {
    std::ofstream(cache.path(), std::ios::binary) << bytes;
  };
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    EXPECT_EQ(cache.Load().state, State::kDamaged) << size;
  }
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    put(flipped);
    EXPECT_EQ(cache.Load().state, State::kDamaged) << bit;
  }
  put(whole + "x");
  EXPECT_EQ(cache.Load().state, State::kDamaged);
  put(whole);
  EXPECT_EQ(cache.Load().state, State::kWhole);
}

TEST(NetworkCache, AnEntryOfAnotherKeyIsNoEntry) {
  const TempDir folder;
  const NetworkCache one(folder.path(), "one");
  const NetworkCache two(folder.path(), "two");
  one.Store("compiled");
  std::filesystem::copy_file(one.path(), two.path());
  EXPECT_EQ(two.Load().state, State::kAbsent);
}

TEST(NetworkCache, SaysWhereItCannotWrite) {
  const TempDir folder;
  std::ofstream(folder / "file") << "x";
  EXPECT_THROW(NetworkCache(folder / "file", "key").Store("x"), Error);
  EXPECT_THROW(NetworkCache("/proc/nowhere", "key").Store("x"), Error);
  EXPECT_EQ(NetworkCache(folder / "file", "key").Load().state, State::kAbsent);
}

TEST(NetworkCache, KeepsTheNewest) {
  const TempDir folder;
  for (int i = 0; i < NetworkCache::kMostEntries + 10; ++i) {
    NetworkCache(folder.path(), std::to_string(i)).Store("x");
  }
  EXPECT_EQ(CountFiles(folder.path()), NetworkCache::kMostEntries);
  EXPECT_EQ(
      NetworkCache(folder.path(), std::to_string(NetworkCache::kMostEntries + 9)).Load().state,
      State::kWhole);
}

TEST(NetworkCache, HashesTellFilesApart) {
  const TempDir folder;
  const std::string bytes = Noise(3000000);
  const auto put = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  };
  const auto a = put("a", bytes);
  const auto hash = HashFiles({a});
  EXPECT_EQ(hash, HashFiles({a}));
  std::string changed = bytes;
  changed[2999999] = static_cast<char>(changed[2999999] ^ 1);
  put("a", changed);
  EXPECT_NE(hash, HashFiles({a}));
  put("a", bytes + '\0');
  EXPECT_NE(hash, HashFiles({a}));
  EXPECT_THROW(HashFiles({folder / "absent"}), Error);
}

}  // namespace
}  // namespace tenjo
