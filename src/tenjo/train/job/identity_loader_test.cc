#include "tenjo/train/job/identity_loader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "tenjo/appearance/crop.h"
#include "tenjo/base/atomic_file.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using testing::MessageOf;

// Six people, each in three pictures of noise about a colour of their own.
class IdentityLoaderTest : public ::testing::Test {
 protected:
  IdentityLoaderTest() {
    cv::theRNG().state = 3;
    for (int i = 0; i < 18; ++i) {
      IdentityCrop crop;
      crop.identity = 100 + i / 3;
      crop.file = folder_ / fmt::format("{}.png", i);
      crop.width = 40;
      crop.height = 60;
      crop.cx = 20;
      crop.cy = 30;
      crop.w = 16;
      crop.h = 40;
      cv::Mat picture(60, 40, CV_8UC3);
      cv::randu(picture, 0, 60);
      picture += cv::Scalar::all(30.0 * (i / 3));
      cv::imwrite(crop.file.string(), picture);
      set_.crops.push_back(crop);
    }
    options_.size = {16, 32};
    options_.people = 4;
    options_.views = 2;
    options_.seed = 8;
  }

  IdentitySet set_;
  IdentityLoaderOptions options_;
  testing::TempDir folder_;
};

TEST_F(IdentityLoaderTest, BatchesDependOnTheirNumberAlone) {
  options_.threads = 1;
  IdentityLoader one({set_}, options_);
  options_.threads = 3;
  IdentityLoader three({set_}, options_);
  IdentityLoader later({set_}, options_, 2);
  EXPECT_EQ(one.identities(), 6);
  EXPECT_EQ(one.pictures(), 18);
  for (int b = 0; b < 5; ++b) {
    const IdentityBatch& first = one.Next();
    const IdentityBatch& second = three.Next();
    EXPECT_EQ(first.position, b);
    EXPECT_EQ(first.size, 8);
    EXPECT_EQ(first.images, second.images);
    EXPECT_EQ(first.labels, second.labels);
    EXPECT_EQ(first.files, second.files);
    if (b >= 2) {
      EXPECT_EQ(later.Next().images, first.images);
    }
  }
}

TEST_F(IdentityLoaderTest, EverybodyComesOnceARoundInDifferentPictures) {
  IdentityLoader loader({set_}, options_);
  std::map<std::int64_t, int> seen;
  for (int b = 0; b < 3; ++b) {  // 12 people: two rounds of six
    const IdentityBatch& batch = loader.Next();
    for (std::size_t i = 0; i < batch.labels.size(); i += 2) {
      EXPECT_EQ(batch.labels[i], batch.labels[i + 1]);
      EXPECT_NE(batch.files[i], batch.files[i + 1]);
      ++seen[batch.labels[i]];
    }
  }
  EXPECT_EQ(seen.size(), 6U);
  for (const auto& [label, count] : seen) {
    EXPECT_EQ(count, 2) << label;
  }
}

TEST_F(IdentityLoaderTest, ProcessesShareWhatOneWouldTake) {
  options_.people = 2;
  options_.world = 2;
  IdentityLoader first({set_}, options_);
  options_.rank = 1;
  IdentityLoader second({set_}, options_);
  options_.rank = 0;
  options_.world = 1;
  options_.people = 4;
  IdentityLoader all({set_}, options_);
  for (int b = 0; b < 3; ++b) {
    std::vector<std::uint8_t> both = first.Next().images;
    const auto& rest = second.Next().images;
    both.insert(both.end(), rest.begin(), rest.end());
    EXPECT_EQ(all.Next().images, both);
  }
}

TEST_F(IdentityLoaderTest, AnotherPictureForOneThatCannotBeRead) {
  WriteFile(set_.crops[0].file, "no picture");
  IdentityLoader loader({set_}, options_);
  for (int b = 0; b < 6; ++b) {
    for (const std::string& file : loader.Next().files) {
      EXPECT_NE(file, set_.crops[0].file.string());
    }
  }
  EXPECT_EQ(loader.broken_pictures(), 1);
  for (int i = 0; i < 3; ++i) {
    std::filesystem::remove(set_.crops[static_cast<std::size_t>(i)].file);
  }
  IdentityLoader none({set_}, options_);
  EXPECT_SAYS(MessageOf([&] {
                for (int b = 0; b < 3; ++b) {
                  none.Next();
                }
              }),
              "None of the 3 pictures of a person can be read");
}

TEST_F(IdentityLoaderTest, TwoPeopleAtLeast) {
  set_.crops.resize(4);  // one of three pictures, one of one
  EXPECT_SAYS(MessageOf([&] { IdentityLoader loader({set_}, options_); }),
              "There are 1 people with two pictures or more");
  options_.augment.erase = 2;
  EXPECT_SAYS(MessageOf([&] { IdentityLoader loader({set_}, options_); }), "augment.erase is 2");
}

TEST_F(IdentityLoaderTest, UnchangedPicturesAreThoseOfRunning) {
  const IdentityCrop& crop = set_.crops[4];
  const cv::Mat picture = cv::imread(crop.file.string());
  cv::Mat made(32, 16, CV_8UC3);
  MakeIdentityPicture(picture, crop, CropMask::kNone, nullptr, nullptr, made);
  cv::Mat wanted(32, 16, CV_8UC3);
  CutPerson(picture, {.cx = 20, .cy = 30, .w = 16, .h = 40, .up_rad = 0}, wanted);
  EXPECT_EQ(cv::norm(made, wanted, cv::NORM_INF), 0);
  // All that is drawn is 0: the same again.
  IdentityAugment still;
  still.rotation_deg = still.shift = still.scale = still.flip = still.erase = 0;
  still.low_resolution = 0;
  still.look = NoAugmentation();
  Random random(1);
  MakeIdentityPicture(picture, crop, CropMask::kNone, &still, &random, made);
  EXPECT_EQ(cv::norm(made, wanted, cv::NORM_INF), 0);
  // Masked, and grey where light and colours were changed too.
  MaskPerson({.cx = 20, .cy = 30, .w = 16, .h = 40, .up_rad = 0}, CropMask::kEllipse, wanted);
  MakeIdentityPicture(picture, crop, CropMask::kEllipse, nullptr, nullptr, made);
  EXPECT_EQ(cv::norm(made, wanted, cv::NORM_INF), 0);
  still.look = IdentityAugment().look;
  MakeIdentityPicture(picture, crop, CropMask::kEllipse, &still, &random, made);
  EXPECT_EQ(made.at<cv::Vec3b>(0, 0), cv::Vec3b::all(128));
  EXPECT_NE(cv::norm(made, wanted, cv::NORM_INF), 0);
}

}  // namespace
}  // namespace tenjo
