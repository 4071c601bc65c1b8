#include "tenjo/camera/camera_file.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

const char* kSimple =
    R"({"lens":"equidistant","width":640,"height":480,"fov":170,"height_m":2.8,"tilt":20})";

std::string ErrorOf(const std::string& text) {
  try {
    ParseCamera(text, "a.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(CameraFile, ReadsLensHeightAndTilt) {
  const Camera camera = ParseCamera(kSimple, "a.json");
  EXPECT_EQ(camera.lens.kind, LensKind::kEquidistant);
  EXPECT_NEAR(camera.lens.fx, 320 / (85 * 3.14159265358979 / 180), 1e-9);
  EXPECT_EQ(camera.lens.cx, 319.5);
  EXPECT_EQ(camera.lens.cy, 239.5);
  EXPECT_EQ(camera.centre.z(), 2.8);
  EXPECT_NEAR(TiltDegrees(camera), 20, 1e-9);
}

TEST(CameraFile, WhatIsWrittenIsReadAgain) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 50; ++i) {
    Camera camera = ParseCamera(kSimple, "a.json");
    camera.lens.kind = static_cast<LensKind>(i % 4);
    camera.lens.fx = 300 + 200 * unit(random);
    camera.lens.cx = 300 + 40 * unit(random);
    camera.world_from_camera = LookDown(unit(random), unit(random), unit(random));
    camera.centre = {unit(random), unit(random), 2 + unit(random)};
    if (i % 4 == 1) {
      camera.lens.distortion = {0.01, -0.002, 0.0003, 0, 0};
    }
    const Camera again = ParseCamera(FormatCamera(camera), "b.json");
    EXPECT_NEAR(again.lens.fx, camera.lens.fx, 1e-5);
    EXPECT_NEAR(again.lens.cx, camera.lens.cx, 1e-5);
    EXPECT_EQ(again.lens.distortion, camera.lens.distortion);
    EXPECT_LT((again.centre - camera.centre).norm(), 1e-5);
    EXPECT_LT(again.world_from_camera.angularDistance(camera.world_from_camera), 1e-6);
  }
}

TEST(CameraFile, FindsTheCameraInASet) {
  const std::string camera = kSimple;
  EXPECT_EQ(ParseCamera(R"({"id":3,"camera":)" + camera + "}", "a").centre.z(), 2.8);
  EXPECT_EQ(
      ParseCamera(R"({"images":[{"camera":)" + camera + R"(},{"camera":)" + camera + "}]}", "a")
          .centre.z(),
      2.8);
  std::string other = camera;
  other.replace(other.find("2.8"), 3, "3.1");
  EXPECT_NE(ErrorOf(R"({"images":[{"camera":)" + camera + R"(},{"camera":)" + other + "}]}"), "");
}

TEST(CameraFile, ErrorsNameTheField) {
  EXPECT_NE(ErrorOf("").find("not JSON"), std::string::npos);
  EXPECT_NE(ErrorOf("[1,2]").find("object"), std::string::npos);
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = kSimple;
    text.replace(text.find(from), from.size(), to);
    return ErrorOf(text);
  };
  EXPECT_NE(with("equidistant", "telescope").find("lens"), std::string::npos);
  EXPECT_NE(with("640", "-3").find("width"), std::string::npos);
  EXPECT_NE(with("640", "1e9").find("width"), std::string::npos);
  EXPECT_NE(with("170", "\"wide\"").find("fov"), std::string::npos);
  EXPECT_NE(with("\"fov\":170,", "").find("fx"), std::string::npos);
  EXPECT_NE(with("height_m", "heigth_m").find("unknown field"), std::string::npos);
  EXPECT_NE(with("\"tilt\":20", "\"world_from_camera\":[[1,0,0],[0,1,0],[0,0,3]]").find("rotation"),
            std::string::npos);
  EXPECT_NE(with("\"tilt\":20", "\"distortion\":[1,2,3,4,5,6]").find("distortion"),
            std::string::npos);
}

TEST(CameraFile, DamagedFilesGiveErrorsAndNothingElse) {
  const std::string whole = FormatCamera(ParseCamera(kSimple, "a"));
  std::mt19937 random(2);
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole.substr(0, i % 3 == 0 ? random() % whole.size() : whole.size());
    for (int k = 0; k < 2 && !text.empty(); ++k) {
      text[random() % text.size()] = static_cast<char>(random() % 256);
    }
    try {
      ParseCamera(text, "a");
    } catch (const Error&) {
      continue;
    }
  }
}

}  // namespace
}  // namespace tenjo
