#include "tenjo/camera/camera_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

constexpr const char* kFile = R"({"camera": {"lens": "equidistant", "width": 640, "height": 480,
  "fx": 200, "fy": 210, "cx": 320, "cy": 240, "distortion": [0.01, -0.002], "max_angle": 95,
  "world_from_camera": [[0, -1, 0], [-1, 0, 0], [0, 0, -1]], "centre": [1, 2, 3]}})";

TEST(CameraFile, ReadsLensAndPose) {
  const Camera camera = ParseCamera(kFile, "door.json");
  EXPECT_EQ(camera.lens.kind, LensKind::kEquidistant);
  EXPECT_EQ(camera.lens.width, 640);
  EXPECT_EQ(camera.lens.fy, 210);
  EXPECT_EQ(camera.lens.distortion[1], -0.002);
  EXPECT_NEAR(camera.lens.max_angle_rad, 95 * std::numbers::pi / 180, 1e-12);
  // It looks straight down from 3 m: the middle of the picture is the floor below it. Files count
  // pixels from the picture's corner.
  const auto floor = camera.ToPlane({319.5, 239.5});
  ASSERT_TRUE(floor);
  EXPECT_NEAR(floor->x(), 1, 1e-9);
  EXPECT_NEAR(floor->y(), 2, 1e-9);
}

TEST(CameraFile, ReadsWhatSynthWrites) {
  const std::string truth = ReadFile(testing::SourceDir() / "assets" / "demo" / "cafe.json");
  const auto from = truth.find("\"camera\":{");
  ASSERT_NE(from, std::string::npos);
  int depth = 0;
  std::size_t to = truth.find('{', from);
  const std::size_t begin = to;
  do {
    depth += truth[to] == '{' ? 1 : truth[to] == '}' ? -1 : 0;
    ++to;
  } while (depth > 0);
  const Camera camera = ParseCamera(truth.substr(begin, to - begin), "cafe.json");
  EXPECT_EQ(camera.lens.width, 640);
  EXPECT_GT(camera.centre.z(), 2);
}

TEST(CameraFile, RefusesWhatIsNone) {
  const auto refuses = [](const std::string& from, const std::string& to, const char* word) {
    std::string text = kFile;
    text.replace(text.find(from), from.size(), to);
    try {
      ParseCamera(text, "door.json");
      ADD_FAILURE() << to;
    } catch (const Error& error) {
      const std::string sentence = error.what();
      EXPECT_EQ(sentence.find("door.json is no camera file"), 0U) << sentence;
      EXPECT_NE(sentence.find(word), std::string::npos) << sentence;
    }
  };
  refuses("equidistant", "telephoto", "lens");
  refuses("\"fx\": 200,", "", "fx");
  refuses("640", "\"wide\"", "");
  refuses("[0, 0, -1]]", "[0, 0, 1]]", "rotation");
  refuses("[0, 0, -1]]", "[0, -1]]", "three");
  refuses("[1, 2, 3]", "[1, 2]", "three");
  EXPECT_THROW(ReadCameraFile("/nonexistent/door.json"), Error);
}

TEST(CameraFile, BearsAnyBytes) {
  std::mt19937 random(2);
  const std::string good = kFile;
  for (int i = 0; i < 2000; ++i) {
    std::string text = good.substr(0, random() % (good.size() + 1));
    for (int flips = 0; flips < 2 && !text.empty(); ++flips) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    try {
      ParseCamera(text, "x");
    } catch (const Error&) {
      continue;  // as it should
    }
  }
}

}  // namespace
}  // namespace tenjo
