#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tenjo/synth/people/garment_clothes.h"
#include "tenjo/synth/people/garment_cut.h"
#include "tenjo/synth/people/garment_skin.h"
#include "tenjo/synth/people/garment_solid.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load(testing::SourceDir() / "assets" / "body.bin");
  return *asset;
}

Cloth Sheet(int n) {  // the unit square in x, y
  Cloth cloth;
  AddGrid(cloth, n, n, false, [n](int row, int column) {
    ClothVertex v;
    v.position = Vec3f(static_cast<float>(column), static_cast<float>(n - 1 - row), 0) /
                 static_cast<float>(n - 1);
    return v;
  });
  return cloth;
}

double Area(const Cloth& cloth) {
  double area = 0;
  for (const auto& [a, b, c] : cloth.triangles) {
    const Vec3f& p = cloth.vertices[a].position;
    area += 0.5 * (cloth.vertices[b].position - p).cross(cloth.vertices[c].position - p).norm();
  }
  return area;
}

TEST(Cloth, ClipKeepsTheRightArea) {
  Random random(3);
  for (int i = 0; i < 20; ++i) {
    const float at = random.Uniform(0.05F, 0.95F);
    Border border;
    const Cloth half = Clip(
        Sheet(random.Integer(2, 17)), [at](const ClothVertex& v) { return at - v.position.x(); },
        &border);
    EXPECT_NEAR(Area(half), at, 1e-3);
    ASSERT_FALSE(border.empty());
    double length = 0;
    for (const auto& [a, b] : border) {
      EXPECT_NEAR(half.vertices[a].position.x(), at, 1e-3);
      length += (half.vertices[a].position - half.vertices[b].position).norm();
    }
    EXPECT_NEAR(length, 1, 1e-3);
  }
}

TEST(Cloth, ClipFollowsACircle) {
  const Field disc = [](const ClothVertex& v) {
    return 0.4F - (v.position - Vec3f(0.5F, 0.5F, 0)).norm();
  };
  Border border;
  const Cloth cloth = Clip(Sheet(60), disc, &border);
  EXPECT_NEAR(Area(cloth), std::numbers::pi * 0.16, 2e-3);
  for (const auto& edge : border) {
    EXPECT_NEAR(disc(cloth.vertices[edge[0]]), 0, 2e-3);
  }
}

TEST(Cloth, RefineKeepsABallRound) {
  Cloth ball;
  AddBlob(ball, Vec3f::Zero(), Vec3f::Constant(1), 0, 1, 0, RigidWeights(0));
  ComputeNormals(ball);
  for (ClothVertex& v : ball.vertices) {
    v.normal = v.position.normalized();
  }
  const Cloth fine = Refine(ball, 0);
  EXPECT_GT(2 * fine.triangles.size(),
            7 * ball.triangles.size());  // edges at the poles have no length
  for (const ClothVertex& v : fine.vertices) {
    EXPECT_NEAR(v.position.norm(), 1, 0.035F);
  }
}

TEST(Cloth, SolidsFaceOutwards) {
  Cloth tube;
  const std::array<Vec3f, 3> path{Vec3f(0, 0, 0), Vec3f(0.2F, 0, 0.4F), Vec3f(0.2F, 0.3F, 1)};
  AddTube(tube, path, std::array{0.1F, 0.12F, 0.1F}, 12, RigidWeights(0));
  Cloth box;
  AddBox(box, Eigen::Affine3f::Identity(), {0.1F, 0.2F, 0.3F}, 0.3F, RigidWeights(0));
  Cloth carton;
  AddCarton(carton, Eigen::Affine3f::Identity(), {0.1F, 0.2F, 0.3F}, RigidWeights(0));
  Cloth lathe;
  AddLathe(lathe, Eigen::Affine3f::Identity(),
           std::vector<Eigen::Vector2f>{{0, 0}, {0.1F, 0}, {0.1F, 0.3F}, {0, 0.3F}}, 24,
           RigidWeights(0));
  for (const Cloth* cloth : {&tube, &box, &carton, &lathe}) {
    double volume = 0;  // positive if triangles face outwards (divergence theorem)
    for (const auto& [a, b, c] : cloth->triangles) {
      volume += cloth->vertices[a].position.dot(
                    cloth->vertices[b].position.cross(cloth->vertices[c].position)) /
                6;
    }
    EXPECT_GT(volume, 1e-3);
  }
}

TEST(Cloth, BlendedWeightsSumToOne) {
  Random random(9);
  for (int i = 0; i < 200; ++i) {
    SkinWeights a;
    SkinWeights b;
    for (std::size_t k = 0; k < 4; ++k) {
      a.bones[k] = static_cast<std::uint8_t>(2 * k);
      b.bones[k] = static_cast<std::uint8_t>(3 * k);
      a.weights[k] = b.weights[k] = 0.25F;
    }
    const SkinWeights mixed = BlendWeights(a, b, random.Uniform());
    EXPECT_NEAR(mixed.weights[0] + mixed.weights[1] + mixed.weights[2] + mixed.weights[3], 1, 1e-5);
    EXPECT_GE(mixed.weights[0], mixed.weights[3]);
  }
}

TEST(Garment, HemsLieOnTheirLines) {
  for (int seed = 0; seed < 6; ++seed) {
    Random random(seed, 2);
    const BodyShape shape = DrawBodyShape(Asset(), random);
    const RestBody rest = ShapeBody(Asset(), shape);
    Form form(Asset(), rest, shape);
    Fit fit;
    fit.hang = random.Uniform();
    fit.sleeve_radius_m = 0.06F;
    fit.sleeve_end_m = 0.05F;
    fit.fine = seed % 2 == 0;
    const float s = form.scale;
    const Field fields[] = {
        Both(Both(CrewNeck(form, 0.01F, 0.085F * s), SleeveTo(form, 0.6F * form.arms[0].upper_m)),
             AboveHem(form, form.hip_z)),
        Both(Both(VNeck(form, 0.1F * s), SleeveTo(form, form.arms[0].length_m() - 0.01F)),
             AboveHem(form, form.waist_z)),
        Both(Both(ScoopNeck(form, 0.09F * s, 0.06F * s), Armhole(form, 0.01F)),
             AboveHem(form, form.crotch_z + 0.03F)),
        Both(BelowWaist(form, form.waist_z), LegTo(form, form.legs[0].length_m() - 0.02F)),
        Both(BelowWaist(form, form.waist_z), LegTo(form, 0.7F * form.legs[0].upper_m)),
        LegFrom(form, form.legs[0].length_m() - 0.1F),
    };
    for (const Field& field : fields) {
      Form fresh(Asset(), rest, shape);
      Border border;
      const Cloth cloth = WearGarment(fresh, fit, field, {}, &border);
      ASSERT_GT(border.size(), 20U);
      for (const auto& edge : border) {
        for (const std::uint32_t v : edge) {
          EXPECT_LT(std::abs(field(cloth.vertices[v])), 2e-3F);
        }
      }
    }
  }
}

struct Hits {
  float inward = 1e9F;
  float outward = 1e9F;
};

//! Where the line through a place along its normal meets cloth (Möller and Trumbore 1997).
Hits Trace(const Cloth& cloth, const Vec3f& origin, const Vec3f& way) {
  Hits hits;
  for (const auto& [a, b, c] : cloth.triangles) {
    const Vec3f& p = cloth.vertices[a].position;
    const Vec3f e1 = cloth.vertices[b].position - p;
    const Vec3f e2 = cloth.vertices[c].position - p;
    const Vec3f h = way.cross(e2);
    const float det = e1.dot(h);
    if (std::abs(det) < 1e-12F) {
      continue;
    }
    const Vec3f from = origin - p;
    const float u = from.dot(h) / det;
    const Vec3f q = from.cross(e1);
    const float v = way.dot(q) / det;
    if (u < 0 || v < 0 || u + v > 1) {
      continue;
    }
    const float t = e2.dot(q) / det;
    float& nearest = t < 0 ? hits.inward : hits.outward;
    nearest = std::min(nearest, std::abs(t));
  }
  return hits;
}

//! Skin that a garment covers has the cloth outside of it, not within a finger's breadth inside.
TEST(Garment, SkinStaysUnderCloth) {
  std::size_t covered = 0;
  std::size_t through = 0;
  for (int seed = 0; seed < 8; ++seed) {
    Random random(seed, 4);
    const BodyShape shape = DrawBodyShape(Asset(), random);
    const RestBody rest = ShapeBody(Asset(), shape);
    Form form(Asset(), rest, shape);
    const OutfitStyle style = DrawStyle(shape, OutfitSplit::kTrain, OutfitRole::kGuest, random);
    const Clothes clothes = MakeClothes(form, style, random);
    const Cloth skin = TakeSkin(form, nullptr);
    Cloth all;
    for (const Worn& worn : clothes.worn) {
      const auto first = static_cast<std::uint32_t>(all.vertices.size());
      all.vertices.insert(all.vertices.end(), worn.cloth.vertices.begin(),
                          worn.cloth.vertices.end());
      for (const auto& [a, b, c] : worn.cloth.triangles) {
        all.triangles.push_back({a + first, b + first, c + first});
      }
    }
    for (std::size_t i = 0; i < skin.vertices.size(); i += 3) {
      const ClothVertex& v = skin.vertices[i];
      float depth = -1;
      for (const Field& cover : form.covers) {
        depth = std::max(depth, cover(v));
      }
      if (depth < 0.004F) {
        continue;
      }
      ++covered;
      const Hits hits = Trace(all, v.position, v.normal);
      through += hits.inward < 0.012F && hits.outward > 0.1F ? 1 : 0;
    }
  }
  EXPECT_GT(covered, 500U);
  EXPECT_LT(static_cast<double>(through), 0.005 * static_cast<double>(covered))
      << through << " of " << covered;
}

TEST(Garment, OuterLayersClearInnerOnes) {
  for (int seed = 0; seed < 4; ++seed) {
    Random random(seed, 6);
    const BodyShape shape = DrawBodyShape(Asset(), random);
    const RestBody rest = ShapeBody(Asset(), shape);
    Form form(Asset(), rest, shape);
    const Field field = Both(CrewNeck(form, 0.01F, 0.08F), AboveHem(form, form.hip_z));
    Fit fit;
    fit.hang = 0.5F;
    const Cloth inner = WearGarment(form, fit, field, {}, nullptr);
    fit.seed = 1;
    fit.hem_m = 0;
    const Cloth outer = WearGarment(form, fit, field, {}, nullptr);
    std::size_t through = 0;
    std::size_t looked = 0;
    for (std::size_t i = 0; i < inner.vertices.size(); i += 7) {
      const ClothVertex& v = inner.vertices[i];
      if (field(v) < 0.01F) {
        continue;
      }
      ++looked;
      const Hits hits = Trace(outer, v.position, v.normal);
      through += hits.inward < 0.004F && hits.outward > 0.05F ? 1 : 0;
    }
    EXPECT_GT(looked, 30U);
    EXPECT_LE(through, looked / 100);
  }
}

}  // namespace
}  // namespace tenjo::synth
