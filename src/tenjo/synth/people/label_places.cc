#include "tenjo/synth/people/label_places.h"

#include <string_view>

namespace tenjo::synth {
namespace {

// Offsets of a left keypoint (or the nose), in body heights, in the rest pose's axes; right ones
// are mirrored. `towards` is along the limb to the joint above.
struct Place {
  std::string_view bone;  // moves the offset; .L or .R is appended where there are two sides
  float forward;
  float outward;
  float up;
  float towards;
};

constexpr std::size_t kLeftShoulder = 5;
constexpr std::size_t kRightShoulder = 6;
constexpr std::size_t kNeck = 17;

// By joint: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles. A shoulder's place is
// the end of the collar bone, wherever the arm goes.
constexpr std::array<Place, 9> kPlaces = {{{"head", -0.008F, 0, 0.011F, 0},
                                           {"head", 0.001F, 0, 0.006F, 0},
                                           {"head", -0.002F, 0, 0.006F, 0},
                                           {"shoulder01", -0.008F, -0.010F, 0.026F, 0},
                                           {"upperarm02", 0, 0, 0, 0.012F},
                                           {"lowerarm02", 0, 0, 0, 0.011F},
                                           {"root", 0.014F, -0.003F, -0.004F, 0},
                                           {"upperleg02", -0.003F, 0, 0, 0.009F},
                                           {"lowerleg02", 0, 0, 0, 0.018F}}};

}  // namespace

std::array<Vec3f, kNumBodyPoints> LabelPlaces(const BodyAsset& asset, const RestBody& rest,
                                              const PosedBody& posed) {
  std::array<Vec3f, kNumBodyPoints> places;
  for (std::size_t k = 0; k < kNeck; ++k) {
    const Place& place = kPlaces[(k + 1) / 2];
    const bool right = k > 0 && k % 2 == 0;
    std::string bone(place.bone);
    if (k >= kLeftShoulder && bone != "root") {
      bone += right ? ".R" : ".L";
    }
    Vec3f offset(place.forward, right ? -place.outward : place.outward, place.up);
    if (place.towards > 0) {
      offset += place.towards * (rest.keypoints[k - 2] - rest.keypoints[k]).normalized();
    }
    const Eigen::Affine3f& moved = posed.bones[static_cast<std::size_t>(asset.bone(bone))];
    places[k] = posed.keypoints[k] + moved.linear() * (rest.height_m * offset);
  }
  places[kNeck] = (places[kLeftShoulder] + places[kRightShoulder]) / 2;
  return places;
}

}  // namespace tenjo::synth
