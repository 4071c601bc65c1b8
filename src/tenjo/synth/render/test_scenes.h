#pragma once

#include <Eigen/Geometry>
#include <cmath>
#include <numbers>

#include "tenjo/synth/render/render.h"
#include "tenjo/synth/scene/random.h"

namespace tenjo::synth::testing {

// Scenes of known geometry for tests and benchmarks.

inline Mesh Grown(const Vec3f& colour) {
  Mesh mesh;
  mesh.material.a = colour;
  return mesh;
}

//! A sphere stretched by `radii` about `centre`; rings x 2 rings quads.
inline Mesh Ellipsoid(const Vec3f& centre, const Vec3f& radii, const Vec3f& colour,
                      int rings = 16) {
  Mesh mesh = Grown(colour);
  const int columns = 2 * rings;
  for (int i = 0; i <= rings; ++i) {
    for (int k = 0; k <= columns; ++k) {
      const float a = std::numbers::pi_v<float> * static_cast<float>(i) / static_cast<float>(rings);
      const float b =
          2 * std::numbers::pi_v<float> * static_cast<float>(k) / static_cast<float>(columns);
      const Vec3f unit(std::sin(a) * std::cos(b), std::sin(a) * std::sin(b), std::cos(a));
      mesh.positions.emplace_back(centre + radii.cwiseProduct(unit));
      mesh.normals.emplace_back(unit.cwiseQuotient(radii).normalized());
      mesh.rest.emplace_back(radii.cwiseProduct(unit));
    }
  }
  const auto at = [columns](int i, int k) {
    return static_cast<std::uint32_t>(i * (columns + 1) + k);
  };
  for (int i = 0; i < rings; ++i) {
    for (int k = 0; k < columns; ++k) {
      mesh.triangles.push_back({at(i, k), at(i + 1, k), at(i + 1, k + 1)});
      mesh.triangles.push_back({at(i, k), at(i + 1, k + 1), at(i, k + 1)});
    }
  }
  return mesh;
}

inline void AddQuad(Mesh& mesh, const Vec3f& a, const Vec3f& b, const Vec3f& c, const Vec3f& d) {
  const auto first = static_cast<std::uint32_t>(mesh.positions.size());
  const Vec3f normal = (b - a).cross(c - a).normalized();
  for (const Vec3f& p : {a, b, c, d}) {
    mesh.positions.push_back(p);
    mesh.rest.push_back(p);
    mesh.normals.push_back(normal);
  }
  mesh.triangles.push_back({first, first + 1, first + 2});
  mesh.triangles.push_back({first, first + 2, first + 3});
}

inline Mesh Block(const Vec3f& centre, const Vec3f& half, const Vec3f& colour) {
  Mesh mesh = Grown(colour);
  for (int axis = 0; axis < 3; ++axis) {
    for (const float side : {-1.0F, 1.0F}) {
      Vec3f out = Vec3f::Zero();
      Vec3f u = Vec3f::Zero();
      Vec3f v = Vec3f::Zero();
      out[axis] = side * half[axis];
      u[(axis + 1) % 3] = half[(axis + 1) % 3];
      v[(axis + 2) % 3] = side * half[(axis + 2) % 3];
      AddQuad(mesh, centre + out - u - v, centre + out + u - v, centre + out + u + v,
              centre + out - u + v);
    }
  }
  return mesh;
}

//! Floor, walls, ceiling with panels.
inline Scene Room(float half_side = 4, float ceiling = 3) {
  Scene scene;
  const float r = half_side;
  Mesh floor = Grown({0.45F, 0.4F, 0.35F});
  AddQuad(floor, {-r, -r, 0}, {r, -r, 0}, {r, r, 0}, {-r, r, 0});
  Mesh shell = Grown({0.7F, 0.68F, 0.64F});
  AddQuad(shell, {-r, -r, ceiling}, {-r, r, ceiling}, {r, r, ceiling}, {r, -r, ceiling});
  AddQuad(shell, {-r, -r, 0}, {-r, -r, ceiling}, {r, -r, ceiling}, {r, -r, 0});
  AddQuad(shell, {r, r, 0}, {r, r, ceiling}, {-r, r, ceiling}, {-r, r, 0});
  AddQuad(shell, {-r, r, 0}, {-r, r, ceiling}, {-r, -r, ceiling}, {-r, -r, 0});
  AddQuad(shell, {r, -r, 0}, {r, -r, ceiling}, {r, r, ceiling}, {r, r, 0});
  scene.meshes = {floor, shell};
  for (const float x : {-r / 2, r / 2}) {
    for (const float y : {-r / 2, r / 2}) {
      Light light;
      light.centre = {x, y, ceiling - 0.02F};
      light.half_u = {0.3F, 0, 0};
      light.half_v = {0, -0.3F, 0};  // shines down
      light.radiance = Vec3f::Constant(6);
      scene.lights.push_back(light);
      Mesh panel = Grown({1, 1, 1});
      panel.material.emission = 6;
      AddQuad(panel, {x - 0.3F, y - 0.3F, ceiling - 0.01F}, {x - 0.3F, y + 0.3F, ceiling - 0.01F},
              {x + 0.3F, y + 0.3F, ceiling - 0.01F}, {x + 0.3F, y - 0.3F, ceiling - 0.01F});
      scene.meshes.push_back(panel);
    }
  }
  return scene;
}

//! A person of ellipsoids with its truth: enough of a body for labels.
inline void AddFigure(Scene& scene, const Vec3f& at, float yaw, float height, Random& random,
                      int rings = 16) {
  const int person = static_cast<int>(scene.people.size());
  const float s = height / 1.75F;
  const float c = std::cos(yaw);
  const float n = std::sin(yaw);
  const auto place = [&](float forward, float left, float up) {
    return Vec3f(at + s * Vec3f(c * forward - n * left, n * forward + c * left, up));
  };
  const auto colour = [&] {
    return Vec3f(random.Uniform(0.03F, 0.8F), random.Uniform(0.03F, 0.8F),
                 random.Uniform(0.03F, 0.8F));
  };
  const auto limb = [&](const Vec3f& a, const Vec3f& b, float radius, const Vec3f& paint) {
    const Vec3f half = 0.5F * (b - a);
    Mesh mesh = Ellipsoid(Vec3f::Zero(), Vec3f(radius, radius, half.norm() + radius), paint, rings);
    const Mat3f turn = Eigen::Quaternionf::FromTwoVectors(Vec3f::UnitZ(), half).toRotationMatrix();
    for (std::size_t i = 0; i < mesh.positions.size(); ++i) {
      mesh.positions[i] = turn * mesh.positions[i] + 0.5F * (a + b);
      mesh.normals[i] = turn * mesh.normals[i];
    }
    mesh.person = person;
    scene.meshes.push_back(mesh);
  };
  PersonTruth truth;
  truth.identity = truth.track = person;
  truth.floor = {at.x(), at.y(), 0};
  truth.yaw_rad = yaw;
  truth.height_m = height;
  truth.keypoints = {
      place(0.09F, 0, 1.62F),     place(0.07F, 0.03F, 1.66F),  place(0.07F, -0.03F, 1.66F),
      place(0, 0.07F, 1.64F),     place(0, -0.07F, 1.64F),     place(0, 0.19F, 1.42F),
      place(0, -0.19F, 1.42F),    place(0.02F, 0.25F, 1.12F),  place(0.02F, -0.25F, 1.12F),
      place(0.12F, 0.26F, 0.88F), place(0.12F, -0.26F, 0.88F), place(0, 0.1F, 0.92F),
      place(0, -0.1F, 0.92F),     place(0.03F, 0.1F, 0.5F),    place(0.03F, -0.1F, 0.5F),
      place(0, 0.1F, 0.09F),      place(0, -0.1F, 0.09F),      place(0, 0, 1.42F)};
  truth.radius_m = {0.03F, 0.04F, 0.04F, 0.04F, 0.04F, 0.1F,  0.1F,  0.06F, 0.06F,
                    0.05F, 0.05F, 0.14F, 0.14F, 0.08F, 0.08F, 0.06F, 0.06F, 0.1F};
  const Vec3f skin(0.5F, 0.33F, 0.25F);
  const Vec3f shirt = colour();
  const Vec3f trousers = 0.5F * colour();
  const auto& k = truth.keypoints;
  limb(place(0, 0, 1.58F), place(0, 0, 1.66F), 0.09F * s, skin);
  limb(place(0, 0, 1.0F), place(0, 0, 1.4F), 0.15F * s, shirt);
  for (const std::size_t side : {0U, 1U}) {
    limb(k[5 + side], k[7 + side], 0.05F * s, shirt);
    limb(k[7 + side], k[9 + side], 0.04F * s, skin);
    limb(k[11 + side], k[13 + side], 0.08F * s, trousers);
    limb(k[13 + side], k[15 + side], 0.06F * s, trousers);
  }
  scene.people.push_back(truth);
}

//! A camera of the kind at the ceiling.
inline Camera CeilingCamera(LensKind kind, int width, int height, double tilt_rad, double up_m) {
  Camera camera;
  Lens& lens = camera.lens;
  lens.kind = kind;
  lens.width = width;
  lens.height = height;
  lens.cx = 0.5 * (width - 1);
  lens.cy = 0.5 * (height - 1);
  lens.fx = lens.fy = kind == LensKind::kPinhole ? 0.55 * width : 0.33 * width;
  if (kind == LensKind::kEquisolid) {
    lens.fx = lens.fy = 0.36 * width;
  } else if (kind == LensKind::kStereographic) {
    lens.fx = lens.fy = 0.26 * width;
  }
  lens.max_angle_rad = kind == LensKind::kPinhole ? 1.55 : 1.6;
  camera.world_from_camera = LookDown(0.3, tilt_rad, 0);
  camera.centre = {0, 0, up_m};
  return camera;
}

}  // namespace tenjo::synth::testing
