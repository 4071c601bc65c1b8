#include "tenjo/train/job/checkpoint.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

using Json = nlohmann::json;

// Layout: mark, length of the header (8 bytes, little endian as all machines that LibTorch runs
// on), header as JSON, the tensors' bytes one after another, checksum of all before it (8 bytes).
constexpr std::string_view kMark = "tenjo checkpoint 1\n";
constexpr std::string_view kExtension = ".checkpoint";
constexpr std::string_view kPrefix = "step-";

// Eight bytes a step (Fowler, Noll and Vo's hash on words): told apart is what disks and
// interruptions do, not what an adversary does.
std::uint64_t Checksum(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3ULL;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 29;
  }
  for (; i < bytes.size(); ++i) {
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * kPrime;
  }
  return hash ^ (hash >> 32);
}

std::string Word(std::uint64_t value) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &value, 8);
  return bytes;
}

std::uint64_t WordAt(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, 8);
  return value;
}

std::optional<std::int64_t> StepOf(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(kExtension) ||
      name.size() <= kPrefix.size() + kExtension.size()) {
    return std::nullopt;
  }
  return ParseInt(std::string_view(name).substr(kPrefix.size(),
                                                name.size() - kPrefix.size() - kExtension.size()));
}

}  // namespace

const CheckpointTensor& Checkpoint::Find(const std::string& name) const {
  for (const CheckpointTensor& tensor : tensors) {
    if (tensor.name == name) {
      return tensor;
    }
  }
  throw Error(
      fmt::format("The checkpoint of step {} has no {}; it is of another network.", step, name));
}

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  Json header = {
      {"step", checkpoint.step}, {"state", checkpoint.state}, {"tensors", Json::array()}};
  std::size_t size = 0;
  for (const CheckpointTensor& tensor : checkpoint.tensors) {
    header["tensors"].push_back({{"name", tensor.name},
                                 {"type", tensor.type},
                                 {"shape", tensor.shape},
                                 {"bytes", tensor.bytes.size()}});
    size += tensor.bytes.size();
  }
  const std::string text = header.dump();
  std::string bytes;
  bytes.reserve(kMark.size() + text.size() + size + 64);
  bytes += kMark;
  bytes += Word(text.size());
  bytes += text;
  for (const CheckpointTensor& tensor : checkpoint.tensors) {
    bytes += tensor.bytes;
  }
  bytes += Word(Checksum(bytes));
  return bytes;
}

Checkpoint ParseCheckpoint(std::string_view bytes, const std::string& name) {
  const auto damaged = [&](std::string_view how) {
    return Error(fmt::format("{} is no whole checkpoint: {}.", name, how));
  };
  const std::size_t begin = kMark.size() + 8;
  if (!bytes.starts_with(kMark) || bytes.size() < begin + 8) {
    throw damaged("it does not begin as one");
  }
  const std::string_view content(bytes.data(), bytes.size() - 8);
  if (Checksum(content) != WordAt(bytes, bytes.size() - 8)) {
    throw damaged("it was cut short or changed");
  }
  const std::uint64_t length = WordAt(bytes, kMark.size());
  if (length > content.size() - begin) {
    throw damaged("its header is longer than it");
  }
  Checkpoint checkpoint;
  try {
    const Json header = Json::parse(content.substr(begin, length));
    checkpoint.step = header.at("step").get<std::int64_t>();
    checkpoint.state = header.at("state").get<std::string>();
    std::size_t at = begin + length;
    for (const Json& item : header.at("tensors")) {
      CheckpointTensor tensor;
      tensor.name = item.at("name").get<std::string>();
      tensor.type = item.at("type").get<std::string>();
      tensor.shape = item.at("shape").get<std::vector<std::int64_t>>();
      const auto count = item.at("bytes").get<std::size_t>();
      if (count > content.size() - at) {
        throw damaged("its tensors are longer than it");
      }
      tensor.bytes = content.substr(at, count);
      at += count;
      checkpoint.tensors.push_back(std::move(tensor));
    }
  } catch (const Json::exception&) {
    throw damaged("its header cannot be read");
  }
  return checkpoint;
}

void WriteCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  WriteFile(path, FormatCheckpoint(checkpoint));
}

Checkpoint ReadCheckpoint(const std::filesystem::path& path) {
  return ParseCheckpoint(ReadFile(path), path.string());
}

std::filesystem::path CheckpointPath(const std::filesystem::path& folder, std::int64_t step) {
  return folder / fmt::format("{}{:08}{}", kPrefix, step, kExtension);
}

std::vector<std::filesystem::path> ListCheckpoints(const std::filesystem::path& folder) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (const std::optional<std::int64_t> step = StepOf(entry.path())) {
      found.emplace_back(*step, entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::filesystem::path> paths;
  paths.reserve(found.size());
  for (auto& [step, path] : found) {
    paths.push_back(std::move(path));
  }
  return paths;
}

void RemoveOldCheckpoints(const std::filesystem::path& folder, int keep) {
  const std::vector<std::filesystem::path> all = ListCheckpoints(folder);
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < all.size(); ++i) {
    std::error_code error;  // one that stays does no harm
    std::filesystem::remove(all[i], error);
  }
}

std::optional<Checkpoint> ReadNewestCheckpoint(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> all = ListCheckpoints(folder);
  if (all.empty()) {
    return std::nullopt;
  }
  for (auto path = all.rbegin(); path != all.rend(); ++path) {
    try {
      return ReadCheckpoint(*path);
    } catch (const Error& error) {
      spdlog::warn("{} The one before it is taken.", error.what());
    }
  }
  throw Error(
      fmt::format("All {} checkpoints in {} are damaged; training can only begin anew, in "
                  "another folder.",
                  all.size(), folder.string()));
}

}  // namespace tenjo
