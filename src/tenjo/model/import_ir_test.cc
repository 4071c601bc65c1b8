#include "tenjo/model/import_ir.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/model/ir_graph.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using testing::TempDir;

constexpr const char* kOmz = "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml";

void Put(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string Failure(const std::filesystem::path& path) {
  return testing::Failure([&] { ImportIr(path); });
}

std::string ReplaceAll(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

TEST(ImportIr, TakesOpenModelZoosNetwork) {
  TENJO_NEEDS_SHARED(kOmz);
  const Network network = ImportIr(testing::SharedData(kOmz));
  // Its count of 4,099,062 holds the four numbers that normalise the picture, too.
  EXPECT_EQ(CountWeights(network), 4099062 - 4);
  EXPECT_EQ(network.stages(), 1);
  EXPECT_EQ(network.facts.input_width, 456);
  EXPECT_EQ(network.facts.input_height, 256);
  for (const float mean : network.facts.mean) {
    EXPECT_NEAR(mean, 128, 0.5);
  }
  EXPECT_EQ(CutStages(network, 0).stages(), 0);
}

TEST(ImportIr, OtherFilesAreRefused) {
  TENJO_NEEDS_SHARED(kOmz);
  const TempDir folder;
  const std::string xml = ReadFile(testing::SharedData(kOmz));
  const std::string bin =
      ReadFile(std::filesystem::path(testing::SharedData(kOmz)).replace_extension(".bin"));
  Put(folder / "a.bin", bin);
  const auto with = [&](const std::string& from, const std::string& to) {
    EXPECT_NE(xml.find(from), std::string::npos) << from;
    Put(folder / "a.xml", ReplaceAll(xml, from, to));
    return Failure(folder / "a.xml");
  };
  EXPECT_SAYS(with("\"relu5_5/sep\" type=\"ReLU\"", "\"relu5_5/sep\" type=\"Sigmoid\""), "ReLU");
  EXPECT_SAYS(with("conv4_4_CPM/WithoutBiases\"", "conv\""), "no convolution conv4_4_CPM");
  EXPECT_SAYS(with("dilations=\"2,2\"", "dilations=\"3,3\""), "dilation");
  EXPECT_SAYS(with("element_type=\"u8\"", "element_type=\"u4\""), "'u4'");
  EXPECT_SAYS(with("offset=\"4145244\"", "offset=\"94145244\""), "cut short");
  EXPECT_SAYS(with("shape=\"38,128,1,1\"", "shape=\"38,128,1,2\""), "does not lie within");
  EXPECT_SAYS(with("levels=\"255\"", "levels=\"1\""), "levels");
  EXPECT_SAYS(with("to-layer=\"987\"", "to-layer=\"9870\""), "no layer 9870");
  EXPECT_SAYS(Failure(folder / "a.onnx"), ".xml");
  Put(folder / "small.xml",
      "<net name=\"x\"><layers><layer id=\"0\" name=\"data\" type=\"Parameter\"/></layers></net>");
  Put(folder / "small.bin", "");
  EXPECT_SAYS(Failure(folder / "small.xml"), "not human-pose-estimation-0001");
}

TEST(ImportIr, DamagedFilesAreErrorsOrNetworks) {
  TENJO_NEEDS_SHARED(kOmz);
  const TempDir folder;
  const std::string xml = ReadFile(testing::SharedData(kOmz));
  std::filesystem::copy(std::filesystem::path(testing::SharedData(kOmz)).replace_extension(".bin"),
                        folder / "a.bin");
  std::mt19937_64 engine(2);
  for (int i = 0; i < 25; ++i) {
    std::string bytes = xml;
    for (int flip = 0; flip < 40; ++flip) {
      bytes[engine() % bytes.size()] ^= static_cast<char>(1U << (engine() % 7));
    }
    Put(folder / "a.xml", bytes);
    Failure(folder / "a.xml");
  }
}

// What stands in a file of constants alone, worked out by hand.
TEST(IrGraph, WorksConstantsOut) {
  const TempDir folder;
  const auto constant = [](int id, const std::string& type, const std::string& shape, int offset,
                           int size) {
    return "<layer id=\"" + std::to_string(id) +
           "\" name=\"c\" type=\"Const\"><data element_type=\"" + type + "\" shape=\"" + shape +
           "\" offset=\"" + std::to_string(offset) + "\" size=\"" + std::to_string(size) +
           "\"/></layer>";
  };
  std::string edges;
  const auto edge = [&](int from, int to, int port) {
    edges += "<edge from-layer=\"" + std::to_string(from) + "\" from-port=\"0\" to-layer=\"" +
             std::to_string(to) + "\" to-port=\"" + std::to_string(port) + "\"/>";
  };
  // 0: u8 {0, 127, 254} as 3x1; 1: f16 0.0; 2: f16 254; 3: f16 {-1, -2, -4} and 4: {1, 2, 4}.
  const std::string bytes(
      "\x00\x7f\xfe\x00\x00\x00\xf0\x5b\x00\xbc\x00\xc0\x00\xc4\x00\x3c\x00\x40"
      "\x00\x44",
      20);
  Put(folder / "g.bin", bytes);
  edge(0, 5, 0);
  edge(5, 6, 0);
  edge(1, 6, 1);
  edge(2, 6, 2);
  edge(3, 6, 3);
  edge(4, 6, 4);
  edge(6, 7, 0);
  edge(4, 7, 1);
  Put(folder / "g.xml",
      "<net name=\"g\"><layers>" + constant(0, "u8", "3,1", 0, 3) + constant(1, "f16", "", 4, 2) +
          constant(2, "f16", "1", 6, 2) + constant(3, "f16", "3,1", 8, 6) +
          constant(4, "f16", "3,1", 14, 6) +
          "<layer id=\"5\" name=\"f\" type=\"Convert\"/>"
          "<layer id=\"6\" name=\"q\" type=\"FakeQuantize\"><data levels=\"255\"/></layer>"
          "<layer id=\"7\" name=\"m\" type=\"Multiply\"/></layers><edges>" +
          edges + "</edges></net>");
  const IrGraph graph(folder / "g.xml");
  EXPECT_TRUE(graph.IsConstant(7));
  EXPECT_EQ(graph.Evaluate(6).values, (std::vector<float>{-1, 0, 4}));
  EXPECT_EQ(graph.Evaluate(7).values, (std::vector<float>{-1, 0, 16}));
  EXPECT_EQ(graph.Evaluate(7).shape, (std::vector<int>{3, 1}));
}

}  // namespace
}  // namespace tenjo
