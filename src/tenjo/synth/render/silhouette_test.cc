#include "tenjo/synth/render/silhouette.h"

#include <gtest/gtest.h>

#include "tenjo/synth/render/render.h"
#include "tenjo/synth/render/test_scenes.h"

namespace tenjo::synth {
namespace {

int TracedArea(const Scene& scene, const Camera& camera, int person) {
  const Tracer tracer(scene);
  const Rendering rendering = tracer.Render(camera, {}, 1);
  return tracer.View(camera, rendering)[static_cast<std::size_t>(person)].area;
}

//! Lenses straight down and tilted; the person partly beyond the border in some.
std::vector<Camera> Cameras() {
  std::vector<Camera> cameras;
  for (const LensKind kind : {LensKind::kPinhole, LensKind::kEquidistant, LensKind::kEquisolid,
                              LensKind::kStereographic}) {
    for (const double tilt : {0.0, 0.5, 0.9}) {
      cameras.push_back(testing::CeilingCamera(kind, 200, 160, tilt, 3));
    }
  }
  return cameras;
}

TEST(Silhouette, IsWhatIsTracedOfSomebodyAlone) {
  Random random(4);
  Scene scene;
  testing::AddFigure(scene, {0.7F, 0.5F, 0}, 0.4F, 1.7F, random, 24);
  int seen = 0;
  for (const Camera& camera : Cameras()) {
    const int traced = TracedArea(scene, camera, 0);
    const int filled = SilhouetteArea(scene, 0, camera);
    EXPECT_NEAR(filled, traced, 4 + 0.03 * traced);
    seen += traced > 100 ? 1 : 0;
  }
  EXPECT_GE(seen, 6);
}

TEST(Silhouette, DoesNotCareWhoIsInFront) {
  Random random(5);
  Scene scene;
  testing::AddFigure(scene, {0.7F, 0.5F, 0}, 0.4F, 1.7F, random, 24);
  const Camera camera = testing::CeilingCamera(LensKind::kEquidistant, 200, 160, 0.4, 3);
  const int alone = SilhouetteArea(scene, 0, camera);
  testing::AddFigure(scene, {0.45F, 0.3F, 0}, 1, 1.8F, random, 24);
  scene.meshes.push_back(testing::Block({0.5F, 0.3F, 1}, {0.2F, 0.2F, 0.3F}, {1, 1, 1}));
  EXPECT_EQ(SilhouetteArea(scene, 0, camera), alone);
  EXPECT_LT(TracedArea(scene, camera, 0), 0.8 * alone);
  // What is only held does not count, as in the mask.
  Mesh held = testing::Block({0.7F, 0.5F, 2}, {0.6F, 0.6F, 0.01F}, {1, 1, 1});
  held.person = 0;
  held.in_mask = false;
  scene.meshes.push_back(held);
  EXPECT_EQ(SilhouetteArea(scene, 0, camera), alone);
}

TEST(Silhouette, IsEmptyOutOfView) {
  Random random(6);
  Scene scene;
  testing::AddFigure(scene, {30, 0, 0}, 0, 1.7F, random);
  EXPECT_EQ(SilhouetteArea(scene, 0, testing::CeilingCamera(LensKind::kPinhole, 100, 100, 0, 3)),
            0);
  EXPECT_EQ(SilhouetteArea(Scene{}, 0, testing::CeilingCamera(LensKind::kPinhole, 100, 100, 0, 3)),
            0);
}

}  // namespace
}  // namespace tenjo::synth
