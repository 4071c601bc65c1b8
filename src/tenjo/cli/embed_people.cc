#include "tenjo/cli/embed_people.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>

#include "tenjo/base/error.h"
#include "tenjo/dataset/loader.h"

namespace tenjo::cli {

EmbeddingSet EmbedPeople(const IdentitySet& set, AppearanceNetwork& network,
                         const std::function<void(std::int64_t)>& progress) {
  EmbeddingSet result;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < set.crops.size(); ++i) {
    const IdentityCrop& crop = set.crops[i];
    try {
      const cv::Mat picture = ReadPicture(crop.file, 1, {crop.width, crop.height});
      const std::array<PersonCrop, 1> cut = {
          {{.cx = crop.cx, .cy = crop.cy, .w = crop.w, .h = crop.h, .up_rad = crop.up_rad}}};
      const Embedding embedding = network.Embed(picture, cut).front();
      if (embedding.empty()) {
        throw Error(fmt::format("The network gives {} no finite embedding.", crop.file.string()));
      }
      result.length = embedding.size();
      result.numbers.insert(result.numbers.end(), embedding.begin(), embedding.end());
      result.crops.push_back({crop.identity, crop.camera});
    } catch (const Error& error) {
      ++left_out;
      spdlog::warn("{} It is left out.", error.what());
    }
    if (progress) {
      progress(static_cast<std::int64_t>(i) + 1);
    }
  }
  if (result.crops.empty()) {
    throw Error(fmt::format("None of the {} pictures of {} could be read.", left_out, set.name));
  }
  return result;
}

}  // namespace tenjo::cli
