#include "tenjo/train/appearance_task.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/random.h"
#include "tenjo/model/narrow.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"
#include "tenjo/train/job/checkpoint.h"
#include "tenjo/train/train.h"

namespace tenjo {
namespace {

using testing::MessageOf;

TEST(AppearanceLosses, CrossEntropyIsItsDefinition) {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({5, 7}, torch::kFloat64);
  const torch::Tensor labels = torch::tensor({0, 3, 6, 3, 1}, torch::kInt64);
  double sum = 0;
  for (int n = 0; n < 5; ++n) {
    double total = 0;
    for (int c = 0; c < 7; ++c) {
      total += std::exp(logits[n][c].item<double>());
    }
    for (int c = 0; c < 7; ++c) {
      const double wanted = 0.2 / 7 + (c == labels[n].item<std::int64_t>() ? 0.8 : 0);
      sum -= wanted * (logits[n][c].item<double>() - std::log(total));
    }
  }
  EXPECT_NEAR(SmoothedCrossEntropy(logits, labels, 0.2).item<double>(), sum / 5, 1e-12);
}

struct Pictured {
  torch::Tensor embeddings;
  std::vector<std::int64_t> labels;
};

// Of up to four people, with embeddings of unit length.
Pictured Pictures(int count, Random* random) {
  const torch::Tensor embeddings = torch::randn({count, 4}, torch::kFloat64);
  Pictured pictures = {embeddings / embeddings.norm(2, {1}, true), {}};
  for (int i = 0; i < count; ++i) {
    pictures.labels.push_back(random->Index(4));
  }
  return pictures;
}

TEST(AppearanceLosses, TripletsAreTheHardestOnes) {
  for (int round = 0; round < 20; ++round) {
    torch::manual_seed(round);
    Random random(static_cast<std::uint64_t>(round));
    const int count = random.Integer(2, 12);
    const double margin = round % 2 == 0 ? 0.3 : 0;
    const auto [embeddings, labels] = Pictures(count, &random);
    double sum = 0;
    int triplets = 0;
    for (int a = 0; a < count; ++a) {
      double far = -1;
      double near = -1;
      for (int b = 0; b < count; ++b) {
        const double d = (embeddings[a] - embeddings[b]).norm().item<double>();
        const auto same =
            labels[static_cast<std::size_t>(a)] == labels[static_cast<std::size_t>(b)];
        if (same && a != b) {
          far = std::max(far, d);
        } else if (!same) {
          near = near < 0 ? d : std::min(near, d);
        }
      }
      if (far >= 0 && near >= 0) {
        ++triplets;
        sum += margin > 0 ? std::max(0.0, far - near + margin) : std::log1p(std::exp(far - near));
      }
    }
    const double loss =
        BatchHardTripletLoss(embeddings, torch::tensor(labels, torch::kInt64), margin)
            .item<double>();
    EXPECT_NEAR(loss, triplets > 0 ? sum / triplets : 0, 1e-6) << round;
  }
}

TEST(AppearanceLosses, ContrastIsItsDefinition) {
  for (int round = 0; round < 20; ++round) {
    torch::manual_seed(round);
    Random random(static_cast<std::uint64_t>(round));
    const int count = random.Integer(1, 12);
    const double temperature = random.Uniform(0.05F, 1.0F);
    const auto [embeddings, labels] = Pictures(count, &random);
    double sum = 0;
    int anchors = 0;
    for (int a = 0; a < count; ++a) {
      double all = 0;
      double own = 0;
      int others = 0;
      for (int b = 0; b < count; ++b) {
        if (a != b) {
          const double cosine = (embeddings[a] * embeddings[b]).sum().item<double>() / temperature;
          all += std::exp(cosine);
          const auto same =
              labels[static_cast<std::size_t>(a)] == labels[static_cast<std::size_t>(b)];
          own += same ? cosine : 0;
          others += same ? 1 : 0;
        }
      }
      if (others > 0) {
        ++anchors;
        sum += std::log(all) - own / others;
      }
    }
    const double loss =
        ContrastiveLoss(embeddings, torch::tensor(labels, torch::kInt64), temperature)
            .item<double>();
    EXPECT_NEAR(loss, anchors > 0 ? sum / anchors : 0, 1e-9) << round;
  }
}

TEST(AppearanceLosses, CosineLogitsKnowNoLengths) {
  torch::manual_seed(2);
  const torch::Tensor embeddings = torch::randn({5, 3}, torch::kFloat64);
  const torch::Tensor classes = torch::randn({4, 3}, torch::kFloat64);
  const torch::Tensor labels = torch::tensor({0, 3, 1, 2, 3}, torch::kInt64);
  const torch::Tensor logits = CosineLogits(3 * embeddings, 0.1 * classes, labels, 20, 0.25);
  for (int i = 0; i < 5; ++i) {
    for (int c = 0; c < 4; ++c) {
      const double cosine = (embeddings[i] * classes[c]).sum().item<double>() /
                            embeddings[i].norm().item<double>() / classes[c].norm().item<double>();
      const double margin = c == labels[i].item<std::int64_t>() ? 0.25 : 0;
      EXPECT_NEAR(logits[i][c].item<double>(), 20 * (cosine - margin), 1e-9);
    }
  }
}

TEST(AppearanceLosses, GradientsAreFiniteForIdenticalPictures) {
  torch::Tensor same = torch::full({4, 9}, 1.0 / 3).set_requires_grad(true);
  BatchHardTripletLoss(same, torch::tensor({0, 0, 1, 1}, torch::kInt64), 0.3).backward();
  EXPECT_TRUE(same.grad().isfinite().all().item<bool>());
}

// People of plain colours, in pictures of noise.
class AppearanceTrainTest : public ::testing::Test {
 protected:
  AppearanceTrainTest() {
    std::filesystem::create_directories(folder_ / "images");
    cv::theRNG().state = 9;
    std::string images;
    std::string people;
    for (int i = 0; i < 24; ++i) {
      cv::Mat picture(48, 32, CV_8UC3);
      cv::randu(picture, 0, 255);
      const int identity = i / 3;
      picture(cv::Rect(10, 8, 12, 32))
          .setTo(cv::Scalar((identity & 1) * 200 + 20, (identity & 2) * 100 + 20,
                            (identity & 4) * 50 + 20));
      cv::imwrite((folder_ / "images" / fmt::format("{}.jpg", i)).string(), picture);
      images += fmt::format(
          R"({}{{"id":{},"file_name":"{}.jpg","width":32,"height":48,"camera_index":{}}})",
          i > 0 ? "," : "", i, i, i % 3);
      people +=
          fmt::format(R"({}{{"id":{},"image_id":{},"identity":{},"rotated_box":[16,24,12,32,0]}})",
                      i > 0 ? "," : "", i, i, identity);
    }
    WriteFile(folder_ / "annotations.json",
              R"({"images":[)" + images + R"(],"annotations":[)" + people + "]}");
  }

  TrainJob Job(const std::string& out, const std::vector<std::string>& overrides = {}) const {
    TrainJob job;
    job.recipe = ParseRecipe(
        fmt::format("task = 'appearance'\n[network]\nwidth = 0.25\n"
                    "[appearance]\npeople = 4\nviews = 2\nnumbers = 16\n"
                    "[train]\nsteps = 4\ncrop = '16x32'\nlearning_rate = 2e-3\nwarmup = 2\n"
                    "threads = 1\nworkers = 1\nlog_every = 2\ncheckpoint_every = 2\n"
                    "device = 'cpu'\nema = 0.5\n"
                    "[[data]]\nannotations = '{0}'\n"
                    "[validation]\nevery = 4\n[[validation.data]]\nannotations = '{0}'\n",
                    folder_.path().string()),
        "test", overrides);
    job.out = folder_ / out;
    job.quiet = true;
    return job;
  }

  testing::TempDir folder_;
};

TEST_F(AppearanceTrainTest, LearnsMeasuresAndExports) {
  std::vector<std::string> overrides = {"train.steps=150", "validation.every=150",
                                        "appearance.people=8", "appearance.views=3",
                                        "train.ema=0.9"};
  for (const char* change :
       {"erase", "low_resolution", "grey", "rotation", "shift", "scale", "brightness", "contrast",
        "saturation", "tint", "gamma", "blur", "noise", "compression"}) {
    overrides.push_back(fmt::format("augment.{}=0", change));
  }
  const TrainResult result = Train(Job("learns", overrides));
  EXPECT_EQ(result.best_step, 150);
  EXPECT_GT(result.best_score, 0.75);  // by chance: about 0.15
  const Network network = ReadOnnxNetwork(result.network);
  EXPECT_EQ(network.facts.task, "appearance");
  EXPECT_EQ(network.facts.input_width, 16);
  EXPECT_EQ(network.weights.count("classifier/weight"), 0U);
  const std::string metrics = ReadFile(folder_ / "learns/metrics.jsonl");
  EXPECT_SAYS(metrics, "\"triplet\":");
  EXPECT_SAYS(metrics, "\"contrast\":");
  EXPECT_SAYS(metrics, "\"rank1\":");
  EXPECT_SAYS(ReadFile(folder_ / "learns/report.html"), "rank-1");
  EXPECT_EQ(network.facts.crop_mask, CropMask::kNone);
  // What was learned is where another training may begin.
  const TrainResult masked =
      Train(Job("again", {"network.start=" + result.network.string(), "appearance.mask=ellipse"}));
  EXPECT_EQ(ReadOnnxNetwork(masked.network).facts.crop_mask, CropMask::kEllipse);
  EXPECT_SAYS(MessageOf([&] {
                Train(Job("wide", {"network.start=" + result.network.string(), "network.width=1"}));
              }),
              "No layer of");
}

TEST_F(AppearanceTrainTest, StartsFromHalfOfANetwork) {
  const Network wide = MakeAppearanceNetwork({.width = 0.5, .numbers = 16});
  WriteOnnx(wide, folder_ / "wide.onnx");
  const TrainJob job =
      Job("half", {"network.start=" + (folder_ / "wide.onnx").string(), "network.narrow=0.5"});
  const Network start = AppearanceTask(job.recipe, false).Start();
  for (const auto& [name, tensor] : NarrowNetwork(FoldBatchNorm(wide), 0.5).weights) {
    if (name.ends_with("/weight")) {
      EXPECT_EQ(start.weights.at(name).values, tensor.values) << name;
    }
  }
}

TEST_F(AppearanceTrainTest, GoesOnAsIfNothingHadHappened) {
  Train(Job("whole"));
  Train(Job("cut"));
  std::filesystem::remove(CheckpointPath(folder_ / "cut/checkpoints", 4));
  TrainJob job = Job("cut");
  job.resume = true;
  Train(job);
  EXPECT_EQ(ReadFile(CheckpointPath(folder_ / "cut/checkpoints", 4)),
            ReadFile(CheckpointPath(folder_ / "whole/checkpoints", 4)));
}

}  // namespace
}  // namespace tenjo
