#include "tenjo/synth/set/goods_show.h"

#include <Eigen/Geometry>
#include <algorithm>

#include "tenjo/synth/people/held.h"

namespace tenjo::synth {
namespace {

constexpr float kWayS = 0.35F;  // between the shelf and the hand

float SmoothStep(float x) {
  const float t = std::clamp(x, 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

Eigen::Affine3f Upright(const Vec3f& place, float yaw) {
  return Eigen::Translation3f(place) * Eigen::AngleAxisf(yaw, Vec3f::UnitZ());
}

}  // namespace

void HideOnShelf(Scene& scene, const GoodsPart& part) {
  Mesh& mesh = scene.meshes[static_cast<std::size_t>(part.mesh)];
  for (std::uint32_t t = part.first_triangle; t < part.first_triangle + part.triangles; ++t) {
    mesh.triangles[t] = {part.first_vertex, part.first_vertex, part.first_vertex};
  }
}

void ShowOnShelf(Scene& scene, const Place& place, const GoodsPart& part) {
  const auto mesh = static_cast<std::size_t>(part.mesh);
  const auto begin = place.meshes[mesh].triangles.begin() + part.first_triangle;
  std::copy(begin, begin + part.triangles,
            scene.meshes[mesh].triangles.begin() + part.first_triangle);
}

Mesh GoodsInHand(const Assets& assets, const Place& place, const CrowdGoods& goods,
                 const Actor& actor, const BodyPose& pose, float time_s, int person) {
  const ShelfFront& shelf = place.shelves[goods.shelf];
  const GoodsPart& part = shelf.parts[goods.goods];
  const Mesh& all = place.meshes[static_cast<std::size_t>(part.mesh)];
  Vec3f low = Vec3f::Constant(1e9F);
  Vec3f high = -low;
  const Eigen::Quaternionf turn(Eigen::AngleAxisf(-shelf.yaw_rad, Vec3f::UnitZ()));
  for (std::uint32_t v = part.first_vertex; v < part.first_vertex + part.vertices; ++v) {
    const Vec3f local = turn * all.positions[v];
    low = low.cwiseMin(local);
    high = high.cwiseMax(local);
  }
  const Vec3f middle = turn.conjugate() * (0.5F * (low + high));
  const Vec3f half = 0.5F * (high - low);
  // Gripped by its middle, its near side to the palm, upright.
  const auto bones = BoneTransforms(*assets.body, actor.rest, pose);
  const Grip grip = GripOf(*assets.body, actor.rest, bones, goods.hand == 0);
  const float thick = std::min({half.x(), half.y(), half.z()});
  const Vec3f held = grip.at + std::min(thick, 0.06F) * grip.palm;
  const float in_hand =
      SmoothStep((time_s - goods.from_s) / kWayS) * SmoothStep((goods.to_s - time_s) / kWayS);
  const float yaw_off = std::remainder(pose.yaw_rad - shelf.yaw_rad, 6.2831853F);
  const Eigen::Affine3f hand_from_shelf =
      Upright(middle + in_hand * (held - middle), in_hand * yaw_off) *
      Eigen::Translation3f(-middle);
  Mesh mesh;
  mesh.material = all.material;
  mesh.person = person;
  mesh.in_mask = false;
  for (std::uint32_t v = part.first_vertex; v < part.first_vertex + part.vertices; ++v) {
    mesh.positions.emplace_back(hand_from_shelf * all.positions[v]);
    mesh.normals.emplace_back(hand_from_shelf.linear() * all.normals[v]);
    mesh.rest.push_back(all.rest[v]);
  }
  for (std::uint32_t t = part.first_triangle; t < part.first_triangle + part.triangles; ++t) {
    auto triangle = all.triangles[t];
    for (std::uint32_t& vertex : triangle) {
      vertex -= part.first_vertex;
    }
    mesh.triangles.push_back(triangle);
  }
  return mesh;
}

}  // namespace tenjo::synth
