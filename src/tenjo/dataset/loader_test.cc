#include "tenjo/dataset/loader.h"

#include <gtest/gtest.h>

#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/pose/drawn_people_test.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

DataSource DrawnSource(const std::filesystem::path& folder, const std::string& name, int images,
                       double weight) {
  DataSource source;
  source.name = name;
  source.weight = weight;
  std::mt19937 random(4);
  for (int i = 0; i < images; ++i) {
    LabelledImage image;
    image.id = i + 1;
    image.width = 160;
    image.height = 120;
    image.file = folder / (name + std::to_string(i) + ".jpg");
    cv::Mat picture(120, 160, CV_8UC3);
    cv::randu(picture, 0, 255);
    cv::imwrite(image.file.string(), picture);
    for (const Skeleton& skeleton : testing::DrawCrowd(&random, 2, 160, 120)) {
      LabelledPerson person;
      person.keypoints = skeleton;
      for (int k = 0; k < kNumKeypoints; ++k) {
        person.visibility[k] =
            skeleton[k].score > 0 ? (k % 3 == 0 ? kHidden : kSeen) : kNotLabelled;
        person.num_keypoints += skeleton[k].score > 0 ? 1 : 0;
      }
      person.box = {20, 20, 60, 80};
      image.people.push_back(person);
    }
    source.set.images.push_back(image);
  }
  return source;
}

LoaderOptions SmallOptions() {
  LoaderOptions options;
  options.crop = {64, 64};
  options.batch = 3;
  options.threads = 1;
  options.seed = 11;
  return options;
}

std::vector<Batch> Take(const std::vector<DataSource>& sources, const LoaderOptions& options,
                        std::int64_t position, int count) {
  Loader loader(sources, options, position);
  std::vector<Batch> batches;
  for (int i = 0; i < count; ++i) {
    batches.push_back(loader.Next());
  }
  EXPECT_EQ(loader.position(), position + count);
  return batches;
}

void ExpectSame(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.files, b.files);
  EXPECT_EQ(a.images, b.images);
  EXPECT_EQ(a.heatmaps, b.heatmaps);
  EXPECT_EQ(a.pafs, b.pafs);
  EXPECT_EQ(a.mask, b.mask);
}

TEST(Loader, SameBatchesForAnyThreadsAndFromAnyPosition) {
  const testing::TempDir folder;
  const std::vector<DataSource> sources = {DrawnSource(folder.path(), "a", 5, 0.6),
                                           DrawnSource(folder.path(), "b", 3, 0.4)};
  LoaderOptions options = SmallOptions();
  const std::vector<Batch> one = Take(sources, options, 0, 8);
  options.threads = 4;
  options.ahead = 2;
  const std::vector<Batch> four = Take(sources, options, 0, 8);
  const std::vector<Batch> later = Take(sources, options, 5, 3);
  for (std::size_t i = 0; i < 8; ++i) {
    ExpectSame(one[i], four[i]);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    ExpectSame(one[5 + i], later[i]);
  }
  options.seed = 12;
  EXPECT_NE(Take(sources, options, 0, 1)[0].images, one[0].images);
}

TEST(Loader, ProcessesShareTheBatchesOfOne) {
  const testing::TempDir folder;
  const std::vector<DataSource> sources = {DrawnSource(folder.path(), "a", 4, 1)};
  LoaderOptions options = SmallOptions();
  options.batch = 4;
  const std::vector<Batch> whole = Take(sources, options, 0, 4);
  options.batch = 2;
  options.world = 2;
  for (int rank = 0; rank < 2; ++rank) {
    options.rank = rank;
    const std::vector<Batch> part = Take(sources, options, 1, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const Batch& all = whole[i + 1];
      const auto begin = static_cast<std::ptrdiff_t>(rank * all.images.size() / 2);
      EXPECT_TRUE(
          std::equal(part[i].images.begin(), part[i].images.end(), all.images.begin() + begin));
      EXPECT_EQ(part[i].files[0], all.files[static_cast<std::size_t>(2 * rank)]);
    }
  }
}

TEST(Loader, MixesByWeightAndShowsEachPictureOnce) {
  const testing::TempDir folder;
  const std::vector<DataSource> sources = {DrawnSource(folder.path(), "a", 10, 0.75),
                                           DrawnSource(folder.path(), "b", 10, 0.25)};
  LoaderOptions options = SmallOptions();
  options.batch = 20;
  std::map<char, int> count;
  std::vector<std::string> of_a;
  for (const Batch& batch : Take(sources, options, 0, 20)) {
    for (const std::string& file : batch.files) {
      const std::string name = std::filesystem::path(file).filename().string();
      ++count[name[0]];
      if (name[0] == 'a') {
        of_a.push_back(name);
      }
    }
  }
  EXPECT_NEAR(count['a'], 300, 40);
  for (std::size_t i = 0; i + 10 <= of_a.size(); i += 10) {
    const std::set<std::string> round(of_a.begin() + static_cast<std::ptrdiff_t>(i),
                                      of_a.begin() + static_cast<std::ptrdiff_t>(i) + 10);
    EXPECT_EQ(round.size(), 10U);
  }
}

TEST(Loader, SaysOfWhichSamplesATeacherHasASay) {
  const testing::TempDir folder;
  std::vector<DataSource> sources = {DrawnSource(folder.path(), "a", 4, 0.5),
                                     DrawnSource(folder.path(), "b", 4, 0.5)};
  sources[1].taught = false;
  int taught = 0;
  for (const Batch& batch : Take(sources, SmallOptions(), 0, 6)) {
    ASSERT_EQ(batch.taught.size(), batch.files.size());
    for (std::size_t i = 0; i < batch.files.size(); ++i) {
      const bool first = std::filesystem::path(batch.files[i]).filename().string()[0] == 'a';
      EXPECT_EQ(batch.taught[i], first ? 1.0F : 0.0F) << batch.files[i];
      taught += first ? 1 : 0;
    }
  }
  EXPECT_GT(taught, 0);
}

TEST(Loader, BrokenPicturesAreCountedAndReplaced) {
  const testing::TempDir folder;
  std::vector<DataSource> sources = {DrawnSource(folder.path(), "a", 4, 1)};
  auto& images = sources[0].set.images;
  const std::string bytes = ReadFile(images[0].file);
  WriteFile(images[0].file, bytes.substr(0, bytes.size() / 2));
  std::filesystem::remove(images[1].file);
  images[2].width = 150;
  Loader loader(sources, SmallOptions(), 0);
  for (int i = 0; i < 6; ++i) {
    for (const std::string& file : loader.Next().files) {
      EXPECT_EQ(file, images[3].file.string());
    }
  }
  EXPECT_EQ(loader.broken_pictures(), 3);
  std::filesystem::remove(images[3].file);
  Loader none(sources, SmallOptions(), 0);
  EXPECT_THROW(none.Next(), Error);
}

TEST(Loader, MakesCropsOfOnePersonWithTheirPoints) {
  const testing::TempDir folder;
  DataSource source = DrawnSource(folder.path(), "a", 1, 1);
  source.augment = NoAugmentation();
  LabelledPerson& person = source.set.images[0].people[0];
  source.set.images[0].people.resize(1);
  person.rotated_box = RotatedBox{60, 60, 40, 80, 0};
  LoaderOptions options = SmallOptions();
  options.batch = 1;
  options.crop = {96, 128};
  options.encoder.stride = 16;
  options.poses = false;
  options.points = true;
  const Batch batch = Take({source}, options, 0, 1).front();
  ASSERT_EQ(batch.points.size(), static_cast<std::size_t>(kPointNumbers));
  EXPECT_TRUE(batch.heatmaps.empty());
  EXPECT_EQ(batch.points.back(), 1);
  const auto expect = [&](int point, double x, double y) {
    const std::size_t at = 3 * static_cast<std::size_t>(point);
    EXPECT_NEAR(batch.points[at], x, 0.01) << point;
    EXPECT_NEAR(batch.points[at + 1], y, 0.01) << point;
  };
  // 80 pixels of the picture are 128 / 1.25 of the crop; the person's middle is the crop's.
  const double scale = 128 / kPointsMargin / 80;
  expect(kBoxTop, 47.5, 63.5 - 40 * scale);
  expect(kBoxBottom, 47.5, 63.5 + 40 * scale);
  expect(kBoxLeft, 47.5 - 20 * scale, 63.5);
  expect(kBoxRight, 47.5 + 20 * scale, 63.5);
  for (int k = 0; k < kNumKeypoints; ++k) {
    const double x = 47.5 + (person.keypoints[k].x - 60) * scale;
    const double y = 63.5 + (person.keypoints[k].y - 60) * scale;
    const bool inside = x >= -0.5 && y >= -0.5 && x < 95.5 && y < 127.5;
    const float known = batch.points[3 * static_cast<std::size_t>(k) + 2];
    if (person.visibility[k] == kNotLabelled || !inside) {
      EXPECT_EQ(known, 0) << k;
    } else {
      expect(k, x, y);
      EXPECT_EQ(known, person.visibility[k]) << k;
    }
  }
}

TEST(Loader, HiddenKeypointsByChoice) {
  const testing::TempDir folder;
  DataSource source = DrawnSource(folder.path(), "a", 1, 1);
  source.augment = NoAugmentation();
  const auto sums = [&](HiddenKeypoints hidden) {
    source.hidden = hidden;
    const Batch batch = Take({source}, SmallOptions(), 0, 1)[0];
    double heat = 0;
    double mask = 0;
    for (std::size_t i = 0; i < batch.heatmaps.size() / 3 * 18 / 19; ++i) {
      heat += batch.heatmaps[i];
    }
    for (const float value : batch.mask) {
      mask += value;
    }
    return std::pair(heat, mask);
  };
  const auto learn = sums(HiddenKeypoints::kLearn);
  const auto background = sums(HiddenKeypoints::kBackground);
  const auto ignore = sums(HiddenKeypoints::kIgnore);
  EXPECT_LT(background.first, learn.first);
  EXPECT_EQ(background.second, learn.second);
  EXPECT_EQ(ignore.first, background.first);
  EXPECT_LT(ignore.second, learn.second);
}

TEST(Loader, RefusesEmptySetsAndOddCrops) {
  const testing::TempDir folder;
  std::vector<DataSource> sources = {DrawnSource(folder.path(), "a", 1, 0)};
  EXPECT_THROW(Loader(sources, SmallOptions()), Error);
  sources[0].weight = 1;
  LoaderOptions odd = SmallOptions();
  odd.crop = {60, 64};
  EXPECT_THROW(Loader(sources, odd), Error);
  sources[0].set.images.clear();
  EXPECT_THROW(Loader(sources, SmallOptions()), Error);
  EXPECT_THROW(ParseMaskMode("boxes"), Error);
  EXPECT_THROW(ParseHiddenKeypoints("maybe"), Error);
}

}  // namespace
}  // namespace tenjo
