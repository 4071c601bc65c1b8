#include "tenjo/dataset/identity_set.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/random.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using testing::MessageOf;

constexpr double kPi = std::numbers::pi;

// Keypoints of which only the nose and the hips are known.
std::string NoseAndHips(double nose_x, double nose_y, double hip_x, double hip_y) {
  std::string text = fmt::format("[{},{},2", nose_x, nose_y);
  for (int k = 1; k < 17; ++k) {
    text += k == 11 || k == 12 ? fmt::format(",{},{},1", hip_x, hip_y) : ",0,0,0";
  }
  return text + "]";
}

std::string File(const std::string& annotations) {
  return R"({"images":[{"id":1,"file_name":"a.jpg","width":64,"height":48,"camera_index":2},)"
         R"({"id":2,"file_name":"b.jpg","width":100,"height":80}],"annotations":[)" +
         annotations + "]}";
}

TEST(IdentitySet, ReadsWhoIsWhere) {
  const IdentitySet set = ParseIdentities(
      File(
          R"({"id":1,"image_id":1,"identity":7,"track_id":3,"rotated_box":[30.5,20.5,10,20,30],)"
          R"("keypoints":)" +
          NoseAndHips(35, 12, 31, 20) +
          R"(},{"id":2,"image_id":2,"identity":7,"rotated_box":[30.5,20.5,10,20,30],"keypoints":)" +
          NoseAndHips(25, 29, 31, 20) +
          R"(},{"id":3,"image_id":2,"track_id":9,"bbox":[10,20,30,40]})"),
      "a.json", "pictures");
  ASSERT_EQ(set.crops.size(), 3U);
  const IdentityCrop& first = set.crops[0];
  EXPECT_EQ(first.file, std::filesystem::path("pictures/a.jpg"));
  EXPECT_EQ(first.width, 64);
  EXPECT_EQ(first.height, 48);
  EXPECT_EQ(first.identity, 7);
  EXPECT_EQ(first.camera, 2);
  EXPECT_DOUBLE_EQ(first.cx, 30);
  EXPECT_DOUBLE_EQ(first.cy, 20);
  EXPECT_DOUBLE_EQ(first.w, 10);
  EXPECT_DOUBLE_EQ(first.h, 20);
  EXPECT_NEAR(first.up_rad, kPi / 6, 1e-12);
  // The head is at the lower end.
  EXPECT_NEAR(std::remainder(set.crops[1].up_rad - kPi / 6 - kPi, 2 * kPi), 0, 1e-12);
  EXPECT_EQ(set.crops[1].camera, 0);
  const IdentityCrop& plain = set.crops[2];
  EXPECT_EQ(plain.identity, 9);
  EXPECT_DOUBLE_EQ(plain.cx, 24.5);
  EXPECT_DOUBLE_EQ(plain.cy, 39.5);
  EXPECT_EQ(plain.up_rad, 0);
}

TEST(IdentitySet, CountsWhomItLeavesOut) {
  const IdentitySet set =
      ParseIdentities(File(R"({"image_id":1,"identity":1,"bbox":[0,0,20,20]},)"
                           R"({"image_id":1,"identity":1,"bbox":[0,0,20,20],"visible":0.1},)"
                           R"({"image_id":1,"identity":1,"bbox":[0,0,5,11]},)"
                           R"({"image_id":1,"identity":1,"bbox":[0,0,-3,-5]},)"
                           R"({"image_id":5,"identity":1,"bbox":[0,0,20,20]},)"
                           R"({"image_id":1,"bbox":[0,0,20,20]},)"
                           R"({"image_id":1,"identity":1},)"
                           R"({"image_id":1,"identity":1,"rotated_box":[1,2,3,4]},)"
                           R"({"image_id":1,"identity":1,"bbox":[0,0,1e300,20]})"),
                      "a.json", "");
  EXPECT_EQ(set.crops.size(), 1U);
  EXPECT_EQ(set.hidden, 1);
  EXPECT_EQ(set.small, 2);
  EXPECT_EQ(set.unknown, 5);
}

TEST(IdentitySet, FindsTheFilesOfAFolder) {
  const testing::TempDir folder;
  const std::string one = File(R"({"image_id":1,"identity":1,"bbox":[0,0,20,20]})");
  EXPECT_SAYS(MessageOf([&] { ReadIdentities(folder.path()); }), "no annotations.json");
  EXPECT_FALSE(IsIdentitySet(folder.path()));
  WriteFile(folder / "cam1.json", one);
  WriteFile(folder / "cam2.json", one);
  WriteFile(folder / "truth.json", "{}");
  EXPECT_TRUE(IsIdentitySet(folder.path()));
  EXPECT_TRUE(IsIdentitySet(folder / "cam1.json"));
  IdentitySet set = ReadIdentities(folder.path());
  ASSERT_EQ(set.crops.size(), 2U);
  EXPECT_EQ(set.crops[0].file, folder / "a.jpg");
  EXPECT_EQ(ReadIdentities(folder / "cam2.json").crops.at(0).file, folder / "a.jpg");
  WriteFile(folder / "annotations-1-of-1.json", one);
  set = ReadIdentities(folder.path());
  ASSERT_EQ(set.crops.size(), 1U);
  EXPECT_EQ(set.crops[0].file, folder / "images" / "a.jpg");
  EXPECT_EQ(ReadIdentities(folder.path(), "x").crops.at(0).file, std::filesystem::path("x/a.jpg"));
}

TEST(IdentitySet, SaysWhatIsWrong) {
  EXPECT_SAYS(MessageOf([] { ParseIdentities("{", "a.json", ""); }), "a.json is no JSON");
  EXPECT_SAYS(MessageOf([] { ParseIdentities("[]", "a.json", ""); }), "no COCO file");
  const testing::TempDir folder;
  WriteFile(folder / "annotations.json", File(""));
  EXPECT_SAYS(MessageOf([&] { ReadIdentities(folder.path()); }), "shows nobody of whom");
}

TEST(IdentitySet, DamagedFilesNeverCrash) {
  const std::string whole =
      File(R"({"id":1,"image_id":1,"identity":7,"rotated_box":[30.5,20.5,10,20,30],"keypoints":)" +
           NoseAndHips(35, 12, 31, 20) + "}");
  Random random(5);
  for (int round = 0; round < 400; ++round) {
    std::string text = whole;
    if (round % 2 == 0) {
      text.resize(static_cast<std::size_t>(random.Index(static_cast<int>(text.size()))));
    } else {
      for (int k = 0; k < 3; ++k) {
        text[static_cast<std::size_t>(random.Index(static_cast<int>(text.size())))] =
            static_cast<char>(random.Index(256));
      }
    }
    try {
      for (const IdentityCrop& crop : ParseIdentities(text, "a.json", "").crops) {
        EXPECT_TRUE(std::isfinite(crop.cx + crop.cy + crop.w + crop.h + crop.up_rad));
      }
    } catch (const Error&) {
      continue;
    }
  }
}

}  // namespace
}  // namespace tenjo
