#include "tenjo/appearance/appearance_network.h"

#include "tenjo/appearance/distance.h"
#include "tenjo/base/error.h"
#include "tenjo/infer/in_turn.h"

namespace tenjo {
namespace {

Embedding ToEmbedding(const TensorView& view) {
  std::size_t count = 1;
  for (const int side : view.shape) {
    count *= static_cast<std::size_t>(side);
  }
  Embedding embedding(view.data, view.data + count);
  if (!IsUsable(embedding)) {
    return {};
  }
  Normalise(embedding);
  return embedding;
}

}  // namespace

AppearanceNetwork::AppearanceNetwork(const std::filesystem::path& path, BackendOptions options)
    : info_(ReadModelInfo(path)) {
  options.task = "appearance";
  options.width = info_.input_width;
  options.height = info_.input_height;
  backend_ = Backend::Create(info_, options);
}

AppearanceNetwork::~AppearanceNetwork() = default;

std::vector<Embedding> AppearanceNetwork::Embed(const cv::Mat& image,
                                                std::span<const PersonCrop> crops) {
  std::vector<Embedding> embeddings(crops.size());
  RunInTurn(
      backend_.get(), crops.size(), {info_.input_width, info_.input_height},
      [&](std::size_t i, cv::Mat& picture) {
        CutPerson(image, crops[i], picture);
        MaskPerson(crops[i], info_.crop_mask, picture);
      },
      [&](std::size_t i, const std::vector<TensorView>& answers) {
        TENJO_CHECK(answers.size() == 1);
        embeddings[i] = ToEmbedding(answers.front());
      });
  return embeddings;
}

}  // namespace tenjo
