#include "tenjo/synth/set/picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/dataset/rle.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

const Assets& TheAssets() {
  static const Assets assets = LoadAssets();
  return assets;
}

PictureOptions SmallPictures(std::uint64_t seed) {
  PictureOptions options;
  options.seed = seed;
  options.camera.width = 160;
  options.camera.height = 120;
  return options;
}

// Distance from a point to the nearest pixel centre of a mask, looked for everywhere near.
double DistanceToMask(const cv::Mat& mask, const Eigen::Vector2d& point) {
  double nearest = 1e9;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (mask.at<std::uint8_t>(y, x) != 0) {
        nearest = std::min(nearest, (Eigen::Vector2d(x, y) - point).norm());
      }
    }
  }
  return nearest;
}

// The camera model by its own formulas, apart from camera/.
std::optional<Eigen::Vector2d> SlowProject(const Camera& camera, const Eigen::Vector3d& world) {
  const Eigen::Vector3d p =
      camera.world_from_camera.toRotationMatrix().transpose() * (world - camera.centre);
  const Lens& lens = camera.lens;
  const double theta = std::atan2(std::hypot(p.x(), p.y()), p.z());
  if (theta > lens.max_angle_rad) {
    return std::nullopt;
  }
  const double phi = std::atan2(p.y(), p.x());
  const auto& k = lens.distortion;
  double r = 0;
  switch (lens.kind) {
    case LensKind::kPinhole: {
      const double x = p.x() / p.z();
      const double y = p.y() / p.z();
      const double r2 = x * x + y * y;
      const double radial = 1 + k[0] * r2 + k[1] * r2 * r2 + k[4] * r2 * r2 * r2;
      return Eigen::Vector2d(
          lens.fx * (x * radial + 2 * k[2] * x * y + k[3] * (r2 + 2 * x * x)) + lens.cx,
          lens.fy * (y * radial + k[2] * (r2 + 2 * y * y) + 2 * k[3] * x * y) + lens.cy);
    }
    case LensKind::kEquidistant:
      r = theta + k[0] * std::pow(theta, 3) + k[1] * std::pow(theta, 5) +
          k[2] * std::pow(theta, 7) + k[3] * std::pow(theta, 9);
      break;
    case LensKind::kEquisolid:
      r = 2 * std::sin(theta / 2);
      break;
    case LensKind::kStereographic:
      r = 2 * std::tan(theta / 2);
      break;
  }
  return Eigen::Vector2d(lens.fx * r * std::cos(phi) + lens.cx,
                         lens.fy * r * std::sin(phi) + lens.cy);
}

void ExpectSound(const PictureLabel& label, const PictureLabel::Person& person) {
  const PersonView& view = person.view;
  ASSERT_EQ(view.area > 0, !person.counts.empty());
  if (view.floor) {
    const auto floor = SlowProject(label.camera, person.floor.cast<double>());
    ASSERT_TRUE(floor);
    EXPECT_LT((*floor - *view.floor).norm(), 0.5);
  }
  if (view.area == 0) {
    for (const int seen : view.visibility) {
      EXPECT_LT(seen, 2);
    }
    return;
  }
  const cv::Mat mask =
      MaskOfRuns(DecodeRuns(person.counts), label.camera.lens.width, label.camera.lens.height);
  EXPECT_EQ(cv::countNonZero(mask), view.area);
  EXPECT_EQ(cv::countNonZero(mask(view.box)), view.area);
  for (std::size_t k = 0; k < kNumBodyPoints; ++k) {
    const Eigen::Vector2d& point = view.points[k];
    if (view.visibility[k] == 2) {
      EXPECT_LE(DistanceToMask(mask, point), 2.0001);
    }
    if (view.visibility[k] > 0) {
      EXPECT_TRUE(label.camera.lens.Contains(point));
    }
  }
  EXPECT_LE(view.full_box.x, view.box.x + 0.01);
  EXPECT_GE(view.full_box.x + view.full_box.width, view.box.x + view.box.width - 1.01);
}

TEST(Picture, LabelsFitPicturesOf200Scenes) {
  std::size_t people = 0;
  int fisheyes = 0;
  for (std::int64_t block = 0; block < 50; ++block) {
    PictureBlock pictures(TheAssets(), SmallPictures(7), 4 * block);
    for (std::int64_t i = 4 * block; i < 4 * block + 4; ++i) {
      PictureTimes times;
      const Picture picture = pictures.Make(i, times);
      SCOPED_TRACE(i);
      ASSERT_EQ(picture.image.size(), cv::Size(160, 120));
      ASSERT_NO_THROW(Validate(picture.label.camera));
      fisheyes += picture.label.camera.lens.kind == LensKind::kPinhole ? 0 : 1;
      people += picture.label.people.size();
      for (const auto& person : picture.label.people) {
        ExpectSound(picture.label, person);
      }
    }
  }
  EXPECT_GT(people, 500U);
  EXPECT_GT(fisheyes, 60);
  EXPECT_LT(fisheyes, 140);
}

TEST(Picture, NobodyIsInTwoPictures) {
  PictureTimes times;
  PictureOptions options = SmallPictures(9);
  options.people = {6, 6};
  PictureBlock pictures(TheAssets(), options, 0);
  std::set<int> seen;
  std::size_t people = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    const Picture picture = pictures.Make(i, times);
    for (const auto& person : picture.label.people) {
      seen.insert(person.identity);
      ++people;
    }
  }
  EXPECT_EQ(seen.size(), people);
}

TEST(Picture, DependsOnSeedIndexAndOptionsAlone) {
  PictureTimes times;
  PictureBlock one(TheAssets(), SmallPictures(3), 4);
  std::vector<cv::Mat> images;
  std::vector<std::string> lines;
  for (std::int64_t i = 4; i < 8; ++i) {
    const Picture picture = one.Make(i, times);
    images.push_back(picture.image);
    lines.push_back(LabelLine(picture.label));
  }
  // In another order, and by itself.
  PictureBlock other(TheAssets(), SmallPictures(3), 7);
  for (const std::int64_t i : {7, 5}) {
    const Picture picture = other.Make(i, times);
    EXPECT_EQ(LabelLine(picture.label), lines[static_cast<std::size_t>(i - 4)]);
    EXPECT_EQ(cv::norm(picture.image, images[static_cast<std::size_t>(i - 4)], cv::NORM_INF), 0);
  }
  PictureBlock reseeded(TheAssets(), SmallPictures(4), 4);
  EXPECT_NE(LabelLine(reseeded.Make(4, times).label), lines[0]);
}

TEST(Picture, PeopleAndCamerasAreAsAskedFor) {
  PictureOptions options = SmallPictures(11);
  options.people = {3, 3};
  options.camera.kind = CameraKind::kWide;
  options.camera.height_m = Range{3, 3.2};
  options.camera.tilt_deg = Range{40, 50};
  PictureTimes times;
  for (std::int64_t block = 0; block < 6; ++block) {
    PictureBlock pictures(TheAssets(), options, 4 * block);
    const Picture picture = pictures.Make(4 * block, times);
    EXPECT_EQ(picture.label.people.size(), 3U);
    const Camera& camera = picture.label.camera;
    EXPECT_EQ(camera.lens.kind, LensKind::kPinhole);
    EXPECT_GE(camera.centre.z(), 2.999);
    EXPECT_LE(camera.centre.z(), 3.201);
    EXPECT_GE(TiltDegrees(camera), 39.9);
    EXPECT_LE(TiltDegrees(camera), 50.1);
  }
}

TEST(Picture, NobodyIsAValidScene) {
  PictureOptions options = SmallPictures(2);
  options.people = {0, 0};
  PictureTimes times;
  PictureBlock pictures(TheAssets(), options, 0);
  const Picture picture = pictures.Make(0, times);
  EXPECT_TRUE(picture.label.people.empty());
  EXPECT_TRUE(nlohmann::json::parse(LabelLine(picture.label)).at("annotations").empty());
}

TEST(Picture, LabelLineIsJson) {
  PictureTimes times;
  PictureBlock pictures(TheAssets(), SmallPictures(5), 0);
  const Picture picture = pictures.Make(2, times);
  const auto json = nlohmann::json::parse(LabelLine(picture.label));
  EXPECT_EQ(json.at("image").at("id"), 3);
  EXPECT_EQ(json.at("image").at("file_name"), "000000000003.jpg");
  EXPECT_NEAR(json.at("image").at("camera").at("cx").get<double>(),
              picture.label.camera.lens.cx + 0.5, 1e-5);
  for (const auto& person : json.at("annotations")) {
    EXPECT_EQ(person.at("keypoints").size(), 51U);
    EXPECT_EQ(person.at("rotated_box").size(), 5U);
    EXPECT_EQ(person.at("segmentation").at("size"), nlohmann::json({120, 160}));
  }
}

TEST(Assets, MissingAndDamagedAreErrors) {
  const testing::TempDir empty;
  setenv("TENJO_ASSETS", empty.path().c_str(), 1);
  EXPECT_THROW(LoadAssets(), Error);
  unsetenv("TENJO_ASSETS");
  EXPECT_THROW(LoadAssets(empty / "none"), Error);
  EXPECT_THROW(LoadAssets(empty.path()), Error);
  EXPECT_THROW(LoadAssets({}, empty.path()), Error);
}

}  // namespace
}  // namespace tenjo::synth
