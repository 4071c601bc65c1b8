#include "tenjo/infer/shipped_network.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/infer/choose_network.h"
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

TEST(FindRefineNetwork, IsTheOneThatShipsBesidePersonHeads) {
  const testing::TempDir folder;
  setenv("TENJO_MODELS", (folder / "").c_str(), 1);
  EXPECT_EQ(FindRefineNetwork("auto", true), "");
  WriteFile(folder / "tenjo-refine.onnx", "a");
  EXPECT_EQ(FindRefineNetwork("auto", true).filename(), "tenjo-refine.onnx");
  EXPECT_EQ(FindRefineNetwork("auto", false), "");
  EXPECT_EQ(FindRefineNetwork("off", true), "");
  EXPECT_EQ(FindRefineNetwork("refine", false).filename(), "tenjo-refine.onnx");
  EXPECT_EQ(FindRefineNetwork("my.onnx", false), "my.onnx");
  unsetenv("TENJO_MODELS");
}

TEST(WantsThirdLook, ByItselfButForTheQuickNetwork) {
  EXPECT_TRUE(WantsThirdLook("auto", "models/tenjo-pose-int8.onnx"));
  EXPECT_TRUE(WantsThirdLook("auto", "mine.onnx"));
  EXPECT_FALSE(WantsThirdLook("auto", "models/tenjo-pose-small.onnx"));
  EXPECT_FALSE(WantsThirdLook("auto", "models/tenjo-pose-small-int8.onnx"));
  EXPECT_TRUE(WantsThirdLook("on", "models/tenjo-pose-small.onnx"));
  EXPECT_FALSE(WantsThirdLook("off", "models/tenjo-pose.onnx"));
}

TEST(ShippedNetworks, RunInEightBitsByThemselves) {
  for (const char* name :
       {kDefaultPoseNetwork, "pose-small", kDefaultRefineNetwork, kDefaultAppearanceNetwork}) {
    const std::filesystem::path file =
        testing::SourceDir() / "models" / (std::string("tenjo-") + name + ".onnx");
    EXPECT_EQ(ChooseNetwork(file, Precision::kAuto, "openvino", "CPU").model, Int8Path(file));
  }
}

}  // namespace
}  // namespace tenjo
