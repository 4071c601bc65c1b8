#include "tenjo/synth/scene/material.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tenjo/synth/scene/noise.h"
#include "tenjo/synth/scene/random.h"

namespace tenjo::synth {
namespace {

constexpr int kNumPatterns = static_cast<int>(Pattern::kTexture) + 1;

Scene SceneWithTexture() {
  Scene scene;
  TextureImage image;
  image.width = 24;
  image.height = 16;
  Random random(5);
  // Smooth, as photographs are: an average over a few texels stands for all of them.
  for (int i = 0; i < 24 * 16 * 3; ++i) {
    const int x = i / 3 % 24;
    const int y = i / 72;
    const double wave = std::sin(x * 6.2831853 / 24) + std::cos(y * 6.2831853 / 16 + i % 3);
    image.rgb.push_back(static_cast<std::uint8_t>(128 + 50 * wave + random.Index(20)));
  }
  scene.textures.push_back(image);
  return scene;
}

Material DrawMaterial(Pattern pattern, Random& random) {
  Material m;
  m.pattern = pattern;
  const auto colour = [&] {
    return Vec3f(random.Uniform(0.02F, 0.8F), random.Uniform(0.02F, 0.8F),
                 random.Uniform(0.02F, 0.8F));
  };
  m.a = colour();
  m.b = colour();
  m.c = colour();
  m.scale = random.Uniform(0.5F, 20);
  m.seed = random.Next();
  m.texture = 0;
  return m;
}

TEST(Material, StaysInRangeAndKeepsUnitNormals) {
  const Scene scene = SceneWithTexture();
  Random random(1);
  for (int pattern = 0; pattern < kNumPatterns; ++pattern) {
    for (int i = 0; i < 400; ++i) {
      Material m = DrawMaterial(static_cast<Pattern>(pattern), random);
      if (i % 3 == 0) {
        m.a = Vec3f::Constant(static_cast<float>(i % 2));
      }
      const Vec3f rest(random.Uniform(-3, 3), random.Uniform(-3, 3), random.Uniform(-3, 3));
      Vec3f normal = Vec3f(random.Normal(), random.Normal(), random.Normal()).normalized();
      const Vec3f before = normal;
      const Vec3f colour = Albedo(scene, m, rest, std::exp(random.Uniform(-8, 1)), normal);
      ASSERT_TRUE(colour.minCoeff() >= 0 && colour.maxCoeff() <= 1) << pattern;
      ASSERT_NEAR(normal.norm(), 1, 1e-4) << pattern;
      ASSERT_GT(normal.dot(before), 0.5F) << pattern;
    }
  }
}

TEST(Material, GivesTheSameTwice) {
  const Scene scene = SceneWithTexture();
  Random random(2);
  for (int i = 0; i < 2000; ++i) {
    const Material m = DrawMaterial(static_cast<Pattern>(i % kNumPatterns), random);
    const Vec3f rest(random.Uniform(-3, 3), random.Uniform(-3, 3), random.Uniform(-3, 3));
    Vec3f n1 = Vec3f::UnitZ();
    Vec3f n2 = Vec3f::UnitZ();
    EXPECT_EQ(Albedo(scene, m, rest, 0.004F, n1), Albedo(scene, m, rest, 0.004F, n2));
    EXPECT_EQ(n1, n2);
  }
}

TEST(Material, SurvivesAnyCoordinates) {
  const Scene scene = SceneWithTexture();
  Random random(3);
  constexpr float kHuge = std::numeric_limits<float>::max();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const float extremes[] = {0,    -0.0F,  1e-38F, 1e4F,   -9999.5F,
                            1e9F, -1e20F, kHuge,  -kHuge, std::numeric_limits<float>::infinity(),
                            kNan};
  for (int pattern = 0; pattern < kNumPatterns; ++pattern) {
    for (const float x : extremes) {
      for (const float footprint : {0.0F, -1.0F, 1e-9F, 0.01F, 1e9F, kNan}) {
        for (const float scale : {0.0F, -3.0F, 1.0F, 999.0F, kHuge, kNan}) {
          Material m = DrawMaterial(static_cast<Pattern>(pattern), random);
          m.scale = scale;
          Vec3f normal = Vec3f::UnitX();
          const Vec3f colour = Albedo(scene, m, Vec3f(x, -x, x * 0.7F), footprint, normal);
          ASSERT_TRUE(colour.allFinite() && colour.minCoeff() >= 0 && colour.maxCoeff() <= 1)
              << pattern;
          ASSERT_TRUE(normal.allFinite()) << pattern;
        }
      }
    }
  }
}

TEST(Material, FarAwayIsTheMeanOfNear) {
  const Scene scene = SceneWithTexture();
  Random random(4);
  for (int pattern = 0; pattern < kNumPatterns; ++pattern) {
    if (static_cast<Pattern>(pattern) == Pattern::kLogo) {
      continue;  // one patch: its mean depends on how much of the body one looks at
    }
    for (int i = 0; i < 6; ++i) {
      Material m = DrawMaterial(static_cast<Pattern>(pattern), random);
      // Goods differ from item to item however far away: one item at a time.
      const bool goods = static_cast<Pattern>(pattern) == Pattern::kPackage;
      m.scale = random.Uniform(1, 8);
      Vec3f fine = Vec3f::Zero();
      constexpr int kSamples = 10000;
      for (int k = 0; k < kSamples; ++k) {
        Vec3f normal = Vec3f::UnitZ();
        const float x = goods ? 0 : random.Uniform(-15, 15);
        fine += Albedo(scene, m, Vec3f(x, random.Uniform(-15, 15), random.Uniform(-15, 15)), 5e-4F,
                       normal);
      }
      fine /= kSamples;
      Vec3f normal = Vec3f::UnitZ();
      const Vec3f far = Albedo(scene, m, Vec3f(goods ? 0.0F : 0.3F, 0.7F, 1.1F), 60, normal);
      EXPECT_LT((fine - far).cwiseAbs().maxCoeff(), 0.03F)
          << "pattern " << pattern << " seed " << m.seed << " fine " << fine.transpose() << " far "
          << far.transpose();
      EXPECT_LT((normal - Vec3f::UnitZ()).norm(), 0.05F) << pattern;
    }
  }
}

TEST(Material, PatternsDifferFromTheirGround) {
  // A pattern that draws nothing would pass every test above.
  const Scene scene = SceneWithTexture();
  Random random(6);
  for (int pattern = 0; pattern < kNumPatterns; ++pattern) {
    Material m = DrawMaterial(static_cast<Pattern>(pattern), random);
    m.scale = 4;
    m.a = Vec3f(0.5F, 0.5F, 0.5F);
    m.b = Vec3f(0.1F, 0.1F, 0.4F);
    m.c = Vec3f(0.7F, 0.2F, 0.1F);
    m.seed = 8;
    if (static_cast<Pattern>(pattern) == Pattern::kLogo) {
      m.scale = 1;
    }
    Vec3f low = Vec3f::Ones();
    Vec3f high = Vec3f::Zero();
    for (int k = 0; k < 2000; ++k) {
      Vec3f normal = Vec3f::UnitZ();
      const Vec3f colour = Albedo(
          scene, m,
          Vec3f(random.Uniform(0.03F, 0.1F), random.Uniform(-0.2F, 0.2F), random.Uniform(1, 1.5F)),
          5e-4F, normal);
      low = low.cwiseMin(colour);
      high = high.cwiseMax(colour);
    }
    EXPECT_GT((high - low).maxCoeff(), 0.02F) << pattern;
  }
}

TEST(Material, MissingTextureIsPlain) {
  const Scene scene;
  Material m;
  m.pattern = Pattern::kTexture;
  m.a = Vec3f(0.2F, 0.4F, 0.6F);
  m.texture = 3;
  Vec3f normal = Vec3f::UnitZ();
  EXPECT_EQ(Albedo(scene, m, Vec3f(1, 2, 3), 0.01F, normal), m.a);
}

TEST(Material, SrgbIsTheStandardCurve) {
  EXPECT_EQ(FromSrgb(0, 0, 0), Vec3f(0, 0, 0));
  EXPECT_NEAR(FromSrgb(255, 255, 255).x(), 1, 1e-6);
  EXPECT_NEAR(FromSrgb(188, 0, 0).x(), 0.5029F, 1e-3);
  EXPECT_NEAR(FromSrgb(10, 10, 10).z(), 10 / 255.0F / 12.92F, 1e-6);
  EXPECT_EQ(FromSrgb(-5, 300, 0), Vec3f(0, 1, 0));
}

TEST(Noise, PulseIsTheIntegralOfItsTrain) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    const float x = random.Uniform(-50, 50);
    const float duty = random.Uniform(0.05F, 0.95F);
    const float w = std::exp(random.Uniform(-3, 2));
    double covered = 0;
    constexpr int kSteps = 4000;
    for (int k = 0; k < kSteps; ++k) {
      const double t = x + w * ((k + 0.5) / kSteps - 0.5);
      covered += t - std::floor(t) < duty ? 1 : 0;
    }
    EXPECT_NEAR(Pulse(x, duty, w), covered / kSteps, 2e-3) << x << " " << duty << " " << w;
  }
}

TEST(Noise, SlopeIsThatOfItsValues) {
  Random random(11);
  constexpr float kStep = 1e-2F;
  for (int i = 0; i < 500; ++i) {
    // Not across a lattice plane, where the second derivative jumps.
    const Vec3f at =
        Vec3f(static_cast<float>(random.Integer(-40, 40)), static_cast<float>(i % 32), -3) +
        Vec3f(random.Uniform(0.05F, 0.95F), random.Uniform(0.05F, 0.95F),
              random.Uniform(0.05F, 0.95F));
    Vec3f slope;
    EXPECT_NEAR(NoiseSlope(at.x(), at.y(), at.z(), slope), Noise(at.x(), at.y(), at.z()), 1e-5);
    for (int axis = 0; axis < 3; ++axis) {
      const Vec3f up = at + kStep * Vec3f::Unit(axis);
      const Vec3f down = at - kStep * Vec3f::Unit(axis);
      const float rise = Noise(up.x(), up.y(), up.z()) - Noise(down.x(), down.y(), down.z());
      EXPECT_NEAR(slope[axis], rise / (2 * kStep), 2e-3);
    }
  }
}

TEST(Material, ClothCreasesAndSkinDoesNot) {
  Material cloth;
  cloth.seed = 5;
  Material skin = cloth;
  skin.pattern = Pattern::kSkin;
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 2000; ++i) {
    const Vec3f rest(random.Uniform(-0.3F, 0.3F), random.Uniform(-0.6F, 0.6F),
                     random.Uniform(0, 1.8F));
    const Vec3f slope = CreaseSlope(cloth, rest, 0.001F);
    ASSERT_TRUE(slope.allFinite());
    EXPECT_LT(slope.norm(), 3);
    sum += slope.norm();
    EXPECT_EQ(CreaseSlope(skin, rest, 0.001F).norm(), 0);
    // From afar a fold is smaller than a pixel.
    EXPECT_EQ(CreaseSlope(cloth, rest, 0.2F).norm(), 0);
  }
  EXPECT_GT(sum / 2000, 0.1);
}

TEST(Noise, IsCentredAndBounded) {
  Random random(8);
  double sum = 0;
  constexpr int kSamples = 200000;
  for (int i = 0; i < kSamples; ++i) {
    const float n =
        Noise(random.Uniform(-100, 100), random.Uniform(-100, 100), random.Uniform(-100, 100));
    ASSERT_TRUE(n >= -1 && n <= 1);
    sum += n;
  }
  EXPECT_NEAR(sum / kSamples, 0, 0.005);
}

}  // namespace
}  // namespace tenjo::synth
