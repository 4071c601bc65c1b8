#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "tenjo/base/error.h"
#include "tenjo/synth/render/body_part.h"
#include "tenjo/synth/render/eye.h"
#include "tenjo/synth/render/ray_batch.h"
#include "tenjo/synth/render/tracer_impl.h"

namespace tenjo::synth {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;

constexpr double kMaskReachPx = 2;
// A point lies inside its body: what a camera sees of it is skin or cloth that far in front.
constexpr float kRadiusShare = 1.3F;
constexpr float kClothM = 0.02F;

//! Projects many points of one camera.
class Projector {
 public:
  explicit Projector(const Camera& camera)
      : lens_(camera.lens),
        camera_from_world_(camera.world_from_camera.conjugate().toRotationMatrix()),
        centre_(camera.centre) {}
  std::optional<Vector2d> operator()(const Vector3d& world) const {
    return lens_.Project(camera_from_world_ * (world - centre_));
  }

 private:
  PreparedLens lens_;
  Eigen::Matrix3d camera_from_world_;
  Vector3d centre_;
};

struct Bounds {
  Vector2d low = Vector2d::Constant(std::numeric_limits<double>::infinity());
  Vector2d high = Vector2d::Constant(-std::numeric_limits<double>::infinity());
  void Add(const Vector2d& p) {
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  }
  Vector2d Size() const { return high - low; }
  Vector2d Middle() const { return 0.5 * (low + high); }
};

bool NearMask(const cv::Mat& person, int index, const Vector2d& point) {
  const int x0 = std::max(0, static_cast<int>(std::ceil(point.x() - kMaskReachPx)));
  const int x1 = std::min(person.cols - 1, static_cast<int>(std::floor(point.x() + kMaskReachPx)));
  const int y0 = std::max(0, static_cast<int>(std::ceil(point.y() - kMaskReachPx)));
  const int y1 = std::min(person.rows - 1, static_cast<int>(std::floor(point.y() + kMaskReachPx)));
  for (int y = y0; y <= y1; ++y) {
    for (int x = x0; x <= x1; ++x) {
      if (person.at<std::int16_t>(y, x) == index &&
          (Vector2d(x, y) - point).norm() <= kMaskReachPx) {
        return true;
      }
    }
  }
  return false;
}

//! Direction on the picture, unit length, of the vertical upwards at a point; straight up where the
//! camera looks along it.
Vector2d UpAt(const Projector& project, const Vector3d& middle, double height_m) {
  for (const double reach : {0.4 * height_m, 0.1, 0.01}) {
    const auto below = project(middle - reach * Vector3d::UnitZ());
    const auto above = project(middle + reach * Vector3d::UnitZ());
    if (below && above) {
      const Vector2d up = *above - *below;
      return up.norm() > 1e-6 ? Vector2d(up.normalized()) : Vector2d(0, -1);
    }
  }
  return {0, -1};
}

std::array<double, 5> AlignedBox(const std::vector<Vector2d>& pixels, const Vector2d& up) {
  // Clockwise from straight up; a box is the same after half a turn.
  double degrees = std::atan2(up.x(), -up.y()) * 180 / std::numbers::pi;
  if (degrees > 90) {
    degrees -= 180;
  } else if (degrees <= -90) {
    degrees += 180;
  }
  const double turn = degrees * std::numbers::pi / 180;
  const Vector2d across(std::cos(turn), std::sin(turn));
  const Vector2d along(-std::sin(turn), std::cos(turn));
  Bounds bounds;
  for (const Vector2d& p : pixels) {
    bounds.Add({across.dot(p), along.dot(p)});
  }
  const Vector2d middle = bounds.Middle().x() * across + bounds.Middle().y() * along;
  return {middle.x(), middle.y(), bounds.Size().x(), bounds.Size().y(), degrees};
}

//! Mask boxes and areas of everyone in one walk over the map.
void ReadMasks(const cv::Mat& person, std::vector<PersonView>& views) {
  struct Extent {
    int x0 = std::numeric_limits<int>::max();
    int x1 = -1;
    int y0 = 0;
    int y1 = -1;
  };
  std::vector<Extent> extents(views.size());
  for (int y = 0; y < person.rows; ++y) {
    const auto* row = person.ptr<std::int16_t>(y);
    for (int x = 0; x < person.cols; ++x) {
      if (row[x] < 0) {
        continue;
      }
      const auto index = static_cast<std::size_t>(row[x]);
      TENJO_CHECK(index < views.size());
      Extent& extent = extents[index];
      if (views[index].area++ == 0) {
        extent.y0 = y;
      }
      extent.x0 = std::min(extent.x0, x);
      extent.x1 = std::max(extent.x1, x);
      extent.y1 = y;
    }
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (views[i].area > 0) {
      const Extent& e = extents[i];
      views[i].box = {e.x0, e.y0, e.x1 - e.x0 + 1, e.y1 - e.y0 + 1};
    }
  }
}

void FillAmodal(const Scene& scene, std::size_t person, const Projector& project,
                PersonView& view) {
  std::vector<Vector2d> pixels;
  Vector3d sum = Vector3d::Zero();
  for (const Mesh& mesh : scene.meshes) {
    if (mesh.person != static_cast<int>(person) || !mesh.in_mask) {
      continue;
    }
    for (const Vec3f& vertex : mesh.positions) {
      const Vector3d world = vertex.cast<double>();
      if (const auto pixel = project(world)) {
        pixels.push_back(*pixel);
        sum += world;
      }
    }
  }
  if (pixels.empty()) {
    return;
  }
  Bounds bounds;
  for (const Vector2d& p : pixels) {
    bounds.Add(p);
  }
  if (view.area > 0) {
    // A straight edge between two vertices bends outwards in a fisheye by a little.
    bounds.Add({static_cast<double>(view.box.x), static_cast<double>(view.box.y)});
    bounds.Add({view.box.x + view.box.width - 1.0, view.box.y + view.box.height - 1.0});
  }
  view.full_box = {bounds.low.x(), bounds.low.y(), bounds.Size().x(), bounds.Size().y()};
  const PersonTruth& truth = scene.people[person];
  Vector3d middle = sum / static_cast<double>(pixels.size());
  middle.head<2>() = truth.floor.head<2>().cast<double>();
  view.rotated = AlignedBox(pixels, UpAt(project, middle, truth.height_m));
}

//! From the camera to a body point.
struct Line {
  std::size_t person;
  std::size_t point;
  float distance;
  float margin;
  Vec3f direction;
};

//! Whether the line's first hit (-1: none up to a margin behind the point) lets the point be seen:
//! nothing is before it but skin or cloth of its own limb, not much farther off than that is thick.
//! So a hip under a coat is seen, one behind a hand is not.
bool SeesPoint(const Scene& scene, const Line& line, int mesh, float hit, const Vec3f& eye) {
  if (mesh < 0 || hit >= line.distance) {
    return true;
  }
  const Mesh& thing = scene.meshes[static_cast<std::size_t>(mesh)];
  return thing.person == static_cast<int>(line.person) && thing.in_mask &&
         hit >= line.distance - line.margin &&
         IsOwnPart(scene.people[line.person], line.point, eye + hit * line.direction);
}

}  // namespace

std::vector<PersonView> Tracer::View(const Camera& camera, const Rendering& rendering) const {
  const Scene& scene = impl_->scene;
  TENJO_CHECK(rendering.person.cols == camera.lens.width &&
              rendering.person.rows == camera.lens.height);
  const Projector project(camera);
  std::vector<PersonView> views(scene.people.size());
  ReadMasks(rendering.person, views);
  std::vector<Line> lines;
  const Vec3f centre = camera.centre.cast<float>();
  auto batch = NearestBatch(
      impl_->embree, false, [&](std::size_t tag, std::size_t lane, const RTCRayHit8& packet) {
        const Line& line = lines[tag];
        int mesh = -1;
        if (packet.hit.geomID[lane] != RTC_INVALID_GEOMETRY_ID) {
          mesh = impl_->embree.MeshOf(packet.hit.geomID[lane], packet.hit.primID[lane]);
        }
        if (SeesPoint(scene, line, mesh, packet.ray.tfar[lane], centre)) {
          views[line.person].visibility[line.point] = 2;
        }
      });
  for (std::size_t i = 0; i < views.size(); ++i) {
    PersonView& view = views[i];
    const PersonTruth& truth = scene.people[i];
    FillAmodal(scene, i, project, view);
    view.floor = project(truth.floor.cast<double>());
    for (std::size_t k = 0; k < kNumBodyPoints; ++k) {
      const auto pixel = project(truth.keypoints[k].cast<double>());
      view.points[k] = pixel.value_or(Vector2d::Zero());
      if (!pixel || !camera.lens.Contains(*pixel)) {
        continue;
      }
      view.visibility[k] = 1;
      if (!NearMask(rendering.person, static_cast<int>(i), *pixel)) {
        continue;
      }
      const Vec3f to = truth.keypoints[k] - centre;
      const float distance = to.norm();
      const float margin = kRadiusShare * truth.radius_m[k] + kClothM;
      lines.push_back({i, k, distance, margin, to / distance});
      batch.Add(centre, to / distance, kNearest, distance + margin, EmbreeScene::kEverything,
                lines.size() - 1);
    }
  }
  batch.Flush();
  return views;
}

}  // namespace tenjo::synth
