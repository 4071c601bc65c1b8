#include "tenjo/synth/set/sequence_stage.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <set>

#include "tenjo/synth/set/cloth_pictures.h"
#include "tenjo/synth/set/goods_show.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

const Assets& TestAssets() {
  static const Assets assets = LoadAssets();
  return assets;
}

SequenceOptions Options(std::uint64_t seed) {
  SequenceOptions options;
  options.seconds = 20;
  options.seed = seed;
  options.min_people = 3;
  options.max_people = 6;
  options.camera.width = 64;
  options.camera.height = 48;
  options.place = PlaceWish::kCafe;
  return options;
}

TEST(Stage, ManySequencesMayBeFilmedByOneCamera) {
  SequenceOptions first = Options(1);
  first.place_seed = 7;
  first.camera_seed = 3;
  SequenceOptions second = first;
  second.seed = 2;
  const Stage a(TestAssets(), first);
  const Stage b(TestAssets(), second);
  EXPECT_EQ(a.place().obstacles.size(), b.place().obstacles.size());
  EXPECT_EQ(a.place().room.x1, b.place().room.x1);
  const Camera& one = a.cameras()[0].camera;
  const Camera& other = b.cameras()[0].camera;
  EXPECT_EQ(one.centre, other.centre);
  EXPECT_TRUE(one.world_from_camera.isApprox(other.world_from_camera));
  EXPECT_EQ(one.lens.fx, other.lens.fx);
  EXPECT_EQ(a.cameras()[0].sensor.exposure, b.cameras()[0].sensor.exposure);
  // Other people.
  ASSERT_FALSE(a.actors().empty());
  EXPECT_NE(a.actors().begin()->second.rest.height_m, b.actors().begin()->second.rest.height_m);
  second.camera_seed = 4;
  EXPECT_NE(Stage(TestAssets(), second).cameras()[0].camera.centre, one.centre);
}

//! A stage with something taken off a shelf and put back while somebody holds it.
const CrowdGoods* FindReturned(const Stage& stage) {
  for (const CrowdGoods& goods : stage.crowd().goods()) {
    if (goods.track > 0 && goods.from_s > 0.5F && goods.to_s < 19) {
      return &goods;
    }
  }
  return nullptr;
}

TEST(Stage, ThingsLeaveTheShelfAndRideInTheHand) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 12 && found < 2; ++seed) {
    const Stage stage(TestAssets(), Options(seed));
    const CrowdGoods* goods = FindReturned(stage);
    if (goods == nullptr) {
      continue;
    }
    ++found;
    const ShelfFront& shelf = stage.place().shelves[goods->shelf];
    const GoodsPart& part = shelf.parts[goods->goods];
    Scene scene = stage.NewScene();
    HideOnShelf(scene, part);
    const auto& hidden = scene.meshes[static_cast<std::size_t>(part.mesh)].triangles;
    for (std::uint32_t t = 0; t < part.triangles; ++t) {
      EXPECT_EQ(std::set<std::uint32_t>(hidden[part.first_triangle + t].begin(),
                                        hidden[part.first_triangle + t].end())
                    .size(),
                1U);
    }
    ShowOnShelf(scene, stage.place(), part);
    EXPECT_EQ(hidden, stage.place().meshes[static_cast<std::size_t>(part.mesh)].triangles);

    const Vec3f& at_shelf = shelf.goods[goods->goods];
    const float middle_s = 0.5F * (goods->from_s + goods->to_s);
    for (const float time : {goods->from_s, middle_s, goods->to_s - 1e-3F}) {
      for (const CrowdMoment& moment : stage.crowd().At(time)) {
        if (moment.track != goods->track) {
          continue;
        }
        const Mesh mesh = GoodsInHand(TestAssets(), stage.place(), *goods,
                                      stage.actors().at(moment.identity), moment.pose, time, 3);
        ASSERT_FALSE(mesh.triangles.empty());
        EXPECT_EQ(mesh.person, 3);
        EXPECT_FALSE(mesh.in_mask);
        Vec3f middle = Vec3f::Zero();
        for (const Vec3f& p : mesh.positions) {
          middle += p / static_cast<float>(mesh.positions.size());
        }
        if (time == middle_s && middle_s > goods->from_s + 0.5F) {
          const RestBody& rest = stage.actors().at(moment.identity).rest;
          const BodyAsset& body = *TestAssets().body;
          const auto bones = BoneTransforms(body, rest, moment.pose);
          const auto palm =
              static_cast<std::size_t>(body.point(goods->hand == 0 ? "left_palm" : "right_palm"));
          const Vec3f hand =
              bones[static_cast<std::size_t>(body.point_bones[palm])] * rest.points[palm];
          EXPECT_LT((middle - hand).norm(), 0.15F) << seed;
        } else if (time != middle_s) {
          EXPECT_LT((middle - at_shelf).norm(), 0.3F) << seed;
        }
      }
    }
  }
  EXPECT_GT(found, 0);
}

TEST(Stage, AlikeDressesEverybodyAlike) {
  SequenceOptions options = Options(5);
  options.alike = true;
  const Stage stage(TestAssets(), options);
  std::set<std::array<float, 3>> colours;
  for (const auto& [identity, actor] : stage.actors()) {
    Scene scene;
    MotionState state;
    AddActor(scene, TestAssets(), actor, state, 1);
    for (const Mesh& mesh : scene.meshes) {
      // Cloth of some size; what is left is skin, hair and things.
      if (mesh.material.pattern == Pattern::kPlain && mesh.triangles.size() > 1500) {
        colours.insert({mesh.material.a.x(), mesh.material.a.y(), mesh.material.a.z()});
      }
    }
  }
  EXPECT_GT(stage.actors().size(), 3U);
  EXPECT_LE(colours.size(), 5U);
}

TEST(Stage, TexturesReachClothes) {
  const testing::TempDir folder;
  cv::imwrite((folder / "red.png").string(), cv::Mat(20, 30, CV_8UC3, cv::Scalar(20, 20, 220)));
  cv::imwrite((folder / "blue.png").string(), cv::Mat(10, 10, CV_8UC3, cv::Scalar(220, 20, 20)));
  const Assets assets = LoadAssets(folder.path());
  Scene scene;
  int pictures = 0;
  for (int i = 0; i < 8; ++i) {
    Actor actor = DrawActor(assets, i, static_cast<std::uint64_t>(i));
    WearPictures(actor, assets, static_cast<std::uint64_t>(i));
    const std::size_t first = scene.meshes.size();
    AddActor(scene, assets, actor, MotionState(), i);
    TakePictures(scene, first, assets);
    for (std::size_t m = first; m < scene.meshes.size(); ++m) {
      const Material& material = scene.meshes[m].material;
      if (material.pattern == Pattern::kTexture) {
        ++pictures;
        ASSERT_TRUE(material.texture >= 0 &&
                    static_cast<std::size_t>(material.texture) < scene.textures.size());
      }
    }
  }
  EXPECT_GT(pictures, 2);
  EXPECT_LE(scene.textures.size(), 2U);  // each once
}

}  // namespace
}  // namespace tenjo::synth
