#include "tenjo/synth/place/mesh_set.h"

#include <cmath>

namespace tenjo::synth {
namespace {

bool Same(const Material& a, const Material& b) {
  return a.pattern == b.pattern && a.seed == b.seed && a.texture == b.texture &&
         a.scale == b.scale && a.gloss == b.gloss && a.roughness == b.roughness &&
         a.emission == b.emission && a.a == b.a && a.b == b.b && a.c == b.c;
}

}  // namespace

Frame Frame::Of(const Vec3f& origin, float yaw) {
  return {.origin = origin, .yaw = yaw, .cosine = std::cos(yaw), .sine = std::sin(yaw)};
}

Frame Frame::Then(float x, float y, float z, float turn) const {
  return Of(At(x, y, z), yaw + turn);
}

Mesh& MeshSet::Of(const Material& material) {
  for (Mesh& mesh : meshes_) {
    if (Same(mesh.material, material)) {
      return mesh;
    }
  }
  meshes_.emplace_back();
  meshes_.back().material = material;
  return meshes_.back();
}

int MeshSet::NumberOf(const Mesh& mesh) const {
  for (std::size_t i = 0; i < meshes_.size(); ++i) {
    if (&meshes_[i] == &mesh) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

std::vector<Mesh> MeshSet::Take(std::vector<int>& numbers) {
  std::vector<Mesh> taken;
  numbers.clear();
  for (Mesh& mesh : meshes_) {
    numbers.push_back(mesh.triangles.empty() ? -1 : static_cast<int>(taken.size()));
    if (!mesh.triangles.empty()) {
      taken.push_back(std::move(mesh));
    }
  }
  meshes_.clear();
  return taken;
}

void AddQuad(Mesh& mesh, const Vec3f& corner, const Vec3f& u, const Vec3f& v, float u0, float v0,
             float item) {
  const auto base = static_cast<std::uint32_t>(mesh.positions.size());
  const Vec3f normal = u.cross(v).normalized();
  const float lu = u.norm();
  const float lv = v.norm();
  for (int i = 0; i < 4; ++i) {
    const float s = i == 1 || i == 2 ? 1.0F : 0.0F;
    const float t = i >= 2 ? 1.0F : 0.0F;
    mesh.positions.emplace_back(corner + s * u + t * v);
    mesh.normals.push_back(normal);
    mesh.rest.emplace_back(item, u0 + s * lu, v0 + t * lv);
  }
  mesh.triangles.push_back({base, base + 1, base + 2});
  mesh.triangles.push_back({base, base + 2, base + 3});
}

void AddBox(Mesh& mesh, const Frame& frame, const Vec3f& low, const Vec3f& high, unsigned faces,
            float item) {
  const Vec3f d = high - low;
  const Vec3f x = frame.Turn(Vec3f(d.x(), 0, 0));
  const Vec3f y = frame.Turn(Vec3f(0, d.y(), 0));
  const Vec3f z(0, 0, d.z());
  const Vec3f corner = frame.At(low.x(), low.y(), low.z());
  const Vec3f far = frame.At(high.x(), high.y(), high.z());
  const float shift = item != 0 ? 0 : 1.37F * corner.x() + 0.71F * corner.y();
  const float v0 = item != 0 ? 0 : corner.z();
  const float uy = shift - (item != 0 ? d.y() / 2 : 0);
  const float ux = shift - (item != 0 ? d.x() / 2 : 0);
  if ((faces & kFront) != 0) {
    AddQuad(mesh, corner + x, y, z, uy, v0, item);
  }
  if ((faces & kBack) != 0) {
    AddQuad(mesh, corner + y, -y, z, uy, v0, item);
  }
  if ((faces & kLeft) != 0) {
    AddQuad(mesh, corner + x + y, -x, z, ux, v0, item);
  }
  if ((faces & kRight) != 0) {
    AddQuad(mesh, corner, x, z, ux, v0, item);
  }
  if ((faces & kTop) != 0) {  // the grain runs along the longer side
    if (d.y() >= d.x()) {
      AddQuad(mesh, far - y, y, -x, uy, v0 + d.z(), item);
    } else {
      AddQuad(mesh, far - x - y, x, y, ux, v0 + d.z(), item);
    }
  }
  if ((faces & kBottom) != 0) {
    AddQuad(mesh, corner, y, x, uy, v0, item);
  }
}

void AddCylinder(Mesh& mesh, const Frame& frame, const Vec3f& foot, float radius0, float radius1,
                 float height, int sides, bool top, float item) {
  const auto base = static_cast<std::uint32_t>(mesh.positions.size());
  const float slope = (radius0 - radius1) / std::max(height, 1e-4F);
  const float shift = item != 0 ? 0 : 1.37F * frame.origin.x() + 0.71F * frame.origin.y();
  const auto n = static_cast<std::uint32_t>(sides);
  for (std::uint32_t i = 0; i <= n; ++i) {
    const float angle = 6.2831853F * static_cast<float>(i) / static_cast<float>(n);
    const float c = std::cos(angle);
    const float s = std::sin(angle);
    const Vec3f normal = frame.Turn(Vec3f(c, s, slope)).normalized();
    for (int k = 0; k < 2; ++k) {
      const float r = k == 0 ? radius0 : radius1;
      const float z = k == 0 ? 0 : height;
      mesh.positions.push_back(frame.At(foot.x() + r * c, foot.y() + r * s, foot.z() + z));
      mesh.normals.push_back(normal);
      mesh.rest.emplace_back(item, shift + angle * std::max(radius0, radius1), z);
    }
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t a = base + 2 * i;
    if (radius0 > 0) {
      mesh.triangles.push_back({a, a + 2, a + 1});
    }
    if (radius1 > 0) {
      mesh.triangles.push_back({a + 1, a + 2, a + 3});
    }
  }
  if (!top || radius1 <= 0) {
    return;
  }
  const auto cap = static_cast<std::uint32_t>(mesh.positions.size());
  for (std::uint32_t i = 0; i < n; ++i) {
    const float angle = 6.2831853F * static_cast<float>(i) / static_cast<float>(n);
    const float c = radius1 * std::cos(angle);
    const float s = radius1 * std::sin(angle);
    mesh.positions.push_back(frame.At(foot.x() + c, foot.y() + s, foot.z() + height));
    mesh.normals.emplace_back(0, 0, 1);
    mesh.rest.emplace_back(item, shift + c, s);
  }
  for (std::uint32_t i = 1; i + 1 < n; ++i) {
    mesh.triangles.push_back({cap, cap + i, cap + i + 1});
  }
}

}  // namespace tenjo::synth
