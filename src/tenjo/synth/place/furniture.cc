#include "tenjo/synth/place/furniture.h"

#include <fmt/format.h>

#include <Eigen/Geometry>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tenjo/base/crc32.h"
#include "tenjo/base/error.h"
#include "tenjo/base/packed_file.h"
#include "tenjo/synth/scene/material.h"

namespace tenjo::synth {
namespace {

constexpr std::string_view kMagic = "TENJOFRN";
constexpr std::size_t kMaxFileBytes = 64U << 20U;
constexpr std::uint32_t kVersion = 1;
constexpr float kLargestM = 20;
// Faces that meet flatter than this share a smooth normal.
constexpr float kSmoothCosine = 0.72F;

//! Reads numbers from bytes and never past their end.
class Reader {
 public:
  Reader(std::string_view data, const std::string& name) : data_(data), name_(name) {}

  template <typename T>
  T Read() {
    T value;
    std::memcpy(&value, Take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view Take(std::size_t size) {
    if (size > data_.size()) {
      Fail("ends in the middle of a model");
    }
    const std::string_view taken = data_.substr(0, size);
    data_.remove_prefix(size);
    return taken;
  }
  std::string ReadString() { return std::string(Take(Read<std::uint8_t>())); }
  float ReadMetres() {
    const auto value = Read<float>();
    if (!(std::abs(value) <= kLargestM)) {
      Fail("holds a length that is no furniture's");
    }
    return value;
  }
  bool empty() const { return data_.empty(); }
  [[noreturn]] void Fail(const char* what) const {
    throw Error(
        fmt::format("The furniture asset {} {}: restore it from the project or write it anew with "
                    "tools/export_furniture.py.",
                    name_, what));
  }

 private:
  std::string_view data_;
  const std::string& name_;
};

//! Gives every corner the mean normal of the faces around its vertex that lie about as flat.
void SmoothNormals(FurniturePiece& piece) {
  std::vector<Vec3f> face_normals;
  std::vector<std::vector<std::uint32_t>> around(piece.positions.size());
  for (std::size_t f = 0; f < piece.triangles.size(); ++f) {
    const auto& t = piece.triangles[f];
    face_normals.push_back((piece.positions[t[1]] - piece.positions[t[0]])
                               .cross(piece.positions[t[2]] - piece.positions[t[0]]));
    for (const std::uint32_t v : t) {
      around[v].push_back(static_cast<std::uint32_t>(f));
    }
  }
  std::vector<Vec3f> positions;
  std::vector<Vec3f> normals;
  std::vector<std::vector<std::uint32_t>> copies(piece.positions.size());
  for (std::size_t f = 0; f < piece.triangles.size(); ++f) {
    const Vec3f own = face_normals[f].normalized();
    for (std::uint32_t& v : piece.triangles[f]) {
      Vec3f sum = face_normals[f];
      for (const std::uint32_t other : around[v]) {
        if (other != f && face_normals[other].normalized().dot(own) > kSmoothCosine) {
          sum += face_normals[other];
        }
      }
      const float length = sum.norm();
      const Vec3f normal = length > 1e-12F ? Vec3f(sum / length) : Vec3f(Vec3f::UnitZ());
      const auto same = std::find_if(copies[v].begin(), copies[v].end(), [&](std::uint32_t copy) {
        return normals[copy].dot(normal) > 0.999F;
      });
      if (same != copies[v].end()) {
        v = *same;
        continue;
      }
      copies[v].push_back(static_cast<std::uint32_t>(positions.size()));
      positions.push_back(piece.positions[v]);
      normals.push_back(normal);
      v = copies[v].back();
    }
  }
  piece.positions = std::move(positions);
  piece.normals = std::move(normals);
}

FurniturePiece ReadPiece(Reader& reader, const Vec3f& size) {
  FurniturePiece piece;
  const auto surface = reader.Read<std::uint8_t>();
  if (surface >= kNumFurnitureSurfaces) {
    reader.Fail("names a kind of surface that does not exist");
  }
  piece.surface = static_cast<FurnitureSurface>(surface);
  const auto r = reader.Read<std::uint8_t>();
  const auto g = reader.Read<std::uint8_t>();
  const auto b = reader.Read<std::uint8_t>();
  piece.colour = FromSrgb(r, g, b);
  piece.gloss = static_cast<float>(reader.Read<std::uint8_t>()) / 255;
  const auto vertices = reader.Read<std::uint16_t>();
  const auto triangles = reader.Read<std::uint16_t>();
  for (int i = 0; i < vertices; ++i) {
    Vec3f p;
    for (int k = 0; k < 3; ++k) {
      p[k] = static_cast<float>(reader.Read<std::uint16_t>()) / 65535 * size[k] -
             (k < 2 ? size[k] / 2 : 0);
    }
    piece.positions.push_back(p);
  }
  for (int i = 0; i < triangles; ++i) {
    std::array<std::uint32_t, 3> t;
    for (std::uint32_t& v : t) {
      v = reader.Read<std::uint16_t>();
      if (v >= vertices) {
        reader.Fail("has a triangle of vertices that do not exist");
      }
    }
    piece.triangles.push_back(t);
  }
  SmoothNormals(piece);
  return piece;
}

FurnitureModel ReadModel(Reader& reader) {
  FurnitureModel model;
  model.name = reader.ReadString();
  model.kind = reader.ReadString();
  for (int k = 0; k < 3; ++k) {
    model.size[k] = reader.ReadMetres();
  }
  model.elevation_m = reader.ReadMetres();
  const int seats = reader.Read<std::uint8_t>();
  for (int i = 0; i < seats; ++i) {
    Seat seat;
    seat.place.x() = reader.ReadMetres();
    seat.place.y() = reader.ReadMetres();
    seat.yaw_rad = reader.ReadMetres();
    seat.height_m = reader.ReadMetres();
    model.seats.push_back(seat);
  }
  const int pieces = reader.Read<std::uint8_t>();
  for (int i = 0; i < pieces; ++i) {
    model.pieces.push_back(ReadPiece(reader, model.size));
  }
  if (model.size.minCoeff() <= 0 || model.pieces.empty()) {
    reader.Fail("holds a model without a body");
  }
  return model;
}

//! The last of every three models of a kind (of two, the second) is for the test split alone.
void HoldOut(std::vector<FurnitureModel>& models) {
  for (std::size_t i = 0; i < models.size(); ++i) {
    int before = 0;
    int all = 0;
    for (std::size_t k = 0; k < models.size(); ++k) {
      if (models[k].kind == models[i].kind) {
        before += k < i ? 1 : 0;
        ++all;
      }
    }
    models[i].held_out = all == 2 ? before == 1 : before % 3 == 2;
  }
}

}  // namespace

std::shared_ptr<const FurnitureAsset> ParseFurniture(std::string_view data,
                                                     const std::string& name) {
  Reader reader(data, name);
  if (data.size() < 20 || reader.Take(kMagic.size()) != kMagic) {
    reader.Fail("is not one");
  }
  if (reader.Read<std::uint32_t>() != kVersion) {
    reader.Fail("is of another version");
  }
  const auto crc = reader.Read<std::uint32_t>();
  if (crc != Crc32(data.substr(16))) {
    reader.Fail("is damaged (its checksum does not match)");
  }
  const auto count = reader.Read<std::uint32_t>();
  auto impl = std::make_shared<FurnitureAsset::Impl>();
  for (std::uint32_t i = 0; i < count; ++i) {
    impl->models.push_back(ReadModel(reader));
  }
  if (!reader.empty()) {
    reader.Fail("has bytes after its last model");
  }
  HoldOut(impl->models);
  auto asset = std::make_shared<FurnitureAsset>();
  asset->impl = std::move(impl);
  return asset;
}

std::shared_ptr<const FurnitureAsset> FurnitureAsset::Load(const std::filesystem::path& path) {
  return ParseFurniture(ReadPackedFile(path, kMaxFileBytes), path.string());
}

std::vector<const FurnitureModel*> FurnitureAsset::Impl::Of(std::string_view kind,
                                                            PlaceSplit split) const {
  std::vector<const FurnitureModel*> found;
  for (const FurnitureModel& model : models) {
    if (model.kind == kind && model.held_out == (split == PlaceSplit::kTest)) {
      found.push_back(&model);
    }
  }
  return found;
}

}  // namespace tenjo::synth
