#include "tenjo/synth/set/cast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/shipped_folder.h"
#include "tenjo/synth/people/label_places.h"

namespace tenjo::synth {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxTextureSide = 1024;

// Half of a body part's thickness about its keypoint, in body heights: what a camera sees of a
// joint is skin or cloth about that far in front of it, farther where it looks along the limb, as
// cameras at the ceiling do. Ears count the hair over them.
constexpr std::array<float, kNumBodyPoints> kThickness = {
    0.016F, 0.016F, 0.016F, 0.034F, 0.034F, 0.085F, 0.085F, 0.069F, 0.069F,
    0.048F, 0.048F, 0.132F, 0.132F, 0.098F, 0.098F, 0.085F, 0.085F, 0.085F};

//! Files below a folder with one of the extensions, sorted by name.
std::vector<fs::path> FilesOf(const fs::path& folder, const std::vector<std::string>& extensions,
                              const char* option) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error(fmt::format("{} {}: there is no such folder", option, folder.string()));
  }
  std::vector<fs::path> files;
  for (auto it = fs::recursive_directory_iterator(
           folder, fs::directory_options::skip_permission_denied, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::string extension = it->path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (it->is_regular_file() &&
        std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) {
      files.push_back(it->path());
    }
  }
  if (error) {
    throw Error(fmt::format("{} {} cannot be read: {}", option, folder.string(), error.message()));
  }
  if (files.empty()) {
    throw Error(fmt::format("{} {} holds no {} file", option, folder.string(),
                            fmt::join(extensions, " or ")));
  }
  std::sort(files.begin(), files.end());
  return files;
}

TextureImage LoadTexture(const fs::path& path) {
  cv::Mat image;
  try {
    image = cv::imread(path.string(), cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image.release();  // OpenCV throws on some damage and returns nothing on other
  }
  if (image.empty()) {
    throw Error(fmt::format("{} is no picture that can be read", path.string()));
  }
  const int side = std::max(image.cols, image.rows);
  if (side > kMaxTextureSide) {
    const double scale = static_cast<double>(kMaxTextureSide) / side;
    cv::resize(image, image, {}, scale, scale, cv::INTER_AREA);
  }
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  TextureImage texture{image.cols, image.rows, {}};
  texture.rgb.assign(image.datastart, image.dataend);
  return texture;
}

std::array<float, kNumBodyPoints> Radii(const Actor& actor) {
  std::array<float, kNumBodyPoints> radii = kThickness;
  const float stout = 1 + 0.6F * (actor.shape.weight - 0.5F);
  for (std::size_t i = 0; i < radii.size(); ++i) {
    radii[i] *= actor.rest.height_m * (i < 5 ? 1 : stout);
  }
  return radii;
}

}  // namespace

fs::path AssetFolder() { return ShippedFolder("assets"); }

Assets LoadAssets(const fs::path& textures, const fs::path& motion) {
  Assets assets;
  const fs::path folder = AssetFolder();
  for (const char* name : {"body.bin", "furniture.bin"}) {
    std::error_code error;
    if (!fs::exists(folder / name, error)) {
      throw Error(
          fmt::format("{} is missing: set TENJO_ASSETS to the folder that holds Tenjo's body.bin "
                      "and furniture.bin",
                      (folder / name).string()));
    }
  }
  assets.body = BodyAsset::Load(folder / "body.bin");
  assets.furniture = FurnitureAsset::Load(folder / "furniture.bin");
  if (!textures.empty()) {
    for (const fs::path& path : FilesOf(textures, {".jpg", ".jpeg", ".png"}, "--textures")) {
      assets.textures.push_back(LoadTexture(path));
    }
  }
  if (!motion.empty()) {
    for (const fs::path& path : FilesOf(motion, {".bvh"}, "--motion")) {
      assets.captures.push_back(MotionCapture::Load(path));
    }
  }
  return assets;
}

Actor DrawActor(const Assets& assets, int identity, std::uint64_t seed, OutfitSplit split,
                OutfitRole role) {
  Random random(seed, 0xac708);
  Actor actor;
  actor.identity = identity;
  actor.role = role;
  actor.shape = DrawBodyShape(*assets.body, random);
  while (role == OutfitRole::kStaff && actor.shape.child) {
    actor.shape = DrawBodyShape(*assets.body, random);
  }
  actor.rest = ShapeBody(*assets.body, actor.shape);
  actor.style = DrawMotionStyle(actor.shape, random);
  actor.outfit = DrawOutfit(*assets.body, actor.shape, random, split, role);
  return actor;
}

int AddActor(Scene& scene, const Assets& assets, const Actor& actor, const MotionState& state,
             int track) {
  return AddPosedActor(scene, assets, actor, MakePose(*assets.body, actor.rest, actor.style, state),
                       state.left_holds, state.right_holds, track);
}

int AddPosedActor(Scene& scene, const Assets& assets, const Actor& actor, const BodyPose& pose,
                  HeldThing left, HeldThing right, int track) {
  const PosedBody posed = PoseBody(*assets.body, actor.rest, pose);
  const int index = static_cast<int>(scene.people.size());
  std::vector<Mesh> meshes =
      Dress(*assets.body, actor.rest, posed, *actor.outfit, left, right, index);
  std::move(meshes.begin(), meshes.end(), std::back_inserter(scene.meshes));
  PersonTruth truth;
  truth.identity = actor.identity;
  truth.track = track;
  truth.keypoints = LabelPlaces(*assets.body, actor.rest, posed);
  truth.radius_m = Radii(actor);
  constexpr std::size_t kLeftHip = 11;
  constexpr std::size_t kRightHip = 12;
  truth.floor = 0.5F * (posed.keypoints[kLeftHip] + posed.keypoints[kRightHip]);
  truth.floor.z() = 0;
  truth.yaw_rad = pose.yaw_rad;
  truth.height_m = actor.rest.height_m;
  scene.people.push_back(truth);
  return index;
}

}  // namespace tenjo::synth
