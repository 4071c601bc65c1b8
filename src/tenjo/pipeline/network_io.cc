#include "tenjo/pipeline/network_io.h"

#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/pose/merge_people.h"

namespace tenjo {

cv::Scalar PaddingOf(const ModelInfo& model) {
  if (model.normalises_itself) {
    return {128, 128, 128};
  }
  const auto& mean = model.mean;
  return model.colour == ColourOrder::kBgr ? cv::Scalar(mean[0], mean[1], mean[2])
                                           : cv::Scalar(mean[2], mean[1], mean[0]);
}

PoseMaps ToMaps(const std::vector<TensorView>& outputs, const ModelInfo& model) {
  PoseMaps maps;
  maps.stride = model.stride;
  for (const TensorView& output : outputs) {
    TENJO_CHECK(output.shape.size() == 4);
    if (output.name == model.heatmaps) {
      maps.heatmaps = output.data;
      maps.height = output.shape[2];
      maps.width = output.shape[3];
    } else if (output.name == model.pafs) {
      maps.pafs = output.data;
    }
  }
  TENJO_CHECK(maps.heatmaps != nullptr && maps.pafs != nullptr);
  return maps;
}

PersonMaps ToPersonMaps(const std::vector<TensorView>& outputs, const ModelInfo& model) {
  PersonMaps maps;
  if (model.centres.empty()) {
    return maps;
  }
  maps.stride = model.stride;
  for (const TensorView& output : outputs) {
    TENJO_CHECK(output.shape.size() == 4);
    if (output.name == model.centres) {
      maps.centres = output.data;
      maps.height = output.shape[2];
      maps.width = output.shape[3];
    } else if (output.name == model.boxes) {
      maps.boxes = output.data;
    }
  }
  TENJO_CHECK(maps.centres != nullptr && maps.boxes != nullptr);
  return maps;
}

std::vector<Person> FindPeople(const std::vector<TensorView>& outputs, const ModelInfo& model,
                               const PoseDecoder& decoder, const PersonDecoderOptions& heads,
                               bool use_heads) {
  std::vector<Person> people = decoder.Decode(ToMaps(outputs, model));
  const PersonMaps maps = use_heads ? ToPersonMaps(outputs, model) : PersonMaps();
  return maps.centres == nullptr ? people
                                 : MergePeople(std::move(people), DecodePeople(maps, heads));
}

}  // namespace tenjo
