#include "tenjo/camera/camera.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <opencv2/calib3d.hpp>
#include <random>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;

constexpr double kDegree = std::numbers::pi / 180;

class LensDrawer {
 public:
  explicit LensDrawer(unsigned seed) : engine_(seed) {}

  double Uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(engine_);
  }

  Lens Draw(LensKind kind) {
    Lens lens;
    lens.kind = kind;
    lens.width = static_cast<int>(Uniform(256, 1281));
    lens.height = static_cast<int>(Uniform(256, 1281));
    lens.cx = lens.width * Uniform(0.45, 0.55);
    lens.cy = lens.height * Uniform(0.45, 0.55);
    lens.fx = lens.width * (kind == LensKind::kPinhole ? Uniform(0.5, 1.5) : Uniform(0.25, 0.6));
    lens.fy = lens.fx * Uniform(0.95, 1.05);
    if (kind == LensKind::kPinhole) {
      lens.distortion = {Uniform(-0.3, 0.1), Uniform(-0.03, 0.08), Uniform(-2e-3, 2e-3),
                         Uniform(-2e-3, 2e-3), Uniform(-0.01, 0.01)};
    } else {
      lens.max_angle_rad = Uniform(70, 100) * kDegree;
      if (kind == LensKind::kEquidistant) {
        lens.distortion = {Uniform(-0.06, 0.06), Uniform(-0.02, 0.02), Uniform(-0.004, 0.004),
                           Uniform(-1e-3, 1e-3), 0};
      }
    }
    return lens;
  }

  Vector3d Direction(double max_angle) {
    const double angle = Uniform(0, max_angle);
    const double turn = Uniform(0, 2 * std::numbers::pi);
    return {std::sin(angle) * std::cos(turn), std::sin(angle) * std::sin(turn), std::cos(angle)};
  }

 private:
  std::mt19937 engine_;
};

constexpr LensKind kKinds[] = {LensKind::kPinhole, LensKind::kEquidistant, LensKind::kEquisolid,
                               LensKind::kStereographic};

TEST(Lens, UnprojectUndoesProject) {
  LensDrawer draw(1);
  for (const LensKind kind : kKinds) {
    for (int i = 0; i < 200; ++i) {
      const Lens lens = draw.Draw(kind);
      ASSERT_NO_THROW(Validate(lens));
      int seen = 0;
      for (int k = 0; k < 50; ++k) {
        const double far = kind == LensKind::kPinhole ? 45 * kDegree : lens.max_angle_rad;
        const Vector3d direction = draw.Direction(far);
        const auto pixel = lens.Project(direction * draw.Uniform(0.1, 30));
        if (!pixel) {
          continue;
        }
        ++seen;
        const auto back = lens.Unproject(*pixel);
        ASSERT_TRUE(back) << "kind " << static_cast<int>(kind) << " lens " << i;
        EXPECT_LT((*back - direction).norm(), 1e-7) << "kind " << static_cast<int>(kind);
      }
      EXPECT_GT(seen, 10);
    }
  }
}

TEST(Lens, ProjectUndoesUnproject) {
  LensDrawer draw(2);
  for (const LensKind kind : kKinds) {
    for (int i = 0; i < 200; ++i) {
      const Lens lens = draw.Draw(kind);
      int seen = 0;
      for (int k = 0; k < 50; ++k) {
        const Vector2d pixel(draw.Uniform(0, lens.width), draw.Uniform(0, lens.height));
        const auto direction = lens.Unproject(pixel);
        if (!direction) {
          continue;
        }
        ++seen;
        EXPECT_NEAR(direction->norm(), 1, 1e-12);
        const auto again = lens.Project(*direction);
        ASSERT_TRUE(again);
        EXPECT_LT((*again - pixel).norm(), 1e-6);
      }
      EXPECT_GT(seen, 0);
    }
  }
}

TEST(Lens, PinholeIsOpenCvs) {
  LensDrawer draw(3);
  for (int i = 0; i < 100; ++i) {
    const Lens lens = draw.Draw(LensKind::kPinhole);
    const cv::Matx33d matrix(lens.fx, 0, lens.cx, 0, lens.fy, lens.cy, 0, 0, 1);
    const std::vector<double> distortion(lens.distortion.begin(), lens.distortion.end());
    for (int k = 0; k < 20; ++k) {
      const Vector3d p = draw.Direction(40 * kDegree) * draw.Uniform(0.5, 5);
      std::vector<cv::Point2d> truth;
      cv::projectPoints(std::vector<cv::Point3d>{{p.x(), p.y(), p.z()}}, cv::Vec3d(), cv::Vec3d(),
                        matrix, distortion, truth);
      if (const auto pixel = lens.Project(p)) {
        EXPECT_NEAR(pixel->x(), truth[0].x, 1e-8);
        EXPECT_NEAR(pixel->y(), truth[0].y, 1e-8);
      }
    }
  }
}

TEST(Lens, EquidistantIsOpenCvsFisheye) {
  LensDrawer draw(4);
  for (int i = 0; i < 100; ++i) {
    const Lens lens = draw.Draw(LensKind::kEquidistant);
    const cv::Matx33d matrix(lens.fx, 0, lens.cx, 0, lens.fy, lens.cy, 0, 0, 1);
    const cv::Vec4d distortion(lens.distortion[0], lens.distortion[1], lens.distortion[2],
                               lens.distortion[3]);
    for (int k = 0; k < 20; ++k) {
      // OpenCV's function divides by z: it cannot look sideways or back.
      const Vector3d p = draw.Direction(80 * kDegree) * draw.Uniform(0.5, 5);
      std::vector<cv::Point2d> truth;
      cv::fisheye::projectPoints(std::vector<cv::Point3d>{{p.x(), p.y(), p.z()}}, truth,
                                 cv::Vec3d(), cv::Vec3d(), matrix, distortion);
      if (const auto pixel = lens.Project(p)) {
        EXPECT_NEAR(pixel->x(), truth[0].x, 1e-8);
        EXPECT_NEAR(pixel->y(), truth[0].y, 1e-8);
      }
    }
  }
}

TEST(Lens, FisheyeSeesBehindItsPlaneUpToItsAngle) {
  for (const LensKind kind :
       {LensKind::kEquidistant, LensKind::kEquisolid, LensKind::kStereographic}) {
    Lens lens{
        .kind = kind, .width = 640, .height = 640, .fx = 150, .fy = 150, .cx = 319.5, .cy = 319.5};
    lens.max_angle_rad = 100 * kDegree;
    const auto at = [](double degrees) {
      return Vector3d(std::sin(degrees * kDegree), 0, std::cos(degrees * kDegree));
    };
    const auto pixel = lens.Project(at(99));
    ASSERT_TRUE(pixel);
    EXPECT_GT(pixel->x(), lens.Project(at(89))->x());
    EXPECT_LT((*lens.Unproject(*pixel) - at(99)).norm(), 1e-9);
    EXPECT_FALSE(lens.Project(at(101)));
    EXPECT_FALSE(lens.Unproject({319.5 + 1000, 319.5}));
  }
}

TEST(Lens, KnownRadii) {
  Lens lens{.width = 640, .height = 640, .fx = 100, .fy = 100, .cx = 0, .cy = 0};
  const Vector3d sideways = Vector3d(1, 0, 0);
  lens.max_angle_rad = 91 * kDegree;
  lens.kind = LensKind::kEquidistant;
  EXPECT_NEAR(lens.Project(sideways)->x(), 157.0796327, 1e-6);
  lens.kind = LensKind::kEquisolid;
  EXPECT_NEAR(lens.Project(sideways)->x(), 141.4213562, 1e-6);
  lens.kind = LensKind::kStereographic;
  EXPECT_NEAR(lens.Project(sideways)->x(), 200, 1e-6);
}

TEST(Lens, EndsWhereTheDistortionTurnsBack) {
  Lens lens{.width = 640, .height = 480, .fx = 400, .fy = 400, .cx = 319.5, .cy = 239.5};
  lens.distortion = {-0.3, 0, 0, 0, 0};  // r - 0.3 r³ grows until r = 1.054, where it is 0.703
  EXPECT_NO_THROW(Validate(lens));
  EXPECT_TRUE(lens.Project({1.05, 0, 1}));
  EXPECT_FALSE(lens.Project({1.06, 0, 1}));
  EXPECT_TRUE(lens.Unproject({319.5 + 400 * 0.70, 239.5}));
  EXPECT_FALSE(lens.Unproject({319.5 + 400 * 0.71, 239.5}));
}

TEST(Lens, ValidateRefusesTheImpossible) {
  const Lens good{.width = 640, .height = 480, .fx = 400, .fy = 400, .cx = 319.5, .cy = 239.5};
  EXPECT_NO_THROW(Validate(good));
  const auto refused = [&](auto spoil) {
    Lens lens = good;
    spoil(lens);
    EXPECT_THROW(Validate(lens), Error);
  };
  refused([](Lens& l) { l.width = 0; });
  refused([](Lens& l) { l.height = -5; });
  refused([](Lens& l) { l.width = 1 << 20; });
  refused([](Lens& l) { l.fx = 0; });
  refused([](Lens& l) { l.fy = -400; });
  refused([](Lens& l) { l.cx = std::numeric_limits<double>::quiet_NaN(); });
  refused([](Lens& l) { l.distortion[4] = std::numeric_limits<double>::infinity(); });
  refused([](Lens& l) { l.max_angle_rad = 0; });
  refused([](Lens& l) { l.max_angle_rad = 1.6; });
  refused([](Lens& l) { l.distortion[0] = -10; });
  refused([](Lens& l) {
    l.kind = LensKind::kStereographic;
    l.distortion[0] = 0.1;
  });
  refused([](Lens& l) {
    l.kind = LensKind::kEquidistant;
    l.distortion[4] = 0.1;
  });
  Camera camera{.lens = good};
  EXPECT_NO_THROW(Validate(camera));
  camera.world_from_camera.coeffs() *= 2;
  EXPECT_THROW(Validate(camera), Error);
}

TEST(Camera, ToPlaneUndoesProject) {
  LensDrawer draw(5);
  for (int i = 0; i < 400; ++i) {
    const LensKind kind = kKinds[i % 4];
    Camera camera{.lens = draw.Draw(kind)};
    camera.world_from_camera =
        LookDown(draw.Uniform(0, 6), draw.Uniform(0, 1), draw.Uniform(-0.2, 0.2));
    camera.centre = {draw.Uniform(-2, 2), draw.Uniform(-2, 2), draw.Uniform(2.2, 5)};
    for (int k = 0; k < 20; ++k) {
      const double height = draw.Uniform(0, 2);
      const Vector3d world(draw.Uniform(-4, 4), draw.Uniform(-4, 4), height);
      const auto pixel = camera.Project(world);
      if (!pixel) {
        continue;
      }
      const auto back = camera.ToPlane(*pixel, height);
      ASSERT_TRUE(back);
      EXPECT_LT((*back - world.head<2>()).norm(), 1e-5);
    }
  }
}

TEST(Camera, LookDownAxes) {
  Camera camera;
  camera.lens = {.width = 640, .height = 480, .fx = 300, .fy = 300, .cx = 320, .cy = 240};
  camera.centre = {0, 0, 3};
  camera.world_from_camera = LookDown(0, 0, 0);
  EXPECT_LT((*camera.Project({0, 0, 0}) - Vector2d(320, 240)).norm(), 1e-9);
  EXPECT_LT((*camera.Project({1, 0, 0}) - Vector2d(320, 140)).norm(), 1e-9);  // world x: up
  EXPECT_LT((*camera.Project({0, 1, 0}) - Vector2d(220, 240)).norm(), 1e-9);  // world y: left
  camera.world_from_camera = LookDown(std::numbers::pi / 2, 45 * kDegree, 0);
  EXPECT_LT((*camera.Project({0, 3, 0}) - Vector2d(320, 240)).norm(), 1e-9);
  EXPECT_LT(camera.Project({0, 3, 1})->y(), 240);  // up is up
  camera.world_from_camera = LookDown(0, 0, 30 * kDegree);
  EXPECT_LT(camera.Project({1, 0, 0})->x(), 320);  // the picture turns counter-clockwise
  EXPECT_FALSE(camera.ToPlane({320, 240}, 10));    // a plane above a camera that looks down
}

}  // namespace
}  // namespace tenjo
