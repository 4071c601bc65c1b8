#include "tenjo/synth/set/cast_camera.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kDegree = kPi / 180;
constexpr float kClearanceM = 0.2F;
constexpr double kChestM = 1.25;
constexpr double kLowestM = 2.2;
constexpr double kHighestM = 5;
constexpr int kCandidates = 120;     // places looked at
constexpr int kGood = 5;             // of which so many that could be are compared
constexpr double kLeastFloor = 0.5;  // of the picture of a tilted fisheye
constexpr float kLessTilt = 0.7F;    // where it cannot be had

struct PictureSize {
  int width;
  int height;
};
// Usual sizes of cameras; the middle ones more often, as in training.
constexpr std::array<PictureSize, 16> kSizes = {{{256, 256},
                                                 {320, 240},
                                                 {352, 288},
                                                 {480, 360},
                                                 {480, 480},
                                                 {512, 384},
                                                 {640, 360},
                                                 {640, 480},
                                                 {640, 480},
                                                 {640, 480},
                                                 {640, 640},
                                                 {704, 576},
                                                 {800, 600},
                                                 {960, 540},
                                                 {1024, 768},
                                                 {1280, 720}}};

void SetMiddle(Lens& lens, const CameraOptions& options, Random& random) {
  const PictureSize drawn = random.Pick(std::span<const PictureSize>(kSizes));
  lens.width = options.width > 0 ? options.width : drawn.width;
  lens.height = options.width > 0 ? options.height : drawn.height;
  const double slack = 0.008 * lens.width;
  lens.cx = 0.5 * (lens.width - 1) + slack * random.Normal();
  lens.cy = 0.5 * (lens.height - 1) + slack * random.Normal();
}

Lens DrawFisheye(const CameraOptions& options, Random& random) {
  Lens lens;
  SetMiddle(lens, options, random);
  constexpr std::array<LensKind, 4> kKinds = {LensKind::kEquidistant, LensKind::kEquidistant,
                                              LensKind::kEquisolid, LensKind::kStereographic};
  lens.kind = random.Pick(std::span<const LensKind>(kKinds));
  const float angle = 0.5F * random.Uniform(140, 200) * kDegree;
  lens.max_angle_rad = angle;
  // The image circle lies inside the picture, fills its width, or reaches its corners.
  const auto width = static_cast<float>(lens.width);
  const auto height = static_cast<float>(lens.height);
  const std::array<float, 3> diameters = {std::min(width, height), std::max(width, height),
                                          std::hypot(width, height)};
  const float radius =
      0.5F * random.Uniform(0.94F, 1.02F) * random.Pick(std::span<const float>(diameters));
  double profile = angle;
  if (lens.kind == LensKind::kEquidistant) {
    const float share = random.Uniform(-0.06F, 0.05F);  // of the radius at the circle's edge
    lens.distortion[0] = share / (angle * angle);
    profile = angle * (1 + share);
  } else if (lens.kind == LensKind::kEquisolid) {
    profile = 2 * std::sin(0.5 * angle);
  } else {
    profile = 2 * std::tan(0.5 * angle);
  }
  lens.fx = lens.fy = radius / profile;
  return lens;
}

Lens DrawWide(const CameraOptions& options, Random& random) {
  Lens lens;
  SetMiddle(lens, options, random);
  const float diagonal = random.Chance(0.65F) ? random.Uniform(85, 122) : random.Uniform(62, 85);
  const float corner = std::tan(0.5F * diagonal * kDegree);
  // Barrel distortion that stays far from the radius where the polynomial would turn back.
  const float share = random.Uniform(0, 0.17F) * (diagonal > 85 ? 1.0F : 0.4F);
  lens.distortion[0] = -share / (corner * corner);
  if (random.Chance(0.15F)) {
    lens.distortion[2] = 4e-4F * random.Normal();
    lens.distortion[3] = 4e-4F * random.Normal();
  }
  lens.fx = 0.5 * std::hypot(lens.width, lens.height) / (corner * (1 - share));
  lens.fy = lens.fx * random.Uniform(0.995F, 1.005F);
  lens.max_angle_rad = 1.5;
  return lens;
}

float DrawTilt(bool fisheye, const CameraOptions& options, Random& random) {
  const float drawn =
      fisheye ? (random.Chance(0.65F) ? std::abs(random.Normal(0, 2.5F)) : random.Uniform(5, 42))
              : (random.Chance(0.2F) ? random.Uniform(0, 15) : random.Uniform(15, 55));
  const float share = random.Uniform();
  if (options.tilt_deg) {
    const auto& range = *options.tilt_deg;
    return static_cast<float>(range.low + share * (range.high - range.low)) * kDegree;
  }
  return std::min(drawn, 55.0F) * kDegree;
}

float DrawHeight(const Place& place, const CameraOptions& options, Random& random) {
  const float under = std::min(place.ceiling_m - 0.11F, static_cast<float>(kHighestM));
  const float drop = random.Chance(0.75F) ? random.Uniform(0, 0.2F) : random.Uniform(0.2F, 0.9F);
  const float share = random.Uniform();
  if (options.height_m) {
    const auto low = static_cast<float>(options.height_m->low);
    const float high = std::clamp(under, low, static_cast<float>(options.height_m->high));
    return std::min(low + share * (high - low), std::max(under, static_cast<float>(kLowestM)));
  }
  return std::max(under - drop, static_cast<float>(kLowestM));
}

//! Whether the line between two places goes through a box.
bool Blocks(const HighThing& thing, const Eigen::Vector3d& from, const Eigen::Vector3d& to) {
  const std::array<double, 3> low = {thing.rect.x0, thing.rect.y0, thing.bottom_m};
  const std::array<double, 3> high = {thing.rect.x1, thing.rect.y1, thing.top_m};
  double enter = 0;
  double leave = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const double step = to[axis] - from[axis];
    const auto a = static_cast<std::size_t>(axis);
    if (std::abs(step) < 1e-9) {
      if (from[axis] < low[a] || from[axis] > high[a]) {
        return false;
      }
      continue;
    }
    const double t0 = (low[a] - from[axis]) / step;
    const double t1 = (high[a] - from[axis]) / step;
    enter = std::max(enter, std::min(t0, t1));
    leave = std::min(leave, std::max(t0, t1));
  }
  return enter < leave;
}

struct Aim {
  Vec3f at = Vec3f::Zero();
  float yaw = 0;
};

//! Where a camera of that tilt may hang to have `target` in its picture.
Aim DrawAim(const Place& place, const Camera& camera, bool fisheye, float tilt, float height_m,
            const Vec3f& target, Random& random) {
  Aim aim;
  aim.yaw = random.Uniform(-kPi, kPi);
  const Vec3f ahead(std::cos(aim.yaw), std::sin(aim.yaw), 0);
  const Vec3f aside(-ahead.y(), ahead.x(), 0);
  const float above = height_m - static_cast<float>(kChestM);
  float behind = above * std::tan(tilt);
  if (fisheye) {
    behind += random.Normal(0, 0.9F);
    aim.at = target - behind * ahead + random.Normal(0, 0.9F) * aside;
  } else {
    const auto half = static_cast<float>(std::atan(0.5 * camera.lens.height / camera.lens.fy));
    const float off = random.Uniform(-0.3F, 0.6F) * half;
    behind = above * std::tan(std::clamp(tilt + off, -1.2F, 1.2F));
    aim.at = target - behind * ahead +
             random.Uniform(-0.45F, 0.45F) * std::hypot(above, behind) * aside *
                 static_cast<float>(0.5 * camera.lens.width / camera.lens.fx);
  }
  // Near a wall rather than not at all: most cameras hang there.
  const float margin = kClearanceM + 0.02F;
  aim.at.x() = std::clamp(aim.at.x(), place.room.x0 + margin, place.room.x1 - margin);
  aim.at.y() = std::clamp(aim.at.y(), place.room.y0 + margin, place.room.y1 - margin);
  aim.at.z() = height_m;
  return aim;
}

//! Directions of pixels all over the picture, in the camera's axes.
std::vector<Eigen::Vector3d> Directions(const Lens& lens) {
  constexpr int kColumns = 12;
  constexpr int kRows = 9;
  const PreparedLens prepared(lens);
  std::vector<Eigen::Vector3d> directions;
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const Eigen::Vector2d pixel((column + 0.5) * lens.width / kColumns - 0.5,
                                  (row + 0.5) * lens.height / kRows - 0.5);
      if (const auto direction = prepared.Unproject(pixel)) {
        directions.push_back(*direction);
      }
    }
  }
  return directions;
}

double FloorShare(const Place& place, const Camera& camera,
                  const std::vector<Eigen::Vector3d>& directions) {
  if (directions.empty()) {
    return 0;
  }
  const Rect& room = place.room;
  int floor = 0;
  for (const Eigen::Vector3d& direction : directions) {
    const Eigen::Vector3d ray = camera.world_from_camera * direction;
    if (ray.z() >= -1e-3) {
      continue;
    }
    const Eigen::Vector3d at = camera.centre - camera.centre.z() / ray.z() * ray;
    floor += at.x() > room.x0 && at.x() < room.x1 && at.y() > room.y0 && at.y() < room.y1 ? 1 : 0;
  }
  return static_cast<double>(floor) / static_cast<double>(directions.size());
}

Vec3f MiddleOfRoom(const Place& place, Random& random) {
  return {random.Uniform(0.3F, 0.7F) * (place.room.x1 - place.room.x0) + place.room.x0,
          random.Uniform(0.3F, 0.7F) * (place.room.y1 - place.room.y0) + place.room.y0, 0};
}

}  // namespace

double TiltDegrees(const Camera& camera) {
  const Eigen::Vector3d axis = camera.world_from_camera * Eigen::Vector3d::UnitZ();
  return std::acos(std::clamp(-axis.z(), -1.0, 1.0)) * 180 / std::numbers::pi;
}

double FloorShare(const Place& place, const Camera& camera) {
  return FloorShare(place, camera, Directions(camera.lens));
}

bool SeesPerson(const Place& place, const Camera& camera, const Vec3f& person) {
  const Eigen::Vector3d chest(person.x(), person.y(), kChestM);
  const auto pixel = camera.Project(chest);
  return pixel && camera.lens.Contains(*pixel) &&
         std::none_of(place.high.begin(), place.high.end(),
                      [&](const HighThing& thing) { return Blocks(thing, camera.centre, chest); });
}

namespace {

//! Hangs a camera of a lens, tilt and height where it sees most; gives the share of floor.
double Hang(const Place& place, std::span<const Vec3f> people, bool fisheye, float tilt,
            Camera& camera, Random& random) {
  const auto height_m = static_cast<float>(camera.centre.z());
  const float roll = random.Normal(0, 2) * kDegree;
  const std::vector<Eigen::Vector3d> directions = Directions(camera.lens);
  Aim best{{0, 0, height_m}, random.Uniform(-kPi, kPi)};
  float best_score = -1e9F;
  double best_floor = 0;
  int good = 0;
  for (int i = 0; i < kCandidates && good < kGood; ++i) {
    const Vec3f target = people.empty() ? MiddleOfRoom(place, random) : random.Pick(people);
    const Aim aim = DrawAim(place, camera, fisheye, tilt, height_m, target, random);
    if (!IsCameraFree(place, aim.at, kClearanceM)) {
      continue;
    }
    camera.centre = aim.at.cast<double>();
    camera.world_from_camera = LookDown(aim.yaw, tilt, roll);
    // Someone right below a low camera would fill the picture.
    float seen = random.Uniform(0, 1);
    for (const Vec3f& person : people) {
      seen += SeesPerson(place, camera, person) ? 1.0F : 0.0F;
      const float aside = (person - aim.at).head<2>().norm();
      seen -= aside < 0.6F && height_m < 2.6F ? 0.8F : 0.0F;
    }
    // Floor rather than walls; where a lens shows half floor, people count for more.
    const double floor = FloorShare(place, camera, directions);
    const auto lacking = static_cast<float>(std::max(0.0, kLeastFloor - floor));
    const float score = seen - 12 * lacking + 1.5F * static_cast<float>(floor);
    good += people.empty() || (seen >= 1 && lacking == 0) ? 1 : 0;
    if (score > best_score) {
      best_score = score;
      best = aim;
      best_floor = floor;
    }
  }
  camera.centre = best.at.cast<double>();
  camera.world_from_camera = LookDown(best.yaw, tilt, roll);
  return best_floor;
}

}  // namespace

Camera DrawCamera(const Place& place, std::span<const Vec3f> people, const CameraOptions& options,
                  Random& random) {
  const bool fisheye = options.kind == CameraKind::kMixed ? random.Chance(0.5F)
                                                          : options.kind == CameraKind::kFisheye;
  Camera camera;
  camera.lens = fisheye ? DrawFisheye(options, random) : DrawWide(options, random);
  float tilt = DrawTilt(fisheye, options, random);
  camera.centre = {0, 0, DrawHeight(place, options, random)};
  const double lowest = options.tilt_deg ? options.tilt_deg->low * kDegree : 0.0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    const double height_m = camera.centre.z();
    const double floor = Hang(place, people, fisheye, tilt, camera, random);
    const float less = std::max(kLessTilt * tilt, static_cast<float>(lowest));
    if (floor >= kLeastFloor || less >= tilt || tilt < 3 * kDegree) {
      break;
    }
    tilt = less;
    camera.centre.z() = height_m;
  }
  return camera;
}

}  // namespace tenjo::synth
