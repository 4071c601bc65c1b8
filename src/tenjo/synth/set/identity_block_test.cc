#include "tenjo/synth/set/identity_block.h"

#include <gtest/gtest.h>

#include <map>
#include <opencv2/core.hpp>
#include <set>

#include "tenjo/synth/set/synth_set.h"
#include "tenjo/testing/errors.h"

namespace tenjo::synth {
namespace {

const Assets& TheAssets() {
  static const Assets assets = LoadAssets();
  return assets;
}

PictureOptions People(std::int64_t identities, int views) {
  PictureOptions options;
  options.seed = 3;
  options.camera.width = 320;
  options.camera.height = 240;
  options.identities = identities;
  options.views = views;
  return options;
}

TEST(IdentityBlock, ShowsEverybodyFromAllCameras) {
  const PictureOptions options = People(7, 2);
  std::map<int, std::set<int>> cameras;
  int seen = 0;
  for (const std::int64_t first : {0, 12}) {  // six people, then the last one
    IdentityBlock block(TheAssets(), options, first);
    for (std::int64_t i = first; i < (first == 0 ? 12 : 14); ++i) {
      PictureTimes times;
      const Picture picture = block.Make(i, times);
      EXPECT_EQ(picture.label.id, i + 1);
      EXPECT_EQ(picture.image.cols, picture.label.camera.lens.width);
      EXPECT_EQ(picture.image.rows, picture.label.camera.lens.height);
      EXPECT_LE(picture.image.cols, 320);
      ASSERT_LE(picture.label.people.size(), 1U);
      if (picture.label.people.empty() || picture.label.people[0].view.area == 0) {
        continue;
      }
      ++seen;
      const PictureLabel::Person& person = picture.label.people[0];
      EXPECT_EQ(person.identity, first == 0 ? i % 6 + 1 : 7);
      cameras[person.identity].insert(picture.label.camera_index);
      EXPECT_GT(person.visibility, 0);
      // The whole mask lies in the picture.
      EXPECT_EQ(person.view.box & cv::Rect(0, 0, picture.image.cols, picture.image.rows),
                person.view.box);
    }
  }
  EXPECT_GE(seen, 13);
  EXPECT_EQ(cameras.size(), 7U);
  EXPECT_EQ(cameras.at(7), (std::set<int>{0, 1}));
}

TEST(IdentityBlock, PicturesDependOnTheirNumberAlone) {
  const PictureOptions options = People(6, 2);
  IdentityBlock forward(TheAssets(), options, 0);
  PictureTimes times;
  std::vector<Picture> pictures;
  for (int i = 0; i < 12; ++i) {
    pictures.push_back(forward.Make(i, times));
  }
  IdentityBlock later(TheAssets(), options, 7);
  for (const int i : {7, 8}) {
    const Picture again = later.Make(i, times);
    const Picture& before = pictures[static_cast<std::size_t>(i)];
    ASSERT_EQ(again.image.size(), before.image.size());
    EXPECT_EQ(cv::norm(again.image, before.image, cv::NORM_INF), 0);
    EXPECT_EQ(LabelLine(again.label), LabelLine(before.label));
  }
}

TEST(IdentityBlock, OptionsAreChecked) {
  using testing::MessageOf;
  const SetOptions options = ParseSetOptions({{"identities", "5"}});
  EXPECT_EQ(options.images, 40);
  EXPECT_EQ(BlockPictures(options.picture), 48);
  EXPECT_SAYS(MessageOf([] { ParseSetOptions({{"identities", "0"}}); }), "--identities 0");
  EXPECT_SAYS(MessageOf([] {
                ParseSetOptions({{"identities", "5"}, {"views", "1"}});
              }),
              "--views 1");
  EXPECT_SAYS(MessageOf([] {
                ParseSetOptions({{"views", "3"}, {"images", "3"}});
              }),
              "--views goes with --identities");
  EXPECT_SAYS(MessageOf([] {
                ParseSetOptions({{"identities", "5"}, {"images", "3"}});
              }),
              "--images does not go with --identities");
  EXPECT_SAYS(MessageOf([] {
                ParseSetOptions({{"identities", "5"}, {"people", "3"}});
              }),
              "--people does not go with --identities");
}

}  // namespace
}  // namespace tenjo::synth
