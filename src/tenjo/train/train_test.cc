#include "tenjo/train/train.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <thread>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/dataset/coco.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/model/narrow.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/pose/drawn_people_test.h"
#include "tenjo/pose/person_encoder.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/process.h"
#include "tenjo/train/job/checkpoint.h"
#include "tenjo/train/person_losses.h"
#include "tenjo/train/trainer.h"

namespace tenjo {
namespace {

// A few pictures with people drawn as noise, as a COCO set.
void WriteDrawnSet(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "images");
  std::mt19937 random(4);
  cv::theRNG().state = 7;
  LabelledSet set;
  for (int i = 0; i < 6; ++i) {
    LabelledImage image;
    image.id = i + 1;
    image.width = 160;
    image.height = 120;
    image.file = folder / "images" / fmt::format("{}.jpg", i);
    cv::Mat picture(120, 160, CV_8UC3);
    cv::randu(picture, 0, 255);
    cv::imwrite(image.file.string(), picture);
    for (const Skeleton& skeleton : testing::DrawCrowd(&random, 1, 100, 80)) {
      LabelledPerson person;
      person.id = i + 1;
      person.box = {10, 10, 80, 100};
      person.area = 8000;
      person.rotated_box = {49.5, 59.5, 80, 100, 10};
      for (int k = 0; k < kNumKeypoints; ++k) {
        const Keypoint& at = skeleton[k];
        if (at.x >= 0 && at.y >= 0 && at.x < 160 && at.y < 120) {
          person.keypoints[k] = {at.x, at.y, 1};
          person.visibility[k] = kSeen;
          ++person.num_keypoints;
        }
      }
      image.people.push_back(person);
    }
    set.images.push_back(image);
  }
  WriteCoco(set, folder / "images", folder / "annotations.json");
}

class TrainTest : public ::testing::Test {
 protected:
  TrainTest() { WriteDrawnSet(folder_ / "set"); }

  TrainJob Job(const std::string& out, const std::vector<std::string>& overrides = {}) const {
    const std::string text = fmt::format(
        "[network]\nwidth = 0.25\nstages = 1\n"
        "[train]\nsteps = 6\nbatch = 2\ncrop = '64x64'\nlearning_rate = 1e-3\nwarmup = 2\n"
        "threads = 1\nworkers = 1\nlog_every = 1\ncheckpoint_every = 2\nkeep = 10\ndevice = 'cpu'\n"
        "[[data]]\nannotations = '{}'\n",
        (folder_ / "set").string());
    TrainJob job;
    job.recipe = ParseRecipe(text, "test", overrides);
    job.out = folder_ / out;
    job.quiet = true;
    return job;
  }

  std::vector<double> Losses(const std::string& out) const {
    std::vector<double> losses;
    const std::string text = ReadFile(folder_ / out / "metrics.jsonl");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const auto json = nlohmann::json::parse(text.substr(at, end - at));
      if (json.contains("rate")) {
        losses.push_back(json["loss"].get<double>());
      }
      at = end + 1;
    }
    return losses;
  }

  testing::TempDir folder_;
};

void ExpectSameTensors(const Checkpoint& a, const Checkpoint& b) {
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_EQ(a.tensors[i].name, b.tensors[i].name);
    EXPECT_EQ(a.tensors[i].bytes, b.tensors[i].bytes) << a.tensors[i].name;
  }
}

TEST_F(TrainTest, GoesOnAsIfNothingHadHappened) {
  const TrainResult whole = Train(Job("whole", {"train.log_every=2"}));
  EXPECT_EQ(whole.step, 6);
  EXPECT_FALSE(whole.stopped);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "whole/report.html"));
  // Cut short after the fourth step, in the middle of nowhere: what came after the checkpoint of
  // step 2 is lost, and so is the damaged one of step 4.
  Train(Job("cut", {"train.log_every=2"}));
  const std::filesystem::path cut = folder_ / "cut/checkpoints";
  std::filesystem::remove(CheckpointPath(cut, 6));
  std::filesystem::resize_file(CheckpointPath(cut, 4), 1000);
  TrainJob job = Job("cut", {"train.log_every=2"});
  EXPECT_THROW(Train(job), Error);
  job.resume = true;
  EXPECT_EQ(Train(job).step, 6);
  EXPECT_EQ(Losses("cut"), Losses("whole"));
  ExpectSameTensors(ReadCheckpoint(CheckpointPath(cut, 6)),
                    ReadCheckpoint(CheckpointPath(folder_ / "whole/checkpoints", 6)));
}

TEST_F(TrainTest, StopsWhenAskedAndKeepsTheUnfinishedLine) {
  Train(Job("whole", {"train.log_every=3"}));
  std::atomic<bool> stop = true;
  TrainJob job = Job("stopped", {"train.log_every=3"});
  job.stop = &stop;
  EXPECT_TRUE(Train(job).stopped);
  EXPECT_EQ(ListCheckpoints(job.out / "checkpoints").size(), 1U);
  job.resume = true;
  EXPECT_EQ(Train(job).step, 2);
  stop = false;
  EXPECT_EQ(Train(job).step, 6);
  EXPECT_EQ(Losses("stopped"), Losses("whole"));
}

TEST_F(TrainTest, TrainsInEightBitsAndGoesOnWithIt) {
  const std::vector<std::string> overrides = {"quantize.on=true", "quantize.calibration_batches=2"};
  const TrainResult whole = Train(Job("whole", overrides));
  EXPECT_TRUE(IsInt8Network(whole.int8));
  EXPECT_FALSE(IsInt8Network(whole.network));
  // NAME-int8.onnx is taken for NAME.onnx only if it was made of it.
  EXPECT_EQ(ChooseNetwork(whole.network, Precision::kInt8, "openvino", "CPU").model, whole.int8);
  Train(Job("cut", overrides));
  const std::filesystem::path cut = folder_ / "cut/checkpoints";
  std::filesystem::remove(CheckpointPath(cut, 6));
  TrainJob job = Job("cut", overrides);
  job.resume = true;
  Train(job);
  EXPECT_EQ(Losses("cut"), Losses("whole"));
  ExpectSameTensors(ReadCheckpoint(CheckpointPath(cut, 6)),
                    ReadCheckpoint(CheckpointPath(folder_ / "whole/checkpoints", 6)));
  EXPECT_EQ(ReadFile(folder_ / "cut/last-int8.onnx"), ReadFile(folder_ / "whole/last-int8.onnx"));
}

TEST_F(TrainTest, LearnsAndExports) {
  TrainJob job = Job("learns", {"train.steps=40", "train.checkpoint_every=40", "augment.rotation=0",
                                "train.learning_rate=3e-3", "train.ema=0.5"});
  const TrainResult result = Train(job);
  const std::vector<double> losses = Losses("learns");
  double first = 0;
  double last = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    first += losses[i];
    last += losses[losses.size() - 1 - i];
  }
  EXPECT_LT(last, 0.8 * first);
  const Network network = ReadOnnxNetwork(result.network);
  EXPECT_EQ(network.facts.task, "pose");
}

TEST_F(TrainTest, ValidatesFreezesAndLearnsFromATeacher) {
  Train(Job("teacher", {"train.steps=2"}));
  const std::string set = (folder_ / "set").string();
  const std::string validation = "validation.data=[{annotations='" + set + "'}]";
  TrainJob job =
      Job("student", {"teacher.network=" + (folder_ / "teacher/last.onnx").string(), validation,
                      "validation.every=3", "validation.height=64", "network.freeze=['base']",
                      "train.precision=bf16", "train.optimizer=adam"});
  RecipeData unlabelled;
  unlabelled.name = "pictures";
  unlabelled.images = folder_ / "set/images";
  unlabelled.unlabelled = true;
  job.recipe.data.push_back(unlabelled);
  const TrainResult result = Train(job);
  EXPECT_GE(result.best_step, 3);
  Network before = StartNetwork(job.recipe);
  const Checkpoint after = ReadCheckpoint(CheckpointPath(job.out / "checkpoints", 6));
  int same = 0;
  int changed = 0;
  for (const auto& [name, tensor] : before.weights) {
    const std::string bytes(reinterpret_cast<const char*>(tensor.values.data()),
                            tensor.values.size() * sizeof(float));
    const bool equal = after.Find("network/" + name).bytes == bytes;
    EXPECT_TRUE(equal || !name.starts_with("base")) << name;
    (equal ? same : changed) += 1;
  }
  EXPECT_GT(same, 0);
  EXPECT_GT(changed, 0);
  EXPECT_THROW(Train(Job("frozen", {"network.freeze=['nothing']"})), Error);
}

TEST_F(TrainTest, PersonHeadsLearnAloneOrWithTheRest) {
  Train(Job("start", {"train.steps=1"}));
  const std::string start = (folder_ / "start/last.onnx").string();
  TrainJob job =
      Job("heads", {"network.person_heads=true", "network.learn=['person/']", "train.steps=60",
                    "train.learning_rate=1e-2", "train.ema=0.5", "train.checkpoint_every=60",
                    "augment.rotation=20",
                    "validation.data=[{annotations='" + (folder_ / "set").string() + "'}]",
                    "validation.every=60", "validation.height=64"});
  job.recipe.network.start = start;
  job.recipe.network.build = false;
  const TrainResult result = Train(job);
  const Network before = ReadOnnxNetwork(start);
  const Network after = ReadOnnxNetwork(result.network);
  for (const auto& [name, tensor] : before.weights) {
    EXPECT_EQ(tensor.values, after.weights.at(name).values) << name;
  }
  EXPECT_EQ(after.FinalOutputs().size(), 4U);
  EXPECT_NE(StartNetwork(job.recipe).weights.at("person/squeeze/weight").values,
            after.weights.at("person/squeeze/weight").values);
  const std::vector<double> losses = Losses("heads");
  EXPECT_LT(losses.back(), 0.7 * losses.front());
  const std::string metrics = ReadFile(folder_ / "heads/metrics.jsonl");
  EXPECT_NE(metrics.find("\"heatmaps\":[],\"pafs\":[],\"centres\":"), std::string::npos);
  EXPECT_NE(metrics.find("\"box_ap\":"), std::string::npos);
  // All together, from the network with heads: what both need learns of both.
  TrainJob all = Job("all", {"train.steps=2", "network.freeze=['base/conv1', 'stage1']"});
  all.recipe.network.start = result.network;
  all.recipe.network.build = false;
  const Network both = ReadOnnxNetwork(Train(all).network);
  for (const auto& [name, tensor] : both.weights) {
    const bool frozen = name.starts_with("base/conv1") || name.starts_with("stage1");
    if (name.ends_with("/weight")) {
      EXPECT_EQ(tensor.values == after.weights.at(name).values, frozen) << name;
    }
  }
  EXPECT_EQ(ReadFile(folder_ / "all/metrics.jsonl").find("\"heatmaps\":[]"), std::string::npos);
  EXPECT_THROW(Train(Job("nobody", {"network.learn=['nothing']"})), Error);
  EXPECT_THROW(Train(Job("all frozen", {"network.freeze=['']"})), Error);
}

TEST_F(TrainTest, StartsFromHalfOfANetwork) {
  const Network wide = MakePoseNetwork({.width = 0.5, .stages = 1, .activation = Activation::kElu});
  WriteOnnx(wide, folder_ / "wide.onnx");
  TrainJob job =
      Job("half", {"network.start=" + (folder_ / "wide.onnx").string(), "network.narrow=0.5",
                   "network.insert_batch_norm=true", "network.person_heads=true", "train.steps=2"});
  job.recipe.network.stages = 0;
  job.recipe.network.build = false;
  const Network start = StartNetwork(job.recipe);
  const PoseNetworkOptions form = {
      .width = 0.25, .stages = 0, .activation = Activation::kElu, .person_heads = true};
  EXPECT_EQ(WeightShapes(FoldBatchNorm(start)), WeightShapes(FoldBatchNorm(MakePoseNetwork(form))));
  const Network narrow = NarrowNetwork(CutStages(FoldBatchNorm(wide), 0), 0.5);
  for (const auto& [name, tensor] : narrow.weights) {
    EXPECT_EQ(start.weights.at(name).values, tensor.values) << name;
  }
  const Network learned = ReadOnnxNetwork(Train(job).network);
  EXPECT_EQ(WeightShapes(learned), WeightShapes(FoldBatchNorm(start)));
  // With hints of what was cut, and on from a checkpoint, which says what that was.
  const auto hinted = [&](const std::string& out) {
    TrainJob with = job;
    with.out = folder_ / out;
    with.recipe.network.hints = 5;
    return with;
  };
  Train(hinted("hinted"));
  EXPECT_NE(ReadFile(folder_ / "hinted/metrics.jsonl").find("\"hints\":"), std::string::npos);
  EXPECT_EQ(ReadFile(folder_ / "half/metrics.jsonl").find("\"hints\":"), std::string::npos);
  TrainJob on = hinted("on");
  std::atomic<bool> stop = true;
  on.stop = &stop;
  EXPECT_EQ(Train(on).step, 1);
  on.stop = nullptr;
  on.resume = true;
  EXPECT_EQ(Train(on).step, 2);
  EXPECT_EQ(Losses("on"), Losses("hinted"));
}

// What a teacher has no say in it is not asked about.
TEST_F(TrainTest, ATeacherOfNothingChangesNothing) {
  Train(Job("alone"));
  Train(Job("beside",
            {"teacher.network=" + (folder_ / "alone/last.onnx").string(), "data.0.taught=false"}));
  const auto alone = Losses("alone");
  const auto beside = Losses("beside");
  ASSERT_EQ(beside.size(), alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_NEAR(beside[i], alone[i], 0.005 * alone[i]) << i;  // summed in another order
  }
}

TEST_F(TrainTest, LossThatIsNoNumberNamesTheBatch) {
  TrainJob job = Job("nan", {"train.learning_rate=1e12", "train.warmup=0", "train.clip=0",
                             "train.schedule=constant", "train.steps=100"});
  try {
    Train(job);
    FAIL() << "must not end well";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("is not a number; its batch (number "), std::string::npos) << what;
    EXPECT_NE(what.find(".jpg"), std::string::npos) << what;
  }
  for (const auto& path : ListCheckpoints(job.out / "checkpoints")) {
    for (const CheckpointTensor& tensor : ReadCheckpoint(path).tensors) {
      if (tensor.type == "f32") {
        const auto* values = reinterpret_cast<const float*>(tensor.bytes.data());
        for (std::size_t i = 0; i < tensor.bytes.size() / sizeof(float); ++i) {
          ASSERT_TRUE(std::isfinite(values[i])) << path << ' ' << tensor.name;
        }
      }
    }
  }
}

TEST_F(TrainTest, OneThreadIsOneThread) {
  Train(Job("one", {"train.steps=1"}));
  EXPECT_EQ(torch::get_num_threads(), 1);
  // OpenBLAS's own threads are not counted by LibTorch.
  if (void* threads = dlsym(RTLD_DEFAULT, "openblas_get_num_threads")) {
    EXPECT_EQ(reinterpret_cast<int (*)()>(threads)(), 1);
  }
}

TEST(PoseLosses, AreHalfTheMaskedSquares) {
  const auto random = [](std::int64_t planes) { return torch::randn({2, planes, 3, 4}); };
  torch::manual_seed(3);
  Targets targets;
  targets.heatmaps = random(19);
  targets.pafs = random(38);
  targets.mask = (torch::rand({2, 1, 3, 4}) > 0.5).to(torch::kFloat32);
  const std::map<std::string, std::vector<torch::Tensor>> answers = {
      {"heatmaps", {random(19), random(19)}}, {"pafs", {random(38), random(38)}}};
  const auto slow = [&](const torch::Tensor& answer, const torch::Tensor& target,
                        const torch::Tensor& teacher, double share) {  // taught: the second
    double sum = 0;
    for (int n = 0; n < 2; ++n) {
      for (std::int64_t c = 0; c < answer.size(1); ++c) {
        for (int i = 0; i < 12; ++i) {
          const auto at = [&](const torch::Tensor& t, std::int64_t plane) {
            return t[n][plane].flatten()[i].item<double>();
          };
          const double mask = at(targets.mask, 0);
          const double label = at(answer, c) - at(target, c);
          if (!teacher.defined() || n == 0) {
            sum += mask * label * label;
          } else {
            const double taught = at(answer, c) - at(teacher, c);
            const double weight = mask * (1 - share);
            sum += weight * label * label + (1 - weight) * taught * taught;
          }
        }
      }
    }
    return sum / 2 / 2;
  };
  StageLosses losses = PoseLosses(answers, targets, {}, 0);
  EXPECT_NEAR(losses.heatmaps[1].item<double>(),
              slow(answers.at("heatmaps")[1], targets.heatmaps, {}, 0), 1e-3);
  EXPECT_NEAR(losses.total.item<double>(),
              losses.heatmaps[0].item<double>() + losses.heatmaps[1].item<double>() +
                  losses.pafs[0].item<double>() + losses.pafs[1].item<double>(),
              1e-2);
  targets.teacher_heatmaps = random(19);
  targets.teacher_pafs = random(38);
  targets.taught = torch::tensor({0.0F, 1.0F}).view({2, 1, 1, 1});
  losses = PoseLosses(answers, targets, {}, 0.3);
  EXPECT_NEAR(losses.pafs[0].item<double>(),
              slow(answers.at("pafs")[0], targets.pafs, targets.teacher_pafs, 0.3), 1e-3);
}

// One number of a map: of the first picture, by plane and place.
double At(const torch::Tensor& maps, int plane, int place) {
  return maps[0][plane].flatten()[place].item<double>();
}

double Smooth(double difference) {
  const double size = std::abs(difference);
  return size < 0.1 ? size * size / 0.2 : size - 0.05;
}

TEST(LossesOfPeople, AreWhatTheyAreDefinedToBe) {
  torch::manual_seed(4);
  const torch::Tensor centres = torch::randn({1, 1, 8, 8}) * 2;
  const torch::Tensor boxes = torch::randn({1, 6, 8, 8});
  torch::Tensor targets = torch::zeros({1, kNumPersonPlanes, 8, 8});
  PersonLabel ignored = {.box = {55, 10, 20, 20, 0}};
  ignored.ignored = true;
  PersonLabel bare = {.box = {50, 50, 16, 24, 0}, .x = 50, .y = 50, .shape = false};
  EncodePeople(
      std::vector<PersonLabel>{{.box = {20, 25, 24, 40, 30}, .x = 20, .y = 25}, ignored, bare}, 64,
      64, 8, targets.data_ptr<float>());
  double focal = 0;
  double place = 0;
  double shape = 0;
  for (int i = 0; i < 64; ++i) {
    const double heat = At(targets, kPersonHeat, i);
    const double p = 1 / (1 + std::exp(-At(centres, 0, i)));
    focal -= At(targets, kPersonHeatWeight, i) *
             (heat == 1 ? std::pow(1 - p, 2) * std::log(p)
                        : std::pow(1 - heat, 4) * p * p * std::log(1 - p));
    const auto error = [&](int k) { return At(boxes, k, i) - At(targets, kPersonDx + k, i); };
    const double log_w = At(targets, kPersonLogW, i);
    const double log_h = At(targets, kPersonLogH, i);
    const double half = std::max(0.5, 0.5 * std::exp((log_w + log_h) / 2));
    place +=
        At(targets, kPersonPlaceWeight, i) * (Smooth(error(0) / half) + Smooth(error(1) / half));
    shape += At(targets, kPersonShapeWeight, i) *
             (Smooth(error(2)) + Smooth(error(3)) +
              std::min(1.0, 0.2 + std::abs(log_h - log_w)) * (Smooth(error(4)) + Smooth(error(5))));
  }
  const PersonLosses losses = LossesOfPeople(centres, boxes, targets);
  EXPECT_NEAR(losses.centres.item<double>(), focal / 2, 1e-4);
  EXPECT_NEAR(losses.boxes.item<double>(), place / 2 + shape, 1e-4);
}

TEST(SharedBatchNorm, AloneIsLibTorchs) {
  torch::manual_seed(5);
  const auto group = ProcessGroup::FromEnvironment();
  const torch::Tensor input = torch::randn({3, 4, 5, 6}) * 2 + 1;
  const torch::Tensor direction = torch::randn({3, 4, 5, 6});
  std::vector<std::vector<torch::Tensor>> results;
  for (const bool shared : {false, true}) {
    torch::Tensor x = input.clone().set_requires_grad(true);
    torch::Tensor scale = torch::linspace(0.5, 2, 4).set_requires_grad(true);
    torch::Tensor shift = torch::linspace(-1, 1, 4).set_requires_grad(true);
    torch::Tensor mean = torch::full({4}, 0.3);
    torch::Tensor variance = torch::full({4}, 2.0);
    const torch::Tensor out =
        shared ? SharedBatchNorm(group.get(), x, scale, shift, mean, variance, 0.1, 1e-5)
               : torch::batch_norm(x, scale, shift, mean, variance, true, 0.1, 1e-5, false);
    (out * direction).sum().backward();
    results.push_back({out, mean, variance, x.grad(), scale.grad(), shift.grad()});
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_LT((results[0][i] - results[1][i]).abs().max().item<double>(), 2e-5) << i;
  }
}

TEST(Adam, EqualsItsDefinition) {
  struct One : torch::nn::Module {
    One() { weight = register_parameter("weight", torch::full({2, 2}, 0.5)); }
    torch::Tensor weight;
  };
  for (const Optimizer kind : {Optimizer::kAdam, Optimizer::kAdamW}) {
    One one;
    RecipeTrain options;
    options.optimizer = kind;
    options.weight_decay = 0.1;
    AdamOptimiser adam(one, options);
    double w = 0.5;
    double m = 0;
    double v = 0;
    for (int step = 1; step <= 5; ++step) {
      adam.ZeroGradients();
      (one.weight * one.weight * step).sum().backward();
      EXPECT_NEAR(adam.ClipGradients(0), 2 * std::abs(2 * w * step), 1e-4);
      adam.Step(0.01);
      double g = 2 * w * step;
      if (kind == Optimizer::kAdam) {
        g += 0.1 * w;
      } else {
        w *= 1 - 0.01 * 0.1;
      }
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= 0.01 * (m / (1 - std::pow(0.9, step))) /
           (std::sqrt(v / (1 - std::pow(0.999, step))) + 1e-8);
      EXPECT_NEAR(one.weight[0][1].item<double>(), w, 1e-5);
    }
  }
}

}  // namespace
}  // namespace tenjo
