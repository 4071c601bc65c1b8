#include "tenjo/infer/shipped_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/shipped_folder.h"

namespace tenjo {
namespace {

constexpr std::string_view kPrefix = "tenjo-";
constexpr std::string_view kQuickPoseNetwork = "tenjo-pose-small";

std::vector<std::string> Names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".onnx" && stem.starts_with(kPrefix)) {
      names.push_back(stem.substr(kPrefix.size()));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::filesystem::path FindNetwork(const std::filesystem::path& given) {
  const std::string word = given.string();
  if (word.empty() || word.find_first_of("./") != std::string::npos ||
      std::filesystem::exists(given)) {
    return given;
  }
  const std::filesystem::path folder = ShippedFolder("models");
  auto file = folder / fmt::format("{}{}.onnx", kPrefix, word);
  if (std::filesystem::is_regular_file(file)) {
    return file;
  }
  const std::vector<std::string> names = Names(folder);
  throw Error(fmt::format(
      "there is no network {} in {} ({}); give the path of an .onnx that describes itself, or of "
      "human-pose-estimation-0001.xml",
      word, folder.string(),
      names.empty() ? std::string("no network is there")
                    : fmt::format("there are {}", fmt::join(names, ", "))));
}

std::filesystem::path FindRefineNetwork(const std::string& word, bool person_heads) {
  if (word == "off") {
    return {};
  }
  if (word != "auto") {
    return FindNetwork(word);
  }
  const auto file =
      ShippedFolder("models") / fmt::format("{}{}.onnx", kPrefix, kDefaultRefineNetwork);
  return person_heads && std::filesystem::is_regular_file(file) ? file : std::filesystem::path();
}

bool WantsThirdLook(const std::string& word, const std::filesystem::path& pose_network) {
  return word == "auto" ? !pose_network.stem().string().starts_with(kQuickPoseNetwork)
                        : word == "on";
}

}  // namespace tenjo
