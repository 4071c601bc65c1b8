#include "tenjo/synth/render/render.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>

#include "tenjo/base/error.h"
#include "tenjo/synth/render/embree_scene.h"
#include "tenjo/synth/render/lens_rays.h"
#include "tenjo/synth/render/test_scenes.h"

namespace tenjo::synth {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;
using testing::AddFigure;
using testing::Block;
using testing::CeilingCamera;
using testing::Ellipsoid;
using testing::Room;

constexpr LensKind kKinds[] = {LensKind::kPinhole, LensKind::kEquidistant, LensKind::kEquisolid,
                               LensKind::kStereographic};

Camera DrawCamera(Random& random, int i) {
  Camera camera = CeilingCamera(kKinds[i % 4], random.Integer(96, 224), random.Integer(96, 224),
                                random.Uniform(0, 0.8F), random.Uniform(2.2F, 2.9F));
  if (i % 4 == 0) {
    camera.lens.distortion = {random.Uniform(-0.2F, 0.05F), random.Uniform(-0.01F, 0.03F), 0, 0, 0};
    if (i % 8 == 0) {
      camera.lens.distortion[2] = 1e-3;
      camera.lens.distortion[3] = -1e-3;
    }
  }
  return camera;
}

Scene DrawScene(Random& random) {
  Scene scene = Room();
  const int people = random.Integer(1, 5);
  for (int i = 0; i < people; ++i) {
    AddFigure(scene, {random.Uniform(-2.5F, 2.5F), random.Uniform(-2.5F, 2.5F), 0},
              random.Uniform(0, 6.28F), random.Uniform(1.3F, 1.95F), random, 8);
  }
  for (int i = 0; i < 3; ++i) {
    scene.meshes.push_back(Block({random.Uniform(-2, 2), random.Uniform(-2, 2), 0.5F},
                                 {0.3F, 0.3F, 0.5F}, Vec3f::Constant(0.5F)));
  }
  Mesh tray = Block({random.Uniform(-2, 2), random.Uniform(-2, 2), 1.1F}, {0.2F, 0.15F, 0.01F},
                    Vec3f::Constant(0.4F));
  tray.person = 0;
  tray.in_mask = false;
  scene.meshes.push_back(tray);
  return scene;
}

TEST(LensRays, AgreeWithTheLens) {
  Random random(1);
  for (int i = 0; i < 24; ++i) {
    const Lens lens = DrawCamera(random, i).lens;
    const LensRays rays(lens);
    int seen = 0;
    for (int k = 0; k < 300; ++k) {
      const float x = random.Uniform(-0.5F, static_cast<float>(lens.width) - 0.5F);
      const float y = random.Uniform(-0.5F, static_cast<float>(lens.height) - 0.5F);
      Vec3f direction;
      if (rays.Direction(x, y, direction)) {
        ++seen;
        const Vector2d outward = Vector2d(x - lens.cx, y - lens.cy).normalized() * 8;
        if (!lens.Unproject(Vector2d(x, y) + outward)) {
          continue;
        }
        EXPECT_NEAR(direction.norm(), 1, 1e-4);
        const auto pixel = lens.Project(direction.cast<double>());
        ASSERT_TRUE(pixel);
        EXPECT_LT((*pixel - Vector2d(x, y)).norm(), 0.02) << "kind " << i % 4;
      }
    }
    EXPECT_GT(seen, 20);
  }
}

TEST(Tracer, ThingsAppearWhereTheCameraProjectsThem) {
  Random random(2);
  for (int i = 0; i < 32; ++i) {
    Camera camera = DrawCamera(random, i);
    const Vec3f at(random.Uniform(-1.2F, 1.2F), random.Uniform(-1.2F, 1.2F),
                   random.Uniform(0.3F, 1.2F));
    const Vector3d to = at.cast<double>() - camera.centre;
    const auto centre = camera.Project(at.cast<double>());
    if (!centre || (*centre - Vector2d(camera.lens.cx, camera.lens.cy)).norm() > 60 ||
        !camera.lens.Contains(*centre)) {
      continue;
    }
    Scene scene = Room();
    Mesh ball = Ellipsoid(at, Vec3f::Constant(0.1F), Vec3f::Constant(0.5F), 24);
    ball.person = 0;
    scene.people.resize(1);
    scene.meshes.push_back(ball);
    const Rendering rendering = Tracer(scene).Render(camera, {}, 1);
    // Independent truth: the mean pixel of those whose true ray passes the ball.
    Vector2d truth = Vector2d::Zero();
    Vector2d found = Vector2d::Zero();
    int truths = 0;
    int founds = 0;
    for (int y = 0; y < camera.lens.height; ++y) {
      for (int x = 0; x < camera.lens.width; ++x) {
        const auto ray = camera.lens.Unproject({x, y});
        if (ray) {
          const Vector3d d = camera.world_from_camera * *ray;
          if (d.dot(to) > 0 && (to - d.dot(to) * d).norm() < 0.1) {
            truth += Vector2d(x, y);
            ++truths;
          }
        }
        if (rendering.person.at<std::int16_t>(y, x) == 0) {
          found += Vector2d(x, y);
          ++founds;
        }
      }
    }
    ASSERT_GT(truths, 5);
    ASSERT_GT(founds, 5);
    EXPECT_LT((truth / truths - found / founds).norm(), 0.25) << "kind " << i % 4;
    EXPECT_NEAR(founds, truths, 3 + 0.08 * truths);
    EXPECT_LT((*centre - found / founds).norm(), 1.5);
    const int cx = static_cast<int>(std::lround(centre->x()));
    const int cy = static_cast<int>(std::lround(centre->y()));
    EXPECT_NEAR(rendering.depth.at<float>(cy, cx), to.norm() - 0.1, 0.02);
  }
}

TEST(Tracer, FloorMarksAppearWithinHalfAPixelOfTheCameraModel) {
  Random random(3);
  for (int i = 0; i < 32; ++i) {
    const Camera camera = DrawCamera(random, i);
    const Vec3f at(random.Uniform(-1, 1), random.Uniform(-1, 1), 0);
    const auto pixel = camera.Project(at.cast<double>());
    if (!pixel || !camera.lens.Contains(*pixel)) {
      continue;
    }
    Scene scene = Room();
    scene.people.resize(1);
    scene.people[0].floor = at;
    Tracer tracer(scene);
    const auto views = tracer.View(camera, tracer.Render(camera, {}, 1));
    ASSERT_TRUE(views[0].floor);
    EXPECT_LT((*views[0].floor - *pixel).norm(), 1e-4);
    // And the depth of the rendered floor leads back to the same place.
    const Rendering rendering = tracer.Render(camera, {}, 1);
    const int x = static_cast<int>(std::lround(pixel->x()));
    const int y = static_cast<int>(std::lround(pixel->y()));
    const auto ray = camera.lens.Unproject({x, y});
    ASSERT_TRUE(ray);
    const Vector3d hit =
        camera.centre + rendering.depth.at<float>(y, x) * (camera.world_from_camera * *ray);
    const auto again = camera.Project(hit);
    ASSERT_TRUE(again);
    EXPECT_LT((*again - Vector2d(x, y)).norm(), 0.5);
    EXPECT_NEAR(hit.z(), 0, 0.01);
  }
}

TEST(Tracer, LabelsHoldTogetherOverRandomScenes) {
  Random random(4);
  int seen = 0;
  int hidden = 0;
  for (int i = 0; i < 200; ++i) {
    const Scene scene = DrawScene(random);
    const Camera camera = DrawCamera(random, i);
    const Tracer tracer(scene);
    const Rendering rendering = tracer.Render(camera, {}, static_cast<std::uint64_t>(i));
    const auto views = tracer.View(camera, rendering);
    ASSERT_EQ(views.size(), scene.people.size());
    std::vector<int> areas(views.size());
    for (int y = 0; y < camera.lens.height; ++y) {
      for (int x = 0; x < camera.lens.width; ++x) {
        const int person = rendering.person.at<std::int16_t>(y, x);
        if (person < 0) {
          continue;
        }
        const PersonView& view = views[static_cast<std::size_t>(person)];
        ++areas[static_cast<std::size_t>(person)];
        EXPECT_TRUE(view.box.contains({x, y}));
        EXPECT_GE(x, view.full_box.x - 1e-6);
        EXPECT_GE(y, view.full_box.y - 1e-6);
        EXPECT_LE(x, view.full_box.x + view.full_box.width + 1e-6);
        EXPECT_LE(y, view.full_box.y + view.full_box.height + 1e-6);
        const double turn = view.rotated[4] * std::numbers::pi / 180;
        const double dx = x - view.rotated[0];
        const double dy = y - view.rotated[1];
        EXPECT_LE(std::abs(dx * std::cos(turn) + dy * std::sin(turn)), view.rotated[2] / 2 + 0.5);
        EXPECT_LE(std::abs(-dx * std::sin(turn) + dy * std::cos(turn)), view.rotated[3] / 2 + 0.5);
      }
    }
    for (std::size_t p = 0; p < views.size(); ++p) {
      EXPECT_EQ(areas[p], views[p].area);
      EXPECT_EQ(views[p].area == 0, views[p].box.empty());
      EXPECT_GT(views[p].rotated[4], -90.0001);
      EXPECT_LE(views[p].rotated[4], 90.0001);
      for (int k = 0; k < kNumBodyPoints; ++k) {
        const auto index = static_cast<std::size_t>(k);
        const Vector2d& point = views[p].points[index];
        const auto truth = camera.Project(scene.people[p].keypoints[index].cast<double>());
        const bool inside = truth && camera.lens.Contains(*truth);
        EXPECT_EQ(views[p].visibility[index] > 0, inside);
        if (inside) {
          EXPECT_LT((point - *truth).norm(), 1e-6);
        }
        hidden += views[p].visibility[index] == 1 ? 1 : 0;
        if (views[p].visibility[index] != 2) {
          continue;
        }
        ++seen;
        double nearest = 1e9;
        for (int y = std::max(0, static_cast<int>(point.y()) - 3);
             y <= std::min(camera.lens.height - 1, static_cast<int>(point.y()) + 3); ++y) {
          for (int x = std::max(0, static_cast<int>(point.x()) - 3);
               x <= std::min(camera.lens.width - 1, static_cast<int>(point.x()) + 3); ++x) {
            if (rendering.person.at<std::int16_t>(y, x) == static_cast<int>(p)) {
              nearest = std::min(nearest, (Vector2d(x, y) - point).norm());
            }
          }
        }
        EXPECT_LE(nearest, 2.0);
      }
    }
  }
  EXPECT_GT(seen, 2000);
  EXPECT_GT(hidden, 500);
}

TEST(Tracer, WhatStandsBetweenHides) {
  Random random(5);
  Scene scene = Room();
  AddFigure(scene, {0, 1.5F, 0}, 0, 1.75F, random);
  Camera camera = CeilingCamera(LensKind::kPinhole, 320, 320, 0, 2.5);
  camera.world_from_camera = LookDown(std::numbers::pi / 2, 0.9, 0);
  {
    const Tracer tracer(scene);
    const auto view = tracer.View(camera, tracer.Render(camera, {}, 1))[0];
    EXPECT_EQ(view.visibility[kNumBodyPoints - 1], 2);
    EXPECT_GT(view.area, 500);
  }
  // A held board before the upper body: it hides, but is not of the mask.
  Mesh board = Block({0, 1.0F, 1.75F}, {0.4F, 0.02F, 0.35F}, Vec3f::Constant(0.4F));
  board.person = 0;
  board.in_mask = false;
  scene.meshes.push_back(board);
  const Tracer tracer(scene);
  const auto view = tracer.View(camera, tracer.Render(camera, {}, 1))[0];
  EXPECT_EQ(view.visibility[kNumBodyPoints - 1], 1);
  EXPECT_EQ(view.visibility[0], 1);
}

TEST(Tracer, OwnClothShowsAJointAndAnotherLimbHidesIt) {
  constexpr std::size_t kElbow = 8;
  constexpr std::size_t kWrist = 10;
  constexpr std::size_t kHip = 11;
  Random random(5);
  Scene scene = Room();
  // It faces the camera.
  AddFigure(scene, {0, 1.5F, 0}, -std::numbers::pi_v<float> / 2, 1.75F, random);
  Camera camera = CeilingCamera(LensKind::kPinhole, 320, 320, 0, 1.2);
  camera.world_from_camera = LookDown(std::numbers::pi / 2, 1.45, 0);
  const auto sees_hip = [&] {
    const Tracer tracer(scene);
    return tracer.View(camera, tracer.Render(camera, {}, 1))[0].visibility[kHip] == 2;
  };
  EXPECT_TRUE(sees_hip());
  PersonTruth& truth = scene.people[0];
  const Vec3f hip = truth.keypoints[kHip];
  Mesh coat = Block(hip + Vec3f(0, -0.16F, 0), {0.12F, 0.01F, 0.2F}, Vec3f::Constant(0.2F));
  coat.person = 0;
  scene.meshes.push_back(coat);
  EXPECT_TRUE(sees_hip());
  // The other forearm before it.
  truth.keypoints[kElbow] = hip + Vec3f(-0.3F, -0.2F, 0.02F);
  truth.keypoints[kWrist] = hip + Vec3f(0, -0.2F, 0.02F);
  EXPECT_FALSE(sees_hip());
}

TEST(Tracer, RotatedBoxFollowsTheRadiusOfAFisheye) {
  Random random(6);
  const Camera camera = CeilingCamera(LensKind::kEquidistant, 192, 192, 0, 2.8);
  for (int i = 0; i < 12; ++i) {
    Scene scene = Room();
    const float turn = random.Uniform(0, 6.28F);
    AddFigure(scene, {1.8F * std::cos(turn), 1.8F * std::sin(turn), 0}, random.Uniform(0, 6.28F),
              1.75F, random);
    const Tracer tracer(scene);
    const auto view = tracer.View(camera, tracer.Render(camera, {}, 1))[0];
    const Vector2d radius = *view.floor - Vector2d(camera.lens.cx, camera.lens.cy);
    double expected = std::atan2(radius.x(), -radius.y()) * 180 / std::numbers::pi;
    expected -= 180 * std::round((expected - view.rotated[4]) / 180);
    EXPECT_NEAR(view.rotated[4], expected, 0.01);
    EXPECT_GT(view.rotated[3], view.rotated[2]);
  }
}

TEST(Tracer, SameSeedSameBits) {
  Random random(7);
  const Scene scene = DrawScene(random);
  const Camera camera = CeilingCamera(LensKind::kEquidistant, 200, 160, 0, 2.8);
  const Rendering a = Tracer(scene).Render(camera, {}, 11);
  const Rendering b = Tracer(scene).Render(camera, {}, 11);
  const Rendering c = Tracer(scene).Render(camera, {}, 12);
  EXPECT_EQ(cv::norm(a.radiance, b.radiance, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(a.depth, b.depth, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(a.person, c.person, cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(a.radiance, c.radiance, cv::NORM_INF), 0);
}

//! The light of a panel on the floor below it, against Lambert's formula for a polygon.
TEST(Tracer, LightIsThePanelsFormFactor) {
  Scene scene;
  Mesh floor = testing::Grown(Vec3f::Constant(0.5F));
  testing::AddQuad(floor, {-9, -9, 0}, {9, -9, 0}, {9, 9, 0}, {-9, 9, 0});
  scene.meshes.push_back(floor);
  scene.ambient = Vec3f::Zero();
  Light light;
  light.centre = {0, 0, 2};
  light.half_u = {0.3F, 0, 0};
  light.half_v = {0, -0.3F, 0};
  light.radiance = Vec3f(10, 5, 2.5F);
  scene.lights.push_back(light);
  Camera camera = CeilingCamera(LensKind::kPinhole, 65, 65, 0, 3);
  const Rendering rendering = Tracer(scene).Render(camera, {}, 1);
  for (const auto& [column, row] : {std::pair(32, 32), std::pair(45, 40), std::pair(10, 60)}) {
    const Vector2d at = *camera.ToPlane(Vector2d(column, row));
    std::array<Vector3d, 4> corner;
    const double sign[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (std::size_t k = 0; k < 4; ++k) {
      corner[k] = Vector3d(0.3 * sign[k][0] - at.x(), 0.3 * sign[k][1] - at.y(), 2).normalized();
    }
    double factor = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const Vector3d& a = corner[k];
      const Vector3d& b = corner[(k + 1) % 4];
      factor += std::acos(a.dot(b)) * a.cross(b).normalized().z() / (2 * std::numbers::pi);
    }
    const auto pixel = rendering.radiance.at<cv::Vec3f>(row, column);
    EXPECT_NEAR(pixel[0], 0.5 * 10 * std::abs(factor), 0.04 * pixel[0]);
    EXPECT_NEAR(pixel[1], 0.5 * pixel[0], 1e-4);
    EXPECT_NEAR(pixel[2], 0.25 * pixel[0], 1e-4);
  }
}

TEST(Tracer, ThingsThrowShadowsAndLampsDoNot) {
  Scene scene = Room();
  scene.lights.resize(1);
  scene.lights[0].centre = {-1, 0, 2.9F};
  scene.ambient = Vec3f::Zero();
  scene.meshes.push_back(Block({0.3F, 0, 1}, {0.3F, 0.3F, 0.02F}, Vec3f::Constant(0.5F)));
  const Camera camera = CeilingCamera(LensKind::kPinhole, 128, 128, 0, 2.8);
  const Rendering rendering = Tracer(scene).Render(camera, {.samples = 16}, 1);
  // From (-1, 0, 2.9) past (0.3, 0, 1) the shadow covers x from 0.7 to 1.3 in full.
  const auto at = [&](double x, double y) {
    const Vector2d pixel = *camera.Project({x, y, 0});
    return rendering.radiance.at<cv::Vec3f>(static_cast<int>(std::lround(pixel.y())),
                                            static_cast<int>(std::lround(pixel.x())))[1];
  };
  EXPECT_LT(at(1.15, 0), 0.15 * at(1.15, 1.5));
  EXPECT_GT(at(1.15, 1.5), 0.005);
}

TEST(Tracer, EmptyScenesAndDarkRimsAreFine) {
  const Scene scene;
  Camera camera = CeilingCamera(LensKind::kEquidistant, 160, 120, 0, 2.8);
  camera.lens.fx = camera.lens.fy = 30;
  const Tracer tracer(scene);
  const Rendering rendering = tracer.Render(camera, {}, 1);
  EXPECT_TRUE(tracer.View(camera, rendering).empty());
  EXPECT_TRUE(std::isinf(rendering.depth.at<float>(0, 0)));
  EXPECT_EQ(rendering.radiance.at<cv::Vec3f>(0, 0), cv::Vec3f(0, 0, 0));
  EXPECT_EQ(rendering.person.at<std::int16_t>(60, 80), -1);
  EXPECT_FALSE(std::isinf(rendering.depth.at<float>(60, 80)));
  camera.lens.width = camera.lens.height = 1;
  EXPECT_EQ(tracer.Render(camera, {}, 1).radiance.total(), 1U);
}

TEST(EmbreeScene, SlopesTurnWithThePosedTriangle) {
  Random random(21);
  for (int i = 0; i < 50; ++i) {
    const auto draw = [&] {
      return Vec3f(random.Uniform(-1, 1), random.Uniform(-1, 1), random.Uniform(-1, 1));
    };
    const Eigen::Quaternionf turn =
        Eigen::Quaternionf(random.Normal(), random.Normal(), random.Normal(), random.Normal())
            .normalized();
    Scene scene;
    Mesh mesh;
    for (int corner = 0; corner < 3; ++corner) {
      mesh.rest.push_back(draw());
      mesh.positions.emplace_back(turn * mesh.rest.back() + Vec3f(1, 2, 3));
    }
    const Vec3f across = (mesh.rest[1] - mesh.rest[0]).cross(mesh.rest[2] - mesh.rest[0]);
    mesh.normals.assign(3, turn * across.normalized());
    mesh.triangles = {{0, 1, 2}};
    scene.meshes.push_back(mesh);
    const EmbreeScene embree(scene);
    const Vec3f slope = draw();
    const Vec3f within = slope - slope.dot(across) / across.squaredNorm() * across;
    EXPECT_LT((embree.SlopeInWorld(0, 0, slope) - turn * within).norm(), 1e-3);
  }
}

TEST(Tracer, RefusesTheImpossible) {
  const Scene scene = Room();
  const Tracer tracer(scene);
  Camera camera = CeilingCamera(LensKind::kPinhole, 64, 64, 0, 2.8);
  EXPECT_THROW(tracer.Render(camera, {.samples = 0}, 1), Error);
  EXPECT_THROW(tracer.Render(camera, {.samples = 1000}, 1), Error);
  camera.lens.fx = -1;
  EXPECT_THROW(tracer.Render(camera, {}, 1), Error);
  Scene broken = Room();
  broken.meshes[0].triangles[0][0] = 1000;
  EXPECT_THROW(Tracer{broken}, CheckFailure);
}

}  // namespace
}  // namespace tenjo::synth
