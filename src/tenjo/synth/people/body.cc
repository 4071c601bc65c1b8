#include "tenjo/synth/people/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>

#include "tenjo/base/crc32.h"
#include "tenjo/base/error.h"
#include "tenjo/base/packed_file.h"

namespace tenjo::synth {
namespace {

constexpr char kMagic[9] = "TENJOBDY";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxFileBytes = 64U << 20U;
constexpr std::array<std::string_view, kNumBodyPoints> kKeypointNames = {
    "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle", "neck"};

struct DrawnPerson {
  bool female;
  bool child;
  float age_years;
  float weight;
  float african;
  float asian;
  float height_m;
  std::vector<float> coefficients;
};

}  // namespace

struct BodyAsset::Impl {
  std::vector<int> base_vertices;  // ascending numbers of base.obj
  std::vector<float> mean;         // x, y, z of vertices, joints, points
  std::vector<std::vector<float>> components;
  std::vector<DrawnPerson> people;
  std::vector<int> body_vertices;   // of the group kBody
  std::vector<int> crown_vertices;  // could be the highest
  std::vector<int> sole_vertices;   // could be the lowest
};

namespace {

// Walks through the file's bytes; what it takes has been checked to be there.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::string path)
      : bytes_(bytes), path_(std::move(path)) {}

  [[noreturn]] void Fail(const std::string& why) const {
    throw Error(fmt::format(
        "The body asset {} is damaged: {}; take assets/body.bin from the project or write it "
        "again with tools/export_body.py.",
        path_, why));
  }

  void Require(bool condition, const char* why) const {
    if (!condition) {
      Fail(why);
    }
  }

  std::span<const std::uint8_t> Bytes(std::size_t count) {
    if (count > bytes_.size() - at_) {
      Fail(fmt::format("it ends after {} bytes, in the middle of its data", bytes_.size()));
    }
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

  template <typename T>
  T One() {
    T value;
    std::memcpy(&value, Bytes(sizeof(T)).data(), sizeof(T));
    return value;
  }

  template <typename T>
  std::vector<T> Many(std::size_t count) {
    const auto bytes = Bytes(count * sizeof(T));
    std::vector<T> values(count);
    if (count > 0) {
      std::memcpy(values.data(), bytes.data(), bytes.size());
    }
    return values;
  }

  // Numbers below `limit`.
  template <typename T>
  std::vector<T> Indices(std::size_t count, std::size_t limit, const char* why) {
    auto values = Many<T>(count);
    Require(std::all_of(values.begin(), values.end(),
                        [limit](T v) { return static_cast<std::size_t>(v) < limit; }),
            why);
    return values;
  }

  std::string_view Rest() const {
    const auto rest = bytes_.subspan(at_);
    return {reinterpret_cast<const char*>(rest.data()), rest.size()};
  }
  bool AtEnd() const { return at_ == bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string path_;
  std::size_t at_ = 0;
};

struct Counts {
  std::size_t vertices;
  std::size_t quads;
  std::size_t bones;
  std::size_t points;
  std::size_t components;
  std::size_t people;
  std::size_t texture;
  std::size_t names;
  std::size_t places() const { return 3 * (vertices + bones + points); }
};

Counts ReadCounts(Reader& reader) {
  const auto numbers = reader.Many<std::uint32_t>(8);
  const Counts counts{numbers[0], numbers[1], numbers[2], numbers[3],
                      numbers[4], numbers[5], numbers[6], numbers[7]};
  constexpr std::size_t kMost = 65535;
  const auto within = [](std::size_t value, std::size_t low, std::size_t high) {
    return value >= low && value <= high;
  };
  reader.Require(within(counts.vertices, 1, kMost) && within(counts.quads, 1, kMost) &&
                     within(counts.bones, 1, 255) && within(counts.points, kNumBodyPoints, 255) &&
                     within(counts.components, 1, 256) && within(counts.people, 1, 10000) &&
                     within(counts.texture, 1, kMost) && within(counts.names, 1, kMost),
                 "its head gives impossible counts");
  return counts;
}

void ReadNames(Reader& reader, const Counts& counts, BodyAsset& asset) {
  const auto bytes = reader.Bytes(counts.names);
  std::vector<std::string> names(1);
  for (const std::uint8_t byte : bytes) {
    if (byte == '\n') {
      names.emplace_back();
    } else {
      names.back().push_back(static_cast<char>(byte));
    }
  }
  reader.Require(names.back().empty() && names.size() == counts.bones + counts.points + 1,
                 "it names another number of bones and points than it has");
  const auto middle = names.begin() + static_cast<std::ptrdiff_t>(counts.bones);
  asset.bone_names.assign(names.begin(), middle);
  asset.point_names.assign(middle, names.end() - 1);
  reader.Require(
      std::equal(kKeypointNames.begin(), kKeypointNames.end(), asset.point_names.begin()),
      "its first points are not the keypoints in COCO's order");
}

void ReadSkeleton(Reader& reader, const Counts& counts, BodyAsset& asset) {
  const auto parents = reader.Many<std::int16_t>(counts.bones);
  for (std::size_t i = 0; i < parents.size(); ++i) {
    reader.Require((i == 0 && parents[i] == -1) ||
                       (i > 0 && parents[i] >= 0 && static_cast<std::size_t>(parents[i]) < i),
                   "a bone does not come after its parent");
  }
  asset.parents.assign(parents.begin(), parents.end());
  const auto bones =
      reader.Indices<std::uint16_t>(counts.points, counts.bones, "a point names a bone it lacks");
  asset.point_bones.assign(bones.begin(), bones.end());
}

void ReadMesh(Reader& reader, const Counts& counts, BodyAsset& asset, BodyAsset::Impl& impl) {
  const auto base = reader.Many<std::uint16_t>(counts.vertices);
  reader.Require(std::adjacent_find(base.begin(), base.end(), std::greater_equal<>()) == base.end(),
                 "the vertices' numbers do not ascend");
  impl.base_vertices.assign(base.begin(), base.end());

  const auto bones = reader.Indices<std::uint8_t>(4 * counts.vertices, counts.bones,
                                                  "a vertex follows a bone it lacks");
  const auto weights = reader.Many<std::uint8_t>(4 * counts.vertices);
  asset.influence_bones.resize(counts.vertices);
  asset.influence_weights.resize(counts.vertices);
  for (std::size_t v = 0; v < counts.vertices; ++v) {
    int sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      asset.influence_bones[v][k] = bones[4 * v + k];
      asset.influence_weights[v][k] = static_cast<float>(weights[4 * v + k]) / 255.0F;
      sum += weights[4 * v + k];
    }
    reader.Require(sum == 255, "the weights of a vertex do not sum to one");
  }

  const auto corners = reader.Indices<std::uint16_t>(4 * counts.quads, counts.vertices,
                                                     "a face uses a vertex it lacks");
  const auto groups =
      reader.Indices<std::uint8_t>(counts.quads, kNumBodyGroups, "a face has an unknown group");
  const auto texture = reader.Indices<std::uint16_t>(4 * counts.quads, counts.texture,
                                                     "a face uses a texture place it lacks");
  asset.quads.resize(counts.quads);
  asset.quad_groups.resize(counts.quads);
  asset.quad_texture.resize(counts.quads);
  for (std::size_t q = 0; q < counts.quads; ++q) {
    asset.quad_groups[q] = static_cast<BodyGroup>(groups[q]);
    for (std::size_t k = 0; k < 4; ++k) {
      asset.quads[q][k] = corners[4 * q + k];
      asset.quad_texture[q][k] = texture[4 * q + k];
    }
  }
  const auto places = reader.Many<std::uint16_t>(2 * counts.texture);
  for (std::size_t i = 0; i < counts.texture; ++i) {
    asset.texture_places.emplace_back(static_cast<float>(places[2 * i]) / 65535.0F,
                                      static_cast<float>(places[2 * i + 1]) / 65535.0F);
  }
}

void ReadShapeSpace(Reader& reader, const Counts& counts, BodyAsset::Impl& impl) {
  // A body is a few metres large; more can only be damage.
  const auto plausible = [](float x) { return std::abs(x) < 10.0F; };
  impl.mean = reader.Many<float>(counts.places());
  reader.Require(std::all_of(impl.mean.begin(), impl.mean.end(), plausible),
                 "a vertex of the mean body is not within 10 m");
  for (std::size_t k = 0; k < counts.components; ++k) {
    const auto step = reader.One<float>();
    const auto bytes = reader.One<std::uint8_t>();
    reader.Require(bytes == 1 || bytes == 2, "a component has numbers of neither 1 nor 2 bytes");
    const float most = bytes == 1 ? 128.0F : 32768.0F;
    reader.Require(step > 0 && plausible(step * most), "a component has an impossible step");
    std::vector<float> component(counts.places());
    if (bytes == 1) {
      const auto numbers = reader.Many<std::int8_t>(counts.places());
      std::transform(numbers.begin(), numbers.end(), component.begin(),
                     [step](std::int8_t n) { return step * static_cast<float>(n); });
    } else {
      const auto numbers = reader.Many<std::int16_t>(counts.places());
      std::transform(numbers.begin(), numbers.end(), component.begin(),
                     [step](std::int16_t n) { return step * static_cast<float>(n); });
    }
    impl.components.push_back(std::move(component));
  }
}

void ReadPeople(Reader& reader, const Counts& counts, BodyAsset::Impl& impl) {
  const auto shapes = reader.Many<std::int16_t>(counts.people * counts.components);
  bool has_adult = false;
  for (std::size_t i = 0; i < counts.people; ++i) {
    const auto facts = reader.Many<std::uint8_t>(8);
    const auto height_mm = reader.One<std::uint16_t>();
    reader.Require(facts[0] <= 1 && facts[1] <= 1 && height_mm >= 500 && height_mm <= 2500,
                   "a drawn person has impossible facts");
    DrawnPerson person{.female = facts[0] != 0,
                       .child = facts[1] != 0,
                       .age_years = static_cast<float>(facts[2]),
                       .weight = static_cast<float>(facts[3]) / 255.0F,
                       .african = static_cast<float>(facts[5]) / 255.0F,
                       .asian = static_cast<float>(facts[6]) / 255.0F,
                       .height_m = static_cast<float>(height_mm) / 1000.0F,
                       .coefficients = {}};
    for (std::size_t k = 0; k < counts.components; ++k) {
      person.coefficients.push_back(static_cast<float>(shapes[i * counts.components + k]) /
                                    1000.0F);
    }
    has_adult = has_adult || !person.child;
    impl.people.push_back(std::move(person));
  }
  reader.Require(has_adult, "it holds no adult");
}

// What follows from the file: the bone of each face, the vertices that bound the body.
void Derive(BodyAsset& asset, BodyAsset::Impl& impl) {
  std::vector<float> sums(asset.bone_names.size());
  for (const auto& quad : asset.quads) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (const std::uint32_t v : quad) {
      for (std::size_t k = 0; k < 4; ++k) {
        sums[asset.influence_bones[v][k]] += asset.influence_weights[v][k];
      }
    }
    asset.quad_bones.push_back(
        static_cast<int>(std::max_element(sums.begin(), sums.end()) - sums.begin()));
  }
  for (std::size_t v = 0; v < asset.influence_bones.size(); ++v) {
    asset.mean.emplace_back(impl.mean[3 * v], impl.mean[3 * v + 1], impl.mean[3 * v + 2]);
  }
  std::vector<bool> in_body(asset.mean.size(), false);
  for (std::size_t q = 0; q < asset.quads.size(); ++q) {
    if (asset.quad_groups[q] == BodyGroup::kBody) {
      for (const std::uint32_t v : asset.quads[q]) {
        in_body[v] = true;
      }
    }
  }
  float low = std::numeric_limits<float>::max();
  float high = std::numeric_limits<float>::lowest();
  for (std::size_t v = 0; v < in_body.size(); ++v) {
    if (in_body[v]) {
      impl.body_vertices.push_back(static_cast<int>(v));
      low = std::min(low, asset.mean[v].z());
      high = std::max(high, asset.mean[v].z());
    }
  }
  constexpr float kMargin = 0.03F;
  for (const int v : impl.body_vertices) {
    const float z = asset.mean[static_cast<std::size_t>(v)].z();
    if (z < low + kMargin) {
      impl.sole_vertices.push_back(v);
    }
    if (z > high - kMargin) {
      impl.crown_vertices.push_back(v);
    }
  }
}

std::string ReadAsset(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw Error(
        fmt::format("The body asset {} cannot be read; it is assets/body.bin of the project, which "
                    "tools/export_body.py writes.",
                    path.string()));
  }
  return ReadPackedFile(path, kMaxFileBytes);
}

// Height of the body with given coefficients, from the few vertices that can bound it.
float HeightOf(const BodyAsset::Impl& impl, std::span<const float> coefficients) {
  const auto z_of = [&](int v) {
    const auto at = 3 * static_cast<std::size_t>(v) + 2;
    float z = impl.mean[at];
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      z += coefficients[k] * impl.components[k][at];
    }
    return z;
  };
  float low = std::numeric_limits<float>::max();
  float high = std::numeric_limits<float>::lowest();
  for (const int v : impl.sole_vertices) {
    low = std::min(low, z_of(v));
  }
  for (const int v : impl.crown_vertices) {
    high = std::max(high, z_of(v));
  }
  return high - low;
}

int DrawSkin(const DrawnPerson& person, Random& random) {
  const float european = std::max(0.0F, 1.0F - person.african - person.asian);
  const float tone = 0.12F * european + 0.33F * person.asian + 0.85F * person.african;
  const float skin = random.Normal(tone * static_cast<float>(kNumSkins), 1.1F);
  return std::clamp(static_cast<int>(skin), 0, kNumSkins - 1);
}

// Somebody like `first`, to blend with, or null.
const DrawnPerson* DrawAlike(const std::vector<DrawnPerson>& people, const DrawnPerson& first,
                             Random& random) {
  for (int attempt = 0; attempt < 30; ++attempt) {
    const auto& other =
        people[static_cast<std::size_t>(random.Index(static_cast<int>(people.size())))];
    if (other.female == first.female && other.child == first.child &&
        std::abs(other.height_m - first.height_m) < (first.child ? 0.05F : 0.12F)) {
      return &other;
    }
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const BodyAsset> BodyAsset::Load(const std::filesystem::path& path) {
  const std::string file = ReadAsset(path);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  Reader reader(bytes, path.string());
  reader.Require(bytes.size() >= 16, "it is too short");
  const auto magic = reader.Bytes(8);
  reader.Require(std::memcmp(magic.data(), kMagic, 8) == 0, "it does not begin with TENJOBDY");
  const auto version = reader.One<std::uint32_t>();
  if (version != kVersion) {
    reader.Fail(
        fmt::format("it has version {} and this program reads version {}", version, kVersion));
  }
  const auto crc = reader.One<std::uint32_t>();
  reader.Require(crc == Crc32(reader.Rest()), "its checksum is wrong");

  auto asset = std::make_shared<BodyAsset>();
  auto impl = std::make_shared<Impl>();
  const Counts counts = ReadCounts(reader);
  ReadNames(reader, counts, *asset);
  ReadSkeleton(reader, counts, *asset);
  ReadMesh(reader, counts, *asset, *impl);
  ReadShapeSpace(reader, counts, *impl);
  ReadPeople(reader, counts, *impl);
  reader.Require(reader.AtEnd(), "something follows its data");
  Derive(*asset, *impl);
  reader.Require(!impl->body_vertices.empty(), "it has no body");
  asset->impl = std::move(impl);
  return asset;
}

int BodyAsset::bone(std::string_view name) const {
  const auto found = std::find(bone_names.begin(), bone_names.end(), name);
  TENJO_CHECK(found != bone_names.end());
  return static_cast<int>(found - bone_names.begin());
}

int BodyAsset::point(std::string_view name) const {
  const auto found = std::find(point_names.begin(), point_names.end(), name);
  TENJO_CHECK(found != point_names.end());
  return static_cast<int>(found - point_names.begin());
}

int BodyAsset::vertex(int base_vertex) const {
  const auto& all = impl->base_vertices;
  const auto found = std::lower_bound(all.begin(), all.end(), base_vertex);
  TENJO_CHECK(found != all.end() && *found == base_vertex);
  return static_cast<int>(found - all.begin());
}

BodyShape DrawBodyShape(const BodyAsset& asset, Random& random) {
  constexpr float kChildShare = 0.07F;
  const auto& impl = *asset.impl;
  const bool child = random.Chance(kChildShare);
  const auto pick = [&]() -> const DrawnPerson& {
    for (int attempt = 0; attempt < 200; ++attempt) {
      const auto& person =
          impl.people[static_cast<std::size_t>(random.Index(static_cast<int>(impl.people.size())))];
      if (person.child == child) {
        return person;
      }
    }
    return *std::find_if(impl.people.begin(), impl.people.end(),
                         [](const DrawnPerson& p) { return !p.child; });
  };
  BodyShape shape;
  for (int attempt = 0; attempt < 50; ++attempt) {
    const DrawnPerson& first = pick();
    const DrawnPerson* second = DrawAlike(impl.people, first, random);
    // Between two people alike lies a third; the small noise makes that one nobody's twin.
    const float share = second != nullptr ? random.Uniform(0.0F, 0.5F) : 0.0F;
    shape.coefficients = first.coefficients;
    for (std::size_t k = 0; k < shape.coefficients.size(); ++k) {
      const float target = second != nullptr ? second->coefficients[k] : 0.0F;
      shape.coefficients[k] +=
          share * (target - shape.coefficients[k]) + random.Normal(0.0F, k == 0 ? 0.06F : 0.12F);
    }
    const auto blend = [&](float DrawnPerson::*fact) {
      return first.*fact + (second != nullptr ? share * (second->*fact - first.*fact) : 0.0F);
    };
    shape.female = first.female;
    shape.child = first.child;
    shape.age_years = blend(&DrawnPerson::age_years);
    shape.weight = blend(&DrawnPerson::weight);
    shape.skin = DrawSkin(first, random);
    shape.height_m = HeightOf(impl, shape.coefficients);
    const float lowest = first.child ? 1.0F : 1.45F;
    const float highest = first.child ? 1.8F : 2.0F;
    if (shape.height_m > lowest && shape.height_m < highest) {
      break;
    }
    shape.coefficients = first.coefficients;
    shape.height_m = HeightOf(impl, shape.coefficients);
  }
  return shape;
}

RestBody ShapeBody(const BodyAsset& asset, const BodyShape& shape) {
  const auto& impl = *asset.impl;
  TENJO_CHECK(shape.coefficients.size() <= impl.components.size());
  std::vector<float> places = impl.mean;
  for (std::size_t k = 0; k < shape.coefficients.size(); ++k) {
    const float factor = shape.coefficients[k];
    const float* component = impl.components[k].data();
    float* out = places.data();
    for (std::size_t i = 0; i < places.size(); ++i) {
      out[i] += factor * component[i];
    }
  }
  float low = std::numeric_limits<float>::max();
  float high = std::numeric_limits<float>::lowest();
  for (const int v : impl.body_vertices) {
    const float z = places[3 * static_cast<std::size_t>(v) + 2];
    low = std::min(low, z);
    high = std::max(high, z);
  }
  RestBody rest;
  rest.height_m = high - low;
  std::size_t at = 0;
  const auto take = [&](std::vector<Vec3f>& to, std::size_t count) {
    to.resize(count);
    for (Vec3f& place : to) {
      place = Vec3f(places[at], places[at + 1], places[at + 2] - low);
      at += 3;
    }
  };
  take(rest.positions, asset.mean.size());
  take(rest.bone_heads, asset.bone_names.size());
  take(rest.points, asset.point_names.size());
  std::copy_n(rest.points.begin(), kNumBodyPoints, rest.keypoints.begin());
  return rest;
}

BodyPose RestPose(const BodyAsset& asset) {
  BodyPose pose;
  pose.rotations.assign(asset.bone_names.size(), Eigen::Quaternionf::Identity());
  return pose;
}

std::vector<Eigen::Affine3f> BoneTransforms(const BodyAsset& asset, const RestBody& rest,
                                            const BodyPose& pose) {
  const std::size_t count = asset.bone_names.size();
  TENJO_CHECK(pose.rotations.size() == count && rest.bone_heads.size() == count);
  const Eigen::Affine3f world = Eigen::Translation3f(pose.place) *
                                Eigen::AngleAxisf(pose.yaw_rad, Vec3f::UnitZ()) *
                                Eigen::Translation3f(pose.root);
  std::vector<Eigen::Affine3f> bones(count);
  for (std::size_t b = 0; b < count; ++b) {
    const int parent = asset.parents[b];
    const Vec3f& head = rest.bone_heads[b];
    const Eigen::Affine3f& above = parent < 0 ? world : bones[static_cast<std::size_t>(parent)];
    const Mat3f turn = pose.rotations[b].toRotationMatrix();
    bones[b].linear() = above.linear() * turn;
    bones[b].translation() = above * head - bones[b].linear() * head;
    bones[b].makeAffine();
  }
  return bones;
}

namespace {

void Skin(const BodyAsset& asset, const RestBody& rest, PosedBody& posed) {
  const std::size_t count = rest.positions.size();
  posed.positions.resize(count);
  for (std::size_t v = 0; v < count; ++v) {
    const auto& bones = asset.influence_bones[v];
    const auto& weights = asset.influence_weights[v];
    Eigen::Matrix4f blend = weights[0] * posed.bones[bones[0]].matrix();
    for (std::size_t k = 1; k < 4 && weights[k] > 0; ++k) {
      blend.noalias() += weights[k] * posed.bones[bones[k]].matrix();
    }
    const Vec3f& p = rest.positions[v];
    const Eigen::Vector4f moved =
        blend.col(0) * p.x() + blend.col(1) * p.y() + blend.col(2) * p.z() + blend.col(3);
    posed.positions[v] = moved.head<3>();
  }
}

void ComputeNormals(const BodyAsset& asset, PosedBody& posed) {
  posed.normals.assign(posed.positions.size(), Vec3f::Zero());
  for (const auto& quad : asset.quads) {
    const Vec3f normal = (posed.positions[quad[2]] - posed.positions[quad[0]])
                             .cross(posed.positions[quad[3]] - posed.positions[quad[1]]);
    for (const std::uint32_t v : quad) {
      posed.normals[v] += normal;
    }
  }
  for (Vec3f& normal : posed.normals) {
    const float length = normal.norm();
    normal = length > 1e-12F ? Vec3f(normal / length) : Vec3f::UnitZ();
  }
}

}  // namespace

PosedBody PoseBody(const BodyAsset& asset, const RestBody& rest, const BodyPose& pose) {
  TENJO_CHECK(rest.positions.size() == asset.influence_bones.size());
  PosedBody posed;
  posed.bones = BoneTransforms(asset, rest, pose);
  Skin(asset, rest, posed);
  ComputeNormals(asset, posed);
  posed.points.resize(rest.points.size());
  for (std::size_t i = 0; i < posed.points.size(); ++i) {
    posed.points[i] = posed.bones[static_cast<std::size_t>(asset.point_bones[i])] * rest.points[i];
  }
  // The neck is the middle of the shoulders, wherever the arms have taken them.
  constexpr std::size_t kLeftShoulder = 5;
  constexpr std::size_t kRightShoulder = 6;
  constexpr std::size_t kNeck = 17;
  posed.points[kNeck] = (posed.points[kLeftShoulder] + posed.points[kRightShoulder]) / 2;
  std::copy_n(posed.points.begin(), kNumBodyPoints, posed.keypoints.begin());
  return posed;
}

}  // namespace tenjo::synth
