#include "tenjo/model/network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tenjo/base/error.h"
#include "tenjo/testing/errors.h"

namespace tenjo {
namespace {

using testing::Failure;

TEST(PoseNetwork, HasTheSizeOfThePublishedOne) {
  // Open Model Zoo publishes human-pose-estimation-0001 with 4.099 million weights and 15.435
  // GFLOPs; batch norm is folded there, and four more numbers normalise the picture.
  const Network zoo = MakePoseNetwork({.stages = 1, .activation = Activation::kElu});
  EXPECT_EQ(CountWeights(FoldBatchNorm(zoo)), 4099062 - 4);
  EXPECT_NEAR(static_cast<double>(CountOperations(zoo, 456, 256)) * 1e-9, 15.435, 0.1);
}

TEST(PoseNetwork, AllKindsHoldTogether) {
  for (const PoseBase base : {PoseBase::kMobileNetV1, PoseBase::kVgg19}) {
    for (const double width : {0.25, 0.375}) {
      for (int stages = 0; stages <= 3; ++stages) {
        const Network network =
            MakePoseNetwork({.base = base,
                             .width = width,
                             .stages = stages,
                             .activation = stages % 2 == 0 ? Activation::kRelu : Activation::kElu,
                             .person_heads = stages == 1});
        CheckNetwork(network, "made");
        EXPECT_EQ(network.stages(), stages);
        EXPECT_EQ(network.FinalOutputs().size(), stages == 1 ? 4U : 2U);
        EXPECT_EQ(network.FinalOutputs().front().stage, stages);
        CheckNetwork(FoldBatchNorm(network), "folded");
        for (int less = 0; less <= stages; ++less) {
          const Network cut = CutStages(network, less);
          CheckNetwork(cut, "cut");
          EXPECT_EQ(cut.stages(), less);
          EXPECT_EQ(CountWeights(cut),
                    CountWeights(MakePoseNetwork(
                        {.base = base,
                         .width = width,
                         .stages = less,
                         .activation = stages % 2 == 0 ? Activation::kRelu : Activation::kElu,
                         .person_heads = stages == 1})));
        }
      }
    }
  }
}

TEST(PoseNetwork, WeightsDependOnTheSeedAlone) {
  Network a = MakePoseNetwork({.width = 0.25, .stages = 0});
  Network b = a;
  InitialiseWeights(&a, 7);
  InitialiseWeights(&b, 7);
  const auto& weights = a.weights.at("base/conv4_2/sep/weight").values;
  EXPECT_EQ(weights, b.weights.at("base/conv4_2/sep/weight").values);
  InitialiseWeights(&b, 8);
  EXPECT_NE(weights, b.weights.at("base/conv4_2/sep/weight").values);
  double sum = 0;
  double squares = 0;
  for (const float value : weights) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const auto count = static_cast<double>(weights.size());
  EXPECT_NEAR(sum / count, 0, 0.01);
  EXPECT_NEAR(std::sqrt(squares / count), std::sqrt(2.0 / 64), 0.01);
}

TEST(AppearanceNetwork, IsSmall) {
  const Network network = MakeAppearanceNetwork({});
  CheckNetwork(network, "made");
  EXPECT_LE(CountOperations(network, 64, 128), 300'000'000);
  EXPECT_EQ(network.outputs.front().role, "embedding");
  EXPECT_EQ(network.Find("embedding")->out_channels, 128);
}

TEST(RefineNetwork, IsSmallAndHasThePoseNetworksBase) {
  Network network = MakeRefineNetwork({});
  CheckNetwork(network, "made");
  EXPECT_LE(CountOperations(network, 96, 128), 120'000'000);
  EXPECT_LE(CountWeights(network), 700'000);
  EXPECT_EQ(network.Find("points")->out_channels, kPointChannels);
  EXPECT_EQ(CopyWeights(MakePoseNetwork({.width = 0.5, .stages = 0}), &network), 23);
}

TEST(Network, CopiesWhatFits) {
  const Network from = MakePoseNetwork({.stages = 0, .activation = Activation::kElu});
  Network to = MakePoseNetwork({.stages = 1, .activation = Activation::kElu, .person_heads = true});
  InitialiseWeights(&to, 9);
  const auto head = to.weights.at("person/boxes/weight").values;
  const int copied = CopyWeights(from, &to);
  int convolutions = 0;
  for (const Layer& layer : from.layers) {
    convolutions += layer.kind == LayerKind::kConvolution ? 1 : 0;
  }
  EXPECT_EQ(copied, convolutions);
  EXPECT_EQ(to.weights.at("cpm/reduce/weight").values, from.weights.at("cpm/reduce/weight").values);
  EXPECT_EQ(to.weights.at("person/boxes/weight").values, head);
}

TEST(Network, IsGivenPersonHeads) {
  for (const PoseBase base : {PoseBase::kMobileNetV1, PoseBase::kVgg19}) {
    for (const double width : {0.25, 1.0}) {
      if (base == PoseBase::kVgg19 && width == 1) {
        continue;
      }
      const Network from = MakePoseNetwork(
          {.base = base, .width = width, .stages = 1, .activation = Activation::kElu});
      Network to = from;
      AddPersonHeads(&to, 5);
      CheckNetwork(to, "with heads");
      for (const auto& [name, tensor] : from.weights) {
        EXPECT_EQ(tensor.values, to.weights.at(name).values) << name;
      }
      EXPECT_EQ(WeightShapes(to), WeightShapes(MakePoseNetwork({.base = base,
                                                                .width = width,
                                                                .stages = 1,
                                                                .activation = Activation::kElu,
                                                                .person_heads = true})));
      // Nobody anywhere, at first.
      EXPECT_LT(to.weights.at("person/centres/bias").values[0], -4);
      EXPECT_LT(static_cast<double>(CountOperations(to, 456, 256)),
                1.04 * static_cast<double>(CountOperations(from, 456, 256)));
      const Network again = to;
      AddPersonHeads(&to, 6);
      EXPECT_EQ(to.weights.at("person/boxes/weight").values,
                again.weights.at("person/boxes/weight").values);
    }
  }
  Network other = MakeAppearanceNetwork({});
  EXPECT_SAYS(Failure([&] { AddPersonHeads(&other, 1); }), "Lightweight OpenPose");
}

TEST(Network, SaysWhatIsWrong) {
  const Network good = MakePoseNetwork({.width = 0.25, .stages = 1});
  const auto broken = [&](const std::function<void(Network*)>& change) {
    Network network = good;
    change(&network);
    return Failure([&] { CheckNetwork(network, "x.onnx"); });
  };
  EXPECT_EQ(broken([](Network*) {}), "");
  EXPECT_SAYS(broken([](Network* n) { n->layers[3].inputs = {"nowhere"}; }), "needs nowhere");
  EXPECT_SAYS(broken([](Network* n) { n->layers[3].name = n->layers[2].name; }), "of its own");
  EXPECT_SAYS(broken([](Network* n) { n->layers[3].in_channels = 5; }), "takes 5 channels");
  EXPECT_SAYS(broken([](Network* n) { n->layers[3].kernel = 0; }), "out of range");
  EXPECT_SAYS(broken([](Network* n) { n->layers[3].groups = 3; }), "groups");
  EXPECT_SAYS(broken([](Network* n) { n->layers[3].stride = 3; }), "stride");
  EXPECT_SAYS(broken([](Network* n) { n->weights.erase("base/conv1/weight"); }), "are missing");
  EXPECT_SAYS(broken([](Network* n) { n->weights["spare"] = {}; }), "no layer has use");
  EXPECT_SAYS(broken([](Network* n) { n->weights["base/conv1/weight"].values.pop_back(); }),
              "have the shape");
  EXPECT_SAYS(broken([](Network* n) {
                n->weights["base/conv1/weight"].values[0] = std::numeric_limits<float>::infinity();
              }),
              "not finite");
  EXPECT_SAYS(broken([](Network* n) { n->outputs[0].role = "words"; }), "'words'");
  EXPECT_SAYS(broken([](Network* n) { n->outputs[0].layer = "base/conv1"; }), "channels");
  EXPECT_SAYS(broken([](Network* n) { n->outputs.clear(); }), "needs the outputs");
  EXPECT_SAYS(broken([](Network* n) { n->facts.input_width = 0; }), "0x256");
  EXPECT_SAYS(Failure([&] { CutStages(good, 2); }), "cannot be cut to 2");
  Network sized = good;
  SetInputSize(&sized, 432, 240);
  EXPECT_EQ(sized.facts.input_width, 432);
  EXPECT_EQ(sized.facts.input_height, 240);
  EXPECT_SAYS(Failure([&] { SetInputSize(&sized, 430, 240); }), "430x240");
  EXPECT_EQ(sized.facts.input_width, 432);
  sized.facts.task = "refine";
  EXPECT_SAYS(Failure([&] { SetInputSize(&sized, 432, 240); }), "one size");
  EXPECT_SAYS(Failure([] { MakePoseNetwork({.width = 0.1}); }), "width 0.1");
  EXPECT_SAYS(Failure([] { MakePoseNetwork({.stages = 4}); }), "4 refinement stages");
  EXPECT_SAYS(Failure([] { MakePoseNetwork({.input_width = 100}); }), "multiple of 8");
  EXPECT_SAYS(Failure([] { MakeAppearanceNetwork({.numbers = 0}); }), "0 numbers");
}

}  // namespace
}  // namespace tenjo
