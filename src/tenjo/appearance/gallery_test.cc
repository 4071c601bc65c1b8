#include "tenjo/appearance/gallery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <random>
#include <vector>

#include "tenjo/appearance/distance.h"
#include "tenjo/vision/embedding.h"

namespace tenjo {
namespace {

Embedding Draw(std::mt19937* random, std::size_t length) {
  std::normal_distribution<float> normal;
  Embedding embedding(length);
  for (float& value : embedding) {
    value = normal(*random);
  }
  Normalise(embedding);
  return embedding;
}

double SlowCosineDistance(const Embedding& a, const Embedding& b) {
  double dot = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return 1 - dot / std::sqrt(aa * bb);
}

TEST(Distance, IsItsDefinition) {
  std::mt19937 random(1);
  for (const std::size_t length : {1U, 3U, 15U, 16U, 17U, 128U, 256U}) {
    const Embedding a = Draw(&random, length);
    const Embedding b = Draw(&random, length);
    EXPECT_NEAR(CosineDistance(a, b), SlowCosineDistance(a, b), 1e-5) << length;
    double squares = 0;
    for (std::size_t i = 0; i < length; ++i) {
      squares += std::pow(static_cast<double>(a[i]) - b[i], 2);
    }
    EXPECT_NEAR(EuclideanDistance(a, b), std::sqrt(squares), 1e-3) << length;
    EXPECT_NEAR(CosineDistance(a, a), 0, 1e-6);
  }
}

TEST(Distance, KnowsWhatIsNoEmbedding) {
  EXPECT_TRUE(IsUsable(Embedding{0, 0, 1e-3F}));
  EXPECT_FALSE(IsUsable(Embedding{}));
  EXPECT_FALSE(IsUsable(Embedding{0, 0, 0}));
  EXPECT_FALSE(IsUsable(Embedding{1, std::numeric_limits<float>::quiet_NaN()}));
  EXPECT_FALSE(IsUsable(Embedding{1, std::numeric_limits<float>::infinity()}));
}

TEST(Gallery, HoldsTheNewestAndFindsTheNearest) {
  std::mt19937 random(2);
  Gallery gallery(5);
  const Embedding probe = Draw(&random, 24);
  EXPECT_EQ(gallery.MinCosineDistance(probe), 2);
  EXPECT_EQ(gallery.KthCosineDistance(probe, 2), 2);
  EXPECT_EQ(MeanDistance(gallery, gallery), 2);
  std::deque<Embedding> newest;
  for (int i = 0; i < 17; ++i) {
    newest.push_back(Draw(&random, 24));
    if (newest.size() > 5) {
      newest.pop_front();
    }
    gallery.Add(newest.back());
    ASSERT_EQ(gallery.size(), static_cast<int>(newest.size()));
    std::vector<double> distances;
    for (const Embedding& held : newest) {
      distances.push_back(SlowCosineDistance(held, probe));
    }
    std::sort(distances.begin(), distances.end());
    EXPECT_NEAR(gallery.MinCosineDistance(probe), distances[0], 1e-5);
    for (std::size_t k = 1; k <= 7; ++k) {
      EXPECT_NEAR(gallery.KthCosineDistance(probe, static_cast<int>(k)),
                  distances[std::min(k, distances.size()) - 1], 1e-5);
    }
  }
  Gallery probes(3);
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    const Embedding one = Draw(&random, 24);
    probes.Add(one);
    double nearest = 2;
    for (const Embedding& held : newest) {
      nearest = std::min(nearest, SlowCosineDistance(held, one));
    }
    sum += nearest;
  }
  EXPECT_NEAR(MeanDistance(probes, gallery), sum / 3, 1e-5);
  gallery.Clear();
  EXPECT_TRUE(gallery.empty());
}

}  // namespace
}  // namespace tenjo
