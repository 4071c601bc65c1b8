#include "tenjo/appearance/appearance_network.h"

#include "tenjo/appearance/distance.h"
#include "tenjo/base/error.h"

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
  const auto slots = static_cast<std::size_t>(backend_->num_slots());
  const auto take = [&](std::size_t i) {
    const std::vector<TensorView> outputs = backend_->Wait(static_cast<int>(i % slots));
    TENJO_CHECK(outputs.size() == 1);
    embeddings[i] = ToEmbedding(outputs.front());
  };
  // Slots are used in turn, as many pictures in flight as there are.
  for (std::size_t i = 0; i < crops.size(); ++i) {
    if (i >= slots) {
      take(i - slots);
    }
    const int slot = static_cast<int>(i % slots);
    cv::Mat picture = backend_->Input(slot, {info_.input_width, info_.input_height});
    CutPerson(image, crops[i], picture);
    MaskPerson(crops[i], info_.crop_mask, picture);
    backend_->Start(slot);
  }
  for (std::size_t i = crops.size() > slots ? crops.size() - slots : 0; i < crops.size(); ++i) {
    take(i);
  }
  return embeddings;
}

}  // namespace tenjo
