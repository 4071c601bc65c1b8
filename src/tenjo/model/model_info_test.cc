#include "tenjo/model/model_info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/tiny_onnx.h"

namespace tenjo {
namespace {

using testing::TempDir;
using testing::TinyPoseOptions;
using testing::WriteTinyPoseNetwork;

constexpr const char* kOmz = "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml";

void Put(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The sentence that reading the file ends with; empty if it does not.
std::string Failure(const std::filesystem::path& path) {
  const std::string what = testing::Failure([&] { ReadModelInfo(path); });
  if (!what.empty()) {
    EXPECT_NE(what.find(path.filename().string()), std::string::npos) << what;
  }
  return what;
}

std::string FailureOf(const std::function<void(TinyPoseOptions*)>& change) {
  const TempDir folder;
  TinyPoseOptions options;
  change(&options);
  WriteTinyPoseNetwork(folder / "net.onnx", options);
  return Failure(folder / "net.onnx");
}

TEST(ModelInfo, ReadsWhatAnOnnxNetworkSaysOfItself) {
  const TempDir folder;
  TinyPoseOptions options;
  options.width = 128;
  options.height = 96;
  options.stride = 4;
  options.input = "picture";
  options.heatmaps = "maps/heat";
  options.pafs = "maps/paf";
  options.set = {{"colour", "rgb"},
                 {"mean", "123.675, 116.28, 103.53"},
                 {"scale", " 58.395,57.12,57.375 "},
                 {"training_data", "drawn people"},
                 {"licence", "MIT"}};
  WriteTinyPoseNetwork(folder / "my-net.onnx", options);
  const ModelInfo info = ReadModelInfo(folder / "my-net.onnx");
  EXPECT_EQ(info.path, folder / "my-net.onnx");
  EXPECT_EQ(info.name, "my-net");
  EXPECT_EQ(info.task, "pose");
  EXPECT_EQ(info.input, "picture");
  EXPECT_EQ(info.input_width, 128);
  EXPECT_EQ(info.input_height, 96);
  EXPECT_EQ(info.colour, ColourOrder::kRgb);
  EXPECT_EQ(info.mean, (std::array<float, 3>{123.675F, 116.28F, 103.53F}));
  EXPECT_EQ(info.scale, (std::array<float, 3>{58.395F, 57.12F, 57.375F}));
  EXPECT_FALSE(info.normalises_itself);
  EXPECT_EQ(info.stride, 4);
  EXPECT_EQ(info.skeleton, "openpose18");
  EXPECT_EQ(info.heatmaps, "maps/heat");
  EXPECT_EQ(info.pafs, "maps/paf");
  EXPECT_EQ(info.training_data, "drawn people");
  EXPECT_EQ(info.licence, "MIT");
}

TEST(ModelInfo, TakesOpenSizesAndFilesWithoutOriginAndLicence) {
  const TempDir folder;
  TinyPoseOptions options;
  options.dynamic = true;
  options.without = {"training_data", "licence"};
  options.set = {{"outputs", " pafs = pafs , heatmaps = heatmaps "}};
  WriteTinyPoseNetwork(folder / "NET.ONNX", options);
  const ModelInfo info = ReadModelInfo(folder / "NET.ONNX");
  EXPECT_EQ(info.input_width, 64);
  EXPECT_EQ(info.input_height, 48);
  EXPECT_TRUE(info.normalises_itself);
  EXPECT_EQ(info.colour, ColourOrder::kBgr);
  EXPECT_EQ(info.licence, "");
}

TEST(ModelInfo, SaysWhatIsWrongWithTheMetadata) {
  EXPECT_SAYS(FailureOf([](auto* o) { o->metadata = false; }), "does not describe itself");
  EXPECT_SAYS(FailureOf([](auto* o) { o->without = {"stride", "mean"}; }), "lack mean, stride");
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"task", "classification"},
      {"colour", "grey"},
      {"skeleton", "coco17"},
      {"input_size", "64"},
      {"input_size", "64x"},
      {"input_size", "0x48"},
      {"input_size", "64x48x3"},
      {"input_size", "-1x48"},
      {"input_size", "64x99999999999999999999"},
      {"mean", "0,0"},
      {"mean", "a,b,c"},
      {"mean", "nan,0,0"},
      {"mean", "1e39,0,0"},
      {"mean", ""},
      {"scale", "0,1,1"},
      {"scale", "-1,1,1"},
      {"scale", "inf,1,1"},
      {"stride", "0"},
      {"stride", "8.5"},
      {"stride", "65"},
      {"stride", "many"},
      {"outputs", "heatmaps"},
      {"outputs", "pafs=pafs"},
      {"outputs", ""},
      {"outputs", "heatmaps=,pafs=pafs"},
  };
  for (const auto& [key, value] : wrong) {
    const std::string what = FailureOf([&](auto* o) { o->set = {{key, value}}; });
    EXPECT_SAYS(what, "the metadata " + key + " of");
    EXPECT_SAYS(what, "it should be");
  }
  EXPECT_SAYS(FailureOf([](auto* o) {
                o->set = {{"skeleton", "a\nb\x01" + std::string(500, 'x')}};
              }),
              "'a?b?xxx");
}

TEST(ModelInfo, PersonHeadsComeTogetherAndAreInTheGraph) {
  EXPECT_SAYS(FailureOf([](auto* o) {
                o->set = {{"outputs", "heatmaps=heatmaps,pafs=pafs,boxes=pafs"}};
              }),
              "with both centres=NAME and boxes=NAME");
  EXPECT_SAYS(FailureOf([](auto* o) {
                o->set = {{"outputs", "heatmaps=heatmaps,pafs=pafs,centres=heatmaps,boxes=pafs"}};
              }),
              "centres are float numbers, 1x1xhxw");
  EXPECT_SAYS(FailureOf([](auto* o) { o->set = {{"task", "appearance"}}; }), "embedding=NAME");
}

TEST(ModelInfo, HoldsTheMetadataAgainstTheGraph) {
  EXPECT_SAYS(FailureOf([](auto* o) {
                o->set = {{"input_size", "128x48"}};
              }),
              "has the shape 1x3x48x64, its metadata say 1x3x48x128");
  EXPECT_SAYS(FailureOf([](auto* o) {
                o->set = {{"outputs", "heatmaps=maps,pafs=pafs"}};
              }),
              "no output maps for its heatmaps; its outputs are: heatmaps, pafs");
  EXPECT_SAYS(FailureOf([](auto* o) { o->heatmap_channels = 18; }), "1x18x6x8");
  EXPECT_SAYS(FailureOf([](auto* o) { o->paf_channels = 19; }), "1x38xhxw");
  EXPECT_SAYS(FailureOf([](auto* o) { o->second_input = true; }), "has 2 inputs");
}

TEST(ModelInfo, SaysWhatIsWrongWithTheFile) {
  const TempDir folder;
  EXPECT_SAYS(Failure(folder / "absent.onnx"), "there is no network");
  EXPECT_SAYS(Failure(folder / "absent.xml"), "there is no network");
  std::filesystem::create_directory(folder / "folder.onnx");
  EXPECT_SAYS(Failure(folder / "folder.onnx"), "is not a file");
  Put(folder / "empty.onnx", "");
  EXPECT_SAYS(Failure(folder / "empty.onnx"), "empty file");
  Put(folder / "empty.xml", "");
  EXPECT_SAYS(Failure(folder / "empty.xml"), "empty file");
  Put(folder / "text.onnx", "Not a network,\nbut a poem about one.\n");
  EXPECT_SAYS(Failure(folder / "text.onnx"), "is a text file");
  Put(folder / "noise.onnx", std::string("\xff\xfe\x00\x01\x02", 5));
  EXPECT_SAYS(Failure(folder / "noise.onnx"), "is not an ONNX network");
  Put(folder / "net.pt", "x");
  EXPECT_SAYS(Failure(folder / "net.pt"), "known are .onnx and .xml");
  Put(folder / "net.bin", "x");
  EXPECT_SAYS(Failure(folder / "net.bin"), "name its .xml file");

  WriteTinyPoseNetwork(folder / "whole.onnx");
  const std::string bytes = ReadFile(folder / "whole.onnx");
  Put(folder / "cut.onnx", bytes.substr(0, bytes.size() / 2));
  EXPECT_SAYS(Failure(folder / "cut.onnx"), "cut short");
}

TEST(ModelInfo, EveryCutOfAFileFailsOrLacksMetadata) {
  const TempDir folder;
  WriteTinyPoseNetwork(folder / "whole.onnx");
  const std::string bytes = ReadFile(folder / "whole.onnx");
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 37) {
    Put(folder / "cut.onnx", bytes.substr(0, size));
    EXPECT_NE(Failure(folder / "cut.onnx"), "") << size;
  }
}

// Whatever the bytes are: an answer or an Error, and nothing else.
TEST(ModelInfo, MutatedOnnxFilesNeverCrash) {
  const TempDir folder;
  WriteTinyPoseNetwork(folder / "whole.onnx");
  const std::string bytes = ReadFile(folder / "whole.onnx");
  std::mt19937 random(7);
  const auto path = folder / "mutated.onnx";
  for (int round = 0; round < 1500; ++round) {
    std::string changed = bytes;
    if (round % 5 == 0) {
      changed.resize(random() % 300);
      std::generate(changed.begin(), changed.end(), [&] { return static_cast<char>(random()); });
    }
    for (int i = static_cast<int>(random() % 8); i >= 0 && !changed.empty(); --i) {
      // Most of a file is weights; the structure stands at both ends.
      const std::size_t reach = std::min<std::size_t>(changed.size(), 400);
      const std::size_t at =
          random() % 2 == 0 ? random() % reach : changed.size() - 1 - random() % reach;
      switch (random() % 3) {
        case 0:
          changed[at] = static_cast<char>(random());
          break;
        case 1:
          changed.erase(at, random() % 9);
          break;
        default:
          changed.insert(at, std::string(random() % 9, static_cast<char>(random())));
      }
    }
    Put(path, changed);
    Failure(path);
  }
}

TEST(ModelInfo, KnowsTheOpenModelZooNetwork) {
  TENJO_NEEDS_SHARED(kOmz);
  const ModelInfo info = ReadModelInfo(testing::SharedData(kOmz));
  EXPECT_EQ(info.name, "human-pose-estimation-0001");
  EXPECT_EQ(info.input, "data");
  EXPECT_EQ(info.input_width, 456);
  EXPECT_EQ(info.input_height, 256);
  EXPECT_EQ(info.colour, ColourOrder::kBgr);
  EXPECT_TRUE(info.normalises_itself);
  EXPECT_EQ(info.stride, 8);
  EXPECT_EQ(info.skeleton, "openpose18");
  EXPECT_EQ(info.heatmaps, "Mconv7_stage2_L2");
  EXPECT_EQ(info.pafs, "Mconv7_stage2_L1");
  EXPECT_EQ(info.licence, "Apache-2.0");
}

TEST(ModelInfo, SaysThatOtherIrNetworksAreUnknown) {
  constexpr const char* kDetector =
      "omz/person-detection-retail-0013/person-detection-retail-0013.xml";
  TENJO_NEEDS_SHARED(kDetector);
  EXPECT_SAYS(Failure(testing::SharedData(kDetector)), "human-pose-estimation-0001");
}

// A file of the parts that are looked at.
std::string SmallIr() {
  return R"(<?xml version="1.0"?>
<net name="human-pose" version="11">
  <layers>
    <layer id="0" name="data" type="Parameter" version="opset1"><data shape="1,3,?,?"/></layer>
    <layer id="1" name="w" type="Const" version="opset1">
      <data element_type="f32" offset="64" shape="4" size="16"/></layer>
    <layer id="2" name="Mconv7_stage2_L1" type="Add" version="opset1"/>
    <layer id="3" name="Mconv7_stage2_L2" type="Add" version="opset1"/>
  </layers>
</net>
)";
}

TEST(ModelInfo, LooksAtTheWeightsOfAnIrNetwork) {
  const TempDir folder;
  Put(folder / "net.xml", SmallIr());
  EXPECT_SAYS(Failure(folder / "net.xml"), "needs its weights in");
  EXPECT_SAYS(Failure(folder / "net.xml"), "net.bin");
  Put(folder / "net.bin", std::string(79, 'w'));
  EXPECT_SAYS(Failure(folder / "net.xml"), "cut short: 79 bytes where net.xml speaks of 80");
  Put(folder / "net.bin", std::string(80, 'w'));
  EXPECT_EQ(ReadModelInfo(folder / "net.xml").name, "net");
}

TEST(ModelInfo, TellsOtherXmlFromNetworks) {
  const TempDir folder;
  Put(folder / "page.xml", "<html><body>hello</body></html>");
  EXPECT_SAYS(Failure(folder / "page.xml"), "has no <net> element");
  Put(folder / "cut.bin", std::string(80, 'w'));
  const std::string whole = SmallIr();
  for (std::size_t size = 1; size < whole.rfind("</net>") + 5; ++size) {
    Put(folder / "cut.xml", whole.substr(0, size));
    EXPECT_NE(Failure(folder / "cut.xml"), "") << size;
  }
}

TEST(ModelInfo, MutatedIrFilesNeverCrash) {
  const TempDir folder;
  Put(folder / "net.bin", std::string(80, 'w'));
  std::mt19937 random(8);
  for (int round = 0; round < 1000; ++round) {
    std::string changed = SmallIr();
    for (int i = static_cast<int>(random() % 5); i >= 0; --i) {
      const std::size_t at = random() % changed.size();
      if (random() % 2 == 0) {
        changed[at] = "<>\"= \0n9"[random() % 8];
      } else {
        changed.erase(at, random() % 30);
      }
    }
    Put(folder / "net.xml", changed);
    Failure(folder / "net.xml");
  }
}

}  // namespace
}  // namespace tenjo
