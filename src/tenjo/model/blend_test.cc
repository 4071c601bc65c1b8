#include "tenjo/model/blend.h"

#include <gtest/gtest.h>

#include "tenjo/testing/errors.h"

namespace tenjo {
namespace {

using testing::Failure;

TEST(BlendWeights, LiesBetween) {
  const PoseNetworkOptions options{.width = 0.25, .stages = 0};
  Network from = FoldBatchNorm(MakePoseNetwork(options));
  Network to = from;
  InitialiseWeights(&to, 9);
  const auto& [name, first] = *from.weights.begin();
  const Network quarter = BlendWeights(from, to, 0.25);
  for (std::size_t i = 0; i < first.values.size(); ++i) {
    EXPECT_FLOAT_EQ(quarter.weights.at(name).values[i],
                    0.75F * first.values[i] + 0.25F * to.weights.at(name).values[i]);
  }
  EXPECT_EQ(BlendWeights(from, to, 0).weights.at(name).values, first.values);
  EXPECT_EQ(BlendWeights(from, to, 1).weights.at(name).values, to.weights.at(name).values);
}

TEST(BlendWeights, OtherFormsAreErrors) {
  const Network one = MakePoseNetwork({.width = 0.25, .stages = 0});
  const Network two = MakePoseNetwork({.width = 0.25, .stages = 1});
  EXPECT_SAYS(Failure([&] { BlendWeights(one, two, 0.5); }), "differ in");
  EXPECT_SAYS(Failure([&] { BlendWeights(two, one, 0.5); }), "differ in");
  EXPECT_SAYS(Failure([&] { BlendWeights(one, one, 1.5); }), "between 0 and 1");
}

}  // namespace
}  // namespace tenjo
