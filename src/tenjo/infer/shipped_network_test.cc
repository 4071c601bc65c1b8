#include "tenjo/infer/shipped_network.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tenjo/base/atomic_file.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

TEST(FindNetwork, AWordIsANetworkThatShipsAndAPathIsAPath) {
  const testing::TempDir folder;
  setenv("TENJO_MODELS", (folder / "").c_str(), 1);
  EXPECT_SAYS(testing::Failure([] { FindNetwork("pose"); }), "no network is there");
  WriteFile(folder / "tenjo-pose.onnx", "a");
  WriteFile(folder / "tenjo-pose.md", "b");
  EXPECT_EQ(FindNetwork("pose").filename(), "tenjo-pose.onnx");
  EXPECT_SAYS(testing::Failure([] { FindNetwork("pos"); }), "there are pose)");
  EXPECT_EQ(FindNetwork("x/pose"), "x/pose");
  EXPECT_EQ(FindNetwork("pose.onnx"), "pose.onnx");
  EXPECT_EQ(FindNetwork(""), "");
  unsetenv("TENJO_MODELS");
}

}  // namespace
}  // namespace tenjo
