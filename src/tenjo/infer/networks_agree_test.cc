// The same network as data, run by OpenVINO, by LibTorch and as the file it came from.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <random>
#include <string>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/infer/backend.h"
#include "tenjo/model/import_ir.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/random_network.h"

namespace tenjo {
namespace {

using testing::TempDir;

constexpr const char* kOmz = "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml";
constexpr const char* kVideo = "video/one-by-one-person-detection.mp4";

using Maps = std::vector<std::vector<float>>;

Maps Infer(Backend* backend, const cv::Mat& image) {
  cv::Mat input = backend->Input(0, image.size());
  image.copyTo(input);
  backend->Start(0);
  Maps maps;
  for (const TensorView& view : backend->Wait(0)) {
    std::size_t count = 1;
    for (const int side : view.shape) {
      count *= static_cast<std::size_t>(side);
    }
    maps.emplace_back(view.data, view.data + count);
  }
  return maps;
}

double Correlation(const std::vector<float>& a, const std::vector<float>& b) {
  const auto count = static_cast<double>(a.size());
  double sum_a = 0;
  double sum_b = 0;
  double aa = 0;
  double bb = 0;
  double ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    const double y = b[i];
    sum_a += x;
    sum_b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  return (ab - sum_a * sum_b / count) /
         std::sqrt((aa - sum_a * sum_a / count) * (bb - sum_b * sum_b / count));
}

TEST(NetworksAgree, TheImportedNetworkSeesWhatItsFileSees) {
  TENJO_NEEDS_SHARED(kOmz);
  TENJO_NEEDS_SHARED(kVideo);
  const TempDir folder;
  WriteOnnx(ImportIr(testing::SharedData(kOmz)), folder / "imported.onnx");
  const auto original = Backend::Create(ReadModelInfo(testing::SharedData(kOmz)), {});
  const auto imported = Backend::Create(ReadModelInfo(folder / "imported.onnx"), {});
  cv::VideoCapture video(testing::SharedData(kVideo).string());
  Maps all_original(2);
  Maps all_imported(2);
  for (const int frame : {100, 350, 620, 1100}) {
    video.set(cv::CAP_PROP_POS_FRAMES, frame);
    cv::Mat picture;
    ASSERT_TRUE(video.read(picture));
    cv::resize(picture, picture, {456, 256});
    const Maps a = Infer(original.get(), picture);
    const Maps b = Infer(imported.get(), picture);
    for (std::size_t i = 0; i < 2; ++i) {
      all_original[i].insert(all_original[i].end(), a[i].begin(), a[i].end());
      all_imported[i].insert(all_imported[i].end(), b[i].begin(), b[i].end());
    }
  }
  EXPECT_GE(Correlation(all_original[0], all_imported[0]), 0.999);
  EXPECT_GE(Correlation(all_original[1], all_imported[1]), 0.98);
}

#ifdef TENJO_TORCH

TEST(NetworksAgree, OpenVinoAndLibTorchGiveTheSameMaps) {
  const TempDir folder;
  std::mt19937_64 engine(11);
  for (int i = 0; i < 6; ++i) {
    const Network network = testing::RandomPoseNetwork(&engine);
    WriteOnnx(network, folder / "random.onnx");
    const ModelInfo info = ReadModelInfo(folder / "random.onnx");
    cv::Mat image(info.input_height, info.input_width, CV_8UC3);
    cv::RNG(engine()).fill(image, cv::RNG::UNIFORM, 0, 256);
    const Maps openvino = Infer(Backend::Create(info, {}).get(), image);
    const Maps torch = Infer(Backend::Create(info, {.backend = "torch"}).get(), image);
    ASSERT_EQ(openvino.size(), MapsOf(info).size());
    ASSERT_EQ(torch.size(), openvino.size());
    for (std::size_t map = 0; map < torch.size(); ++map) {
      ASSERT_EQ(torch[map].size(), openvino[map].size());
      double largest = 1;
      double apart = 0;
      for (std::size_t k = 0; k < torch[map].size(); ++k) {
        largest = std::max(largest, std::abs(static_cast<double>(openvino[map][k])));
        apart = std::max(apart, std::abs(static_cast<double>(openvino[map][k]) - torch[map][k]));
      }
      EXPECT_LT(apart, 1e-4 * largest) << i << ' ' << map;
    }
  }
}

TEST(NetworksAgree, TheTorchBackendKeepsItsPromises) {
  const TempDir folder;
  Network network = MakePoseNetwork({.width = 0.25, .stages = 0});
  WriteOnnx(network, folder / "a.onnx");
  const ModelInfo info = ReadModelInfo(folder / "a.onnx");
  const auto open =
      Backend::Create(info, {.backend = "torch", .threads = 1, .height = 64, .requests = 3});
  EXPECT_EQ(open->num_slots(), 3);
  EXPECT_NE(open->Describe().find("LibTorch"), std::string::npos);
  for (const int width : {64, 200, 9}) {
    cv::Mat image(64, width, CV_8UC3);
    cv::RNG(3).fill(image, cv::RNG::UNIFORM, 0, 256);
    // As many threads: where sums are split, they round otherwise.
    const auto fixed =
        Backend::Create(info, {.backend = "torch", .threads = 1, .width = width, .height = 64});
    EXPECT_EQ(Infer(open.get(), image), Infer(fixed.get(), image)) << width;
  }
  // Several requests in flight, one of them never waited for.
  for (int slot = 0; slot < 3; ++slot) {
    open->Input(slot, {64, 64}).setTo(slot);
    open->Start(slot);
  }
  EXPECT_EQ(open->Wait(1).size(), 2U);
  const auto failure = [&](const BackendOptions& options) -> std::string {
    try {
      Backend::Create(info, options);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(failure({.backend = "torch", .device = "TPU"}).find("'TPU'"), std::string::npos);
  EXPECT_NE(failure({.backend = "torch", .device = "CUDA:9"}).find("CUDA:9"), std::string::npos);
  EXPECT_NE(failure({.backend = "tvm"}).find("openvino, torch"), std::string::npos);
}

#endif

}  // namespace
}  // namespace tenjo
