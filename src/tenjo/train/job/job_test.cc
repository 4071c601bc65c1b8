#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <random>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"
#include "tenjo/train/job/checkpoint.h"
#include "tenjo/train/job/metrics.h"
#include "tenjo/train/job/recipe.h"
#include "tenjo/train/job/report.h"

namespace tenjo {
namespace {

constexpr const char* kRecipe = R"(
name = "tiny"
[network]
width = 0.25
stages = 2
freeze = ["base/conv1"]
[train]
steps = 100
warmup = 10
learning_rate = 1e-3
crop = "128x64"
[augment]
rotation = 90
[[data]]
annotations = "a.json"
weight = 0.6
[[data]]
annotations = "b.json"
images = "pictures"
hidden = "ignore"
[data.augment]
rotation = 10
)";

std::string Message(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    ParseRecipe(text, "r.toml", overrides);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Recipe, ReadsKeysAndInheritsAugmentation) {
  const Recipe recipe = ParseRecipe(kRecipe, "r.toml", {});
  EXPECT_EQ(recipe.name, "tiny");
  EXPECT_DOUBLE_EQ(recipe.network.pose.width, 0.25);
  EXPECT_EQ(recipe.network.pose.stages, 2);
  EXPECT_EQ(recipe.network.freeze, std::vector<std::string>{"base/conv1"});
  EXPECT_EQ(recipe.train.crop, cv::Size(128, 64));
  ASSERT_EQ(recipe.data.size(), 2U);
  EXPECT_FLOAT_EQ(recipe.data[0].augment.rotation_deg, 90);
  EXPECT_FLOAT_EQ(recipe.data[1].augment.rotation_deg, 10);
  EXPECT_EQ(recipe.data[1].hidden, HiddenKeypoints::kIgnore);
  // What is kept as text is the whole recipe.
  const Recipe again = ParseRecipe(recipe.text, "again", {});
  EXPECT_EQ(again.text, recipe.text);
  EXPECT_EQ(again.train.steps, 100);
}

TEST(Recipe, OverridesOfAllKinds) {
  const Recipe recipe =
      ParseRecipe(kRecipe, "r.toml",
                  {"train.steps=7", "data.1.weight=0.25", "train.mask=box",
                   "network.start=a b.onnx", "teacher.network=t.onnx", "train.decay_at=[1, 2]",
                   "augment.rotation=5", "data.1.taught=false"});
  EXPECT_EQ(recipe.train.steps, 7);
  EXPECT_DOUBLE_EQ(recipe.data[1].weight, 0.25);
  EXPECT_EQ(recipe.train.mask, MaskMode::kBox);
  EXPECT_EQ(recipe.network.start, "a b.onnx");
  EXPECT_EQ(recipe.teacher.network, "t.onnx");
  EXPECT_TRUE(recipe.data[0].taught);
  EXPECT_FALSE(recipe.data[1].taught);
  EXPECT_EQ(recipe.train.decay_at, (std::vector<std::int64_t>{1, 2}));
  EXPECT_FLOAT_EQ(recipe.data[0].augment.rotation_deg, 5);
  EXPECT_NE(Message(kRecipe, {"train.steps"}).find("must be KEY=VALUE"), std::string::npos);
  EXPECT_NE(Message(kRecipe, {"data.5.weight=1"}).find("a place in a list of 2"),
            std::string::npos);
  EXPECT_NE(Message(kRecipe, {"name.x.y=1"}).find("below what is no table"), std::string::npos);
}

TEST(Recipe, NamesWhatIsWrongAndItsLine) {
  const std::string text(kRecipe);
  EXPECT_NE(Message(text + "\n[train2]\n").find("r.toml:24: train2 is not known; known are"),
            std::string::npos)
      << Message(text + "\n[train2]\n");
  EXPECT_NE(Message("[train]\nstep = 3\n[[data]]\nannotations='a'").find("train.step is not known"),
            std::string::npos);
  EXPECT_NE(Message(text, {"train.steps=0"}).find("train.steps must be a whole number from 1"),
            std::string::npos);
  EXPECT_NE(Message(text, {"train.batch=2.5"}).find("whole number"), std::string::npos);
  EXPECT_NE(Message(text, {"train.schedule=linear"}).find("one of constant, cosine, step"),
            std::string::npos);
  EXPECT_NE(Message(text, {"train.crop=100x100"}).find("multiples of 8"), std::string::npos);
  EXPECT_NE(Message(text, {"data.0.unlabelled=true"}).find("images must name the folder"),
            std::string::npos);
  EXPECT_NE(Message("name = 'x'").find("there is no data"), std::string::npos);
  EXPECT_NE(Message("[[data]]\nimages='x'\nunlabelled=true").find("only a teacher"),
            std::string::npos);
  EXPECT_NE(Message("[[data]]\nimages='x'\nunlabelled=true\ntaught=false").find("taught must stay"),
            std::string::npos);
  EXPECT_NE(Message("[data").find("r.toml:1"), std::string::npos);
}

TEST(Recipe, AppearanceHasKeysOfItsOwn) {
  const std::string text =
      "task = 'appearance'\n[appearance]\npeople = 3\nviews = 5\n[[data]]\nannotations = 'a'\n";
  const Recipe recipe = ParseRecipe(
      text, "r.toml",
      {"augment.erase=0.1", "augment.tint=0.5", "network.width=0.5", "appearance.mask=ellipse"});
  EXPECT_EQ(recipe.task, TrainTask::kAppearance);
  EXPECT_EQ(recipe.train.batch, 15);
  EXPECT_EQ(recipe.appearance.mask, CropMask::kEllipse);
  EXPECT_NE(Message(text, {"appearance.mask=circle"}).find("must be one of none, box, ellipse"),
            std::string::npos);
  EXPECT_EQ(recipe.train.crop, cv::Size(64, 128));
  EXPECT_FLOAT_EQ(recipe.appearance.augment.erase, 0.1F);
  EXPECT_FLOAT_EQ(recipe.appearance.augment.look.tint, 0.5F);
  for (const char* key : {"train.batch=3", "train.mask=box", "network.stages=1",
                          "validation.height=64", "data.0.weight=2", "teacher.network=a"}) {
    EXPECT_NE(Message(text, {key}).find("does not go with the task appearance"), std::string::npos)
        << key;
  }
  EXPECT_NE(Message(text, {"augment.person_min=0.5"}).find("is not known"), std::string::npos);
  EXPECT_NE(Message("[appearance]\nviews=2\n[[data]]\nannotations='a'").find("is not known"),
            std::string::npos);
}

TEST(Recipe, RefineHasKeysOfItsOwn) {
  const std::string text =
      "task = 'refine'\n[[data]]\nannotations = 'a'\n[data.augment]\nnobody = 0.2\n";
  const Recipe recipe = ParseRecipe(text, "r.toml", {"augment.person_scale=0.3"});
  EXPECT_EQ(recipe.task, TrainTask::kRefine);
  EXPECT_EQ(recipe.train.crop, cv::Size(96, 128));
  EXPECT_EQ(recipe.train.encoder.stride, 16);
  EXPECT_EQ(recipe.network.pose.width, 0.5);
  EXPECT_FLOAT_EQ(recipe.data[0].augment.nobody, 0.2F);
  EXPECT_FLOAT_EQ(recipe.data[0].augment.person_scale, 0.3F);
  for (const char* key : {"train.mask=box", "network.stages=1", "validation.height=64",
                          "data.0.hidden=ignore", "teacher.network=a", "train.box_weight=2"}) {
    EXPECT_NE(Message(text, {key}).find("does not go with the task refine"), std::string::npos)
        << key;
  }
  EXPECT_NE(Message(text, {"train.crop=100x128"}).find("multiples of 16"), std::string::npos);
}

TEST(Recipe, HintsAreOfANetworkThatIsCut) {
  const std::string text = "[network]\nstart = 'a.onnx'\nhints = 3\n[[data]]\nannotations = 'a'\n";
  EXPECT_DOUBLE_EQ(ParseRecipe(text, "r.toml", {"network.narrow=0.5"}).network.hints, 3);
  for (const std::vector<std::string>& overrides :
       std::vector<std::vector<std::string>>{{},
                                             {"network.narrow=0.5", "network.width=0.5"},
                                             {"network.narrow=0.5", "network.random=true"}}) {
    EXPECT_NE(Message(text, overrides).find("network.hints are of a network that is cut"),
              std::string::npos);
  }
  EXPECT_NE(Message("task = 'appearance'\n" + text, {"network.narrow=0.5"})
                .find("network.hints does not go with the task appearance"),
            std::string::npos);
}

TEST(Recipe, OnlyANetworkToStartFromIsNarrowed) {
  EXPECT_DOUBLE_EQ(ParseRecipe(kRecipe, "r.toml", {}).network.narrow, 1);
  for (const std::string task : {"pose", "appearance"}) {
    const std::string text =
        "task = '" + task + "'\n[network]\nnarrow = 0.5\n[[data]]\nannotations = 'a'\n";
    const Recipe recipe = ParseRecipe(text, "r.toml", {"network.start=a.onnx"});
    EXPECT_DOUBLE_EQ(recipe.network.narrow, 0.5);
    EXPECT_FALSE(recipe.network.build);
    EXPECT_NE(Message(text).find("r.toml:3: network.narrow cuts a network to start from, so "
                                 "network.start must name one."),
              std::string::npos)
        << Message(text);
    for (const char* share : {"0", "-1", "1.5", "half"}) {
      EXPECT_NE(Message(text, {"network.start=a.onnx", std::string("network.narrow=") + share})
                    .find("network.narrow must be a number from 0.01 to 1"),
                std::string::npos)
          << share;
    }
  }
}

TEST(Recipe, ShippedOnesAreWhole) {
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::SourceDir() / "recipes")) {
    const Recipe recipe = ReadRecipe(entry.path(), {});
    EXPECT_FALSE(recipe.data.empty()) << entry.path();
    ++read;
  }
  EXPECT_GE(read, 7);
}

TEST(Recipe, LearningRateRisesThenFalls) {
  RecipeTrain train;
  train.steps = 100;
  train.warmup = 10;
  train.final_rate = 0.1;
  EXPECT_NEAR(LearningRateFactor(train, 0), 0.1, 1e-12);
  EXPECT_NEAR(LearningRateFactor(train, 9), 1, 1e-12);
  EXPECT_NEAR(LearningRateFactor(train, 99), 0.1, 1e-12);
  for (int step = 10; step < 99; ++step) {
    EXPECT_GE(LearningRateFactor(train, step), LearningRateFactor(train, step + 1));
  }
  train.schedule = Schedule::kStep;
  train.decay_at = {50, 80};
  train.decay = 0.5;
  EXPECT_NEAR(LearningRateFactor(train, 49), 1, 1e-12);
  EXPECT_NEAR(LearningRateFactor(train, 50), 0.5, 1e-12);
  EXPECT_NEAR(LearningRateFactor(train, 80), 0.25, 1e-12);
}

Checkpoint Example(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.state = "{\"a\": \"\\u00e9\"}";
  checkpoint.tensors = {{"x", "f32", {2, 3}, std::string(24, '\x7F')}, {"y", "u8", {0}, ""}};
  return checkpoint;
}

TEST(Checkpoint, ComesBackWhole) {
  const testing::TempDir folder;
  WriteCheckpoint(Example(12), folder / "c");
  const Checkpoint read = ReadCheckpoint(folder / "c");
  EXPECT_EQ(read.step, 12);
  EXPECT_EQ(read.state, Example(12).state);
  ASSERT_EQ(read.tensors.size(), 2U);
  EXPECT_EQ(read.Find("x").bytes, Example(12).tensors[0].bytes);
  EXPECT_EQ(read.Find("x").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_THROW(read.Find("z"), Error);
}

TEST(Checkpoint, DamageIsFound) {
  const testing::TempDir folder;
  WriteCheckpoint(Example(12), folder / "c");
  const std::string bytes = ReadFile(folder / "c");
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    if (i % 2 == 0) {
      damaged.resize(random() % damaged.size());
    } else {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    }
    WriteFile(folder / "d", damaged);
    EXPECT_THROW(ReadCheckpoint(folder / "d"), Error);
  }
  EXPECT_THROW(ReadCheckpoint(folder / "absent"), Error);
}

TEST(Checkpoint, NewestWholeOneIsTakenAndOldOnesGo) {
  const testing::TempDir folder;
  EXPECT_FALSE(ReadNewestCheckpoint(folder.path()).has_value());
  for (const int step : {5, 100, 20}) {
    WriteCheckpoint(Example(step), CheckpointPath(folder.path(), step));
  }
  WriteFile(folder / "step-x.checkpoint", "something else");
  EXPECT_EQ(ReadNewestCheckpoint(folder.path())->step, 100);
  std::filesystem::resize_file(CheckpointPath(folder.path(), 100), 30);
  EXPECT_EQ(ReadNewestCheckpoint(folder.path())->step, 20);
  RemoveOldCheckpoints(folder.path(), 1);
  EXPECT_EQ(ListCheckpoints(folder.path()).size(), 1U);
  EXPECT_THROW(ReadNewestCheckpoint(folder.path()), Error);
}

TEST(Metrics, LinesBeyondTheCheckpointGo) {
  const testing::TempDir folder;
  {
    MetricsLog log(folder / "m.jsonl", 0);
    for (int step = 1; step <= 3; ++step) {
      StepMetrics metrics;
      metrics.step = step;
      metrics.loss = 1.0 / step;
      metrics.heatmaps = {0.5};
      metrics.pafs = {0.25};
      log.Add(metrics);
    }
    ValidationMetrics validation;
    validation.step = 2;
    validation.set = "v";
    validation.ap = 0.5;
    log.Add(validation);
  }
  {
    std::ofstream torn(folder / "m.jsonl", std::ios::app);
    torn << "{\"step\": 2, \"lo";
  }
  const MetricsLog again(folder / "m.jsonl", 2);
  ASSERT_EQ(again.steps().size(), 2U);
  EXPECT_EQ(again.steps()[1].loss, 0.5);
  ASSERT_EQ(again.validations().size(), 1U);
  const std::string text = ReadFile(folder / "m.jsonl");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(Report, IsOneWholePage) {
  const testing::TempDir folder;
  TrainReport report;
  report.title = "<tiny> & co";
  for (int step = 1; step <= 3000; ++step) {
    StepMetrics metrics;
    metrics.step = step;
    metrics.loss = step == 7 ? NAN : 100.0 / step;
    metrics.heatmaps = {1, 2};
    metrics.pafs = {3, 4};
    report.steps.push_back(metrics);
  }
  ValidationMetrics validation;
  validation.set = "val";
  validation.ap = 0.4;
  validation.ap50 = 0.7;
  report.validations = {validation};
  report.pictures = {{"a.jpg", cv::Mat::zeros(8, 8, CV_8UC3)}};
  report.recipe = "steps = 3 # <";
  WriteTrainReport(report, folder / "r.html");
  const std::string html = ReadFile(folder / "r.html");
  EXPECT_NE(html.find("&lt;tiny&gt; &amp; co"), std::string::npos);
  EXPECT_NE(html.find("<polyline"), std::string::npos);
  EXPECT_NE(html.find("data:image/jpeg;base64,/9j/"), std::string::npos);
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_LT(html.size(), 400000U);
}

}  // namespace
}  // namespace tenjo
