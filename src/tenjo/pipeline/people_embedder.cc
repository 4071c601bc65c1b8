#include "tenjo/pipeline/people_embedder.h"

#include "tenjo/appearance/appearance_network.h"
#include "tenjo/appearance/crop.h"
#include "tenjo/camera/camera.h"

namespace tenjo {

std::optional<cv::Point2d> PixelBelow(const Camera* camera) {
  if (camera == nullptr) {
    return std::nullopt;
  }
  const Eigen::Vector3d& c = camera->centre;
  const auto pixel = camera->Project({c.x(), c.y(), 0});
  return pixel ? std::optional(cv::Point2d(pixel->x(), pixel->y())) : std::nullopt;
}

PeopleEmbedder::PeopleEmbedder(AppearanceNetwork* network, const Camera* camera)
    : network_(network), below_(PixelBelow(camera)) {}

std::vector<Embedding> PeopleEmbedder::Embed(const Frame& frame, std::span<const Person> people,
                                             std::span<const int> wanted) const {
  std::vector<PersonCrop> crops;
  crops.reserve(wanted.size());
  for (const int person : wanted) {
    crops.push_back(CropOf(people[static_cast<std::size_t>(person)], below_));
  }
  return network_->Embed(frame.image, crops);
}

}  // namespace tenjo
