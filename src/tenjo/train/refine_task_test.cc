#include "tenjo/train/refine_task.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <numeric>

#include "tenjo/base/error.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/pose/person_points.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

constexpr int kWidth = 3;
constexpr int kHeight = 4;
constexpr int kStride = 16;

double CrossEntropy(double logit, double label) {
  return label * std::log1p(std::exp(-logit)) + (1 - label) * std::log1p(std::exp(logit));
}

// Numbers of the loader: one seen keypoint, one hidden, all else unknown.
torch::Tensor Numbers(double person) {
  torch::Tensor numbers = torch::zeros({1, kPointNumbers});
  const auto put = [&](int point, double x, double y, double known) {
    numbers[0][3 * point] = x;
    numbers[0][3 * point + 1] = y;
    numbers[0][3 * point + 2] = known;
  };
  put(kNose, 20, 33, 2);
  put(kLeftHip, 11, 50, 1);
  numbers[0][kPointNumbers - 1] = person;
  return numbers;
}

TEST(LossesOfPoints, AreWhatTheyAreDefinedToBe) {
  torch::manual_seed(3);
  const torch::Tensor answer = torch::randn({1, kPersonPointPlanes, kHeight, kWidth});
  const torch::Tensor numbers = Numbers(1);
  const auto at = [&](int plane, int y, int x) { return answer[0][plane][y][x].item<double>(); };
  double places = 0;
  double weights = 0;
  for (const auto& [point, weight] : {std::pair{int{kNose}, 1.0}, {int{kLeftHip}, 0.5}}) {
    const double px = (numbers[0][3 * point].item<double>() + 0.5) / 4 - 0.5;
    const double py = (numbers[0][3 * point + 1].item<double>() + 0.5) / 4 - 0.5;
    std::vector<double> logits;
    std::vector<double> wanted;
    for (int y = 0; y < 4 * kHeight; ++y) {
      for (int x = 0; x < 4 * kWidth; ++x) {
        logits.push_back(at(16 * point + 4 * (y % 4) + x % 4, y / 4, x / 4));
        wanted.push_back(std::exp(-((x - px) * (x - px) + (y - py) * (y - py)) / (2 * 0.8 * 0.8)));
      }
    }
    double sum = 0;
    for (const double logit : logits) {
      sum += std::exp(logit);
    }
    const double total = std::accumulate(wanted.begin(), wanted.end(), 0.0);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      places -= weight * wanted[i] / total * (logits[i] - std::log(sum));
    }
    weights += weight;
  }
  double seen = 0;
  for (int k = 0; k < kNumKeypoints; ++k) {
    double logit = answer[0][kSeenPlane + k].mean().item<double>();
    if (k == kNose) {
      logit = at(kSeenPlane + k, 2, 1);
    } else if (k == kLeftHip) {
      logit = at(kSeenPlane + k, 3, 0);
    }
    seen += CrossEntropy(logit, k == kNose ? 1 : 0) / kNumKeypoints;
  }
  const PointLosses losses = LossesOfPoints(answer, numbers, kStride);
  EXPECT_NEAR(losses.places.item<double>(), places / weights, 1e-4);
  EXPECT_NEAR(losses.seen.item<double>(), seen, 1e-5);
  const double person = answer[0][kPersonPlane].mean().item<double>();
  EXPECT_NEAR(losses.person.item<double>(), CrossEntropy(person, 1), 1e-5);
  EXPECT_NEAR(LossesOfPoints(answer, Numbers(0), kStride).person.item<double>(),
              CrossEntropy(person, 0), 1e-5);
}

TEST(LossesOfPoints, OfNobodyAreNumbers) {
  const torch::Tensor answer = torch::randn({2, kPersonPointPlanes, kHeight, kWidth});
  const PointLosses losses = LossesOfPoints(answer, torch::zeros({2, kPointNumbers}), kStride);
  EXPECT_EQ(losses.places.item<double>(), 0);
  EXPECT_TRUE(std::isfinite(losses.seen.item<double>()));
}

TEST(StartRefineNetwork, TakesTheBaseOfAPoseNetworkAsItIs) {
  const testing::TempDir folder;
  const Network pose = MakePoseNetwork({.width = 0.5, .stages = 0});
  WriteOnnx(pose, folder / "pose.onnx");
  Recipe recipe;
  recipe.task = TrainTask::kRefine;
  recipe.train.crop = {96, 128};
  recipe.network.pose.width = 0.5;
  recipe.network.start = folder / "pose.onnx";
  const Network network = StartRefineNetwork(recipe);
  EXPECT_FALSE(network.Find("base/conv5_5/sep")->batch_norm);  // folded in the file
  EXPECT_TRUE(network.Find("points/hidden")->batch_norm);
  EXPECT_EQ(network.weights.at("base/conv5_5/sep/weight").values,
            FoldBatchNorm(pose).weights.at("base/conv5_5/sep/weight").values);
  recipe.network.pose.width = 0.25;
  EXPECT_THROW(StartRefineNetwork(recipe), Error);
}

}  // namespace
}  // namespace tenjo
