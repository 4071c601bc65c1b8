#include "tenjo/infer/backend.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <opencv2/core.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/tiny_onnx.h"

namespace tenjo {
namespace {

using testing::TempDir;
using testing::TinyBody;
using testing::TinyPoseOptions;
using testing::WriteTinyPoseNetwork;

constexpr const char* kOmz = "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml";

using Maps = std::vector<std::vector<float>>;

cv::Mat Noise(cv::Size size, std::uint64_t seed) {
  cv::Mat image(size, CV_8UC3);
  cv::RNG(seed).fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

Maps Copy(const std::vector<TensorView>& views) {
  Maps maps;
  maps.reserve(views.size());
  for (const TensorView& view : views) {
    std::size_t count = 1;
    for (const int side : view.shape) {
      count *= static_cast<std::size_t>(side);
    }
    maps.emplace_back(view.data, view.data + count);
  }
  return maps;
}

void Begin(Backend* backend, int slot, const cv::Mat& image) {
  cv::Mat input = backend->Input(slot, image.size());
  const auto* data = input.data;
  image.copyTo(input);
  ASSERT_EQ(input.data, data);
  backend->Start(slot);
}

Maps Infer(Backend* backend, int slot, const cv::Mat& image) {
  Begin(backend, slot, image);
  return Copy(backend->Wait(slot));
}

// All images through all slots, so that all streams work at the same time.
std::vector<Maps> InferAll(Backend* backend, const std::vector<cv::Mat>& images) {
  std::vector<Maps> all(images.size());
  const auto slots = static_cast<std::size_t>(backend->num_slots());
  for (std::size_t i = 0; i < images.size() + slots; ++i) {
    const int slot = static_cast<int>(i % slots);
    if (i >= slots) {
      all[i - slots] = Copy(backend->Wait(slot));
    }
    if (i < images.size()) {
      Begin(backend, slot, images[i]);
    } else if (i + 1 - images.size() >= std::min(slots, images.size())) {
      break;
    }
  }
  return all;
}

bool SameBits(const Maps& a, const Maps& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
  });
}

std::string Failure(const ModelInfo& info, const BackendOptions& options) {
  const std::string what = testing::Failure([&] { Backend::Create(info, options); });
  if (!what.empty()) {
    EXPECT_EQ(what.find(".cpp"), std::string::npos) << what;
  }
  return what;
}

class BackendTest : public ::testing::Test {
 protected:
  ModelInfo Network(const TinyPoseOptions& options = {}) {
    const auto path = folder_ / ("net" + std::to_string(count_++) + ".onnx");
    WriteTinyPoseNetwork(path, options);
    return ReadModelInfo(path);
  }

  TempDir folder_;
  int count_ = 0;
};

// What the pooling network must answer: means over blocks of (pixel - mean) / scale, worked out in
// double from the image.
double Expected(const cv::Mat& image, const ModelInfo& info, int plane, int y, int x) {
  const int channel = plane % 3;
  const int bgr = info.colour == ColourOrder::kRgb ? 2 - channel : channel;
  double sum = 0;
  for (int v = 0; v < info.stride; ++v) {
    for (int u = 0; u < info.stride; ++u) {
      sum += image.at<cv::Vec3b>(y * info.stride + v, x * info.stride + u)[bgr];
    }
  }
  return (sum / (info.stride * info.stride) - info.mean[channel]) / info.scale[channel];
}

TEST_F(BackendTest, FeedsTheNetworkColoursMeansAndScales) {
  for (const auto& [colour, mean, scale] : std::vector<std::array<std::string, 3>>{
           {"bgr", "0,0,0", "1,1,1"},
           {"rgb", "0,0,0", "1,1,1"},
           {"bgr", "10,20,30", "50,60,70"},
           {"rgb", "123.675,116.28,103.53", "58.395,57.12,57.375"}}) {
    TinyPoseOptions tiny;
    tiny.body = TinyBody::kPooling;
    tiny.set = {{"colour", colour}, {"mean", mean}, {"scale", scale}};
    const ModelInfo info = Network(tiny);
    const auto backend = Backend::Create(info, {});
    const cv::Mat image = Noise({64, 48}, 5);
    Begin(backend.get(), 1, image);
    const auto views = backend->Wait(1);
    ASSERT_EQ(views.size(), 2U);
    EXPECT_EQ(views[0].name, "heatmaps");
    EXPECT_EQ(views[1].name, "pafs");
    EXPECT_EQ(views[0].shape, (std::vector<int>{1, 19, 6, 8}));
    EXPECT_EQ(views[1].shape, (std::vector<int>{1, 38, 6, 8}));
    for (const TensorView& view : views) {
      for (int c = 0; c < view.shape[1]; ++c) {
        for (int y = 0; y < 6; ++y) {
          for (int x = 0; x < 8; ++x) {
            ASSERT_NEAR(view.data[(c * 6 + y) * 8 + x], Expected(image, info, c, y, x), 2e-4)
                << colour << mean << c << ' ' << y << ' ' << x;
          }
        }
      }
    }
  }
}

TEST_F(BackendTest, OtherSizesThanTheNetworksOwn) {
  TinyPoseOptions tiny;
  tiny.body = TinyBody::kPooling;
  for (const bool dynamic : {false, true}) {
    tiny.dynamic = dynamic;
    const ModelInfo info = Network(tiny);
    const auto backend = Backend::Create(info, {.width = 120, .height = 80});
    const cv::Mat image = Noise({120, 80}, 6);
    const Maps maps = Infer(backend.get(), 0, image);
    ASSERT_EQ(maps[1].size(), 38U * 10 * 15);
    EXPECT_NEAR(maps[1][(37 * 10 + 9) * 15 + 14], Expected(image, info, 37, 9, 14), 1e-3);
  }
}

TEST_F(BackendTest, OpenWidthGivesTheSameBitsAsFixedWidths) {
  const ModelInfo info = Network();
  const auto open = Backend::Create(info, {.height = 48});
  for (const int width : {64, 8, 200, 72, 64, 333, 1}) {
    const cv::Mat image = Noise({width, 48}, static_cast<std::uint64_t>(width));
    const Maps got = Infer(open.get(), width % open->num_slots(), image);
    if (width >= info.stride) {
      const auto fixed = Backend::Create(info, {.width = width, .height = 48});
      EXPECT_TRUE(SameBits(got, Infer(fixed.get(), 0, image))) << width;
    }
    EXPECT_EQ(got[0].size(), 19U * 6 * static_cast<std::size_t>((width + 7) / 8));
  }
}

TEST_F(BackendTest, TheInputIsWrittenInPlace) {
  const auto backend = Backend::Create(Network(), {});
  const auto* data = backend->Input(0, {64, 48}).data;
  Infer(backend.get(), 0, Noise({64, 48}, 1));
  const cv::Mat again = backend->Input(0, {64, 48});
  EXPECT_EQ(again.data, data);
  EXPECT_TRUE(again.isContinuous());
  EXPECT_EQ(again.type(), CV_8UC3);
  EXPECT_NE(backend->Input(1, {64, 48}).data, data);
}

TEST_F(BackendTest, SameBitsForAnyThreadsAndRequests) {
  const ModelInfo info = Network();
  std::vector<cv::Mat> images;
  images.reserve(9);
  for (std::uint64_t i = 0; i < 9; ++i) {
    images.push_back(Noise({64, 48}, i));
  }
  const auto one = Backend::Create(info, {.threads = 1, .requests = 1});
  const auto expected = InferAll(one.get(), images);
  for (const int threads : {0, 2, 3, 8}) {
    for (const int requests : {0, 1, 5}) {
      const auto backend = Backend::Create(info, {.threads = threads, .requests = requests});
      const auto got = InferAll(backend.get(), images);
      for (std::size_t i = 0; i < images.size(); ++i) {
        EXPECT_TRUE(SameBits(got[i], expected[i])) << threads << ' ' << requests << ' ' << i;
      }
    }
  }
}

TEST_F(BackendTest, SlotsWorkFromThreadsOfTheirOwn) {
  const ModelInfo info = Network();
  const auto backend = Backend::Create(info, {.requests = 4});
  ASSERT_EQ(backend->num_slots(), 4);
  const auto reference = Backend::Create(info, {.threads = 1});
  std::vector<Maps> expected;
  expected.reserve(4);
  for (std::uint64_t i = 0; i < 4; ++i) {
    expected.push_back(Infer(reference.get(), 0, Noise({64, 48}, i)));
  }
  std::array<int, 4> right = {};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int slot = 0; slot < 4; ++slot) {
    threads.emplace_back([&, slot] {
      for (std::size_t i = 0; i < 20; ++i) {
        const std::size_t image = (i + static_cast<std::size_t>(slot)) % 4;
        right[static_cast<std::size_t>(slot)] +=
            SameBits(Infer(backend.get(), slot, Noise({64, 48}, image)), expected[image]) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(right, (std::array<int, 4>{20, 20, 20, 20}));
}

TEST_F(BackendTest, TheRealNetworkGivesTheSameBitsForAnyThreads) {
  TENJO_NEEDS_SHARED(kOmz);
  const ModelInfo info = ReadModelInfo(testing::SharedData(kOmz));
  std::vector<cv::Mat> images;
  images.reserve(9);
  for (std::uint64_t i = 0; i < 3; ++i) {
    images.push_back(Noise({152, 96}, i));
  }
  std::vector<Maps> expected;
  for (const int threads : {1, 2, 4}) {
    const auto backend =
        Backend::Create(info, {.threads = threads, .width = threads == 4 ? 0 : 152, .height = 96});
    const auto got = InferAll(backend.get(), images);
    if (threads == 1) {
      expected = got;
    }
    for (std::size_t i = 0; i < images.size(); ++i) {
      EXPECT_TRUE(SameBits(got[i], expected[i])) << threads << ' ' << i;
    }
  }
}

TEST_F(BackendTest, TheRealNetworkHasTheMapsItsFactsSay) {
  TENJO_NEEDS_SHARED(kOmz);
  const auto backend = Backend::Create(ReadModelInfo(testing::SharedData(kOmz)), {});
  EXPECT_GE(backend->num_slots(), 2);
  EXPECT_SAYS(backend->Describe(), "human-pose-estimation-0001 at 456x256");
  backend->Input(0, {456, 256}).setTo(cv::Scalar(90, 100, 110));
  backend->Start(0);
  const auto views = backend->Wait(0);
  EXPECT_EQ(views[0].shape, (std::vector<int>{1, 19, 32, 57}));
  EXPECT_EQ(views[1].shape, (std::vector<int>{1, 38, 32, 57}));
  // Nobody is in a grey picture: it is background nearly everywhere.
  double background = 0;
  for (int i = 0; i < 32 * 57; ++i) {
    background += views[0].data[18 * 32 * 57 + i] / (32.0 * 57.0);
  }
  EXPECT_GT(background, 0.9);
}

TEST_F(BackendTest, ConstantNetworksAnswerTheirMaps) {
  std::vector<float> heatmaps(19 * 6 * 8);
  std::vector<float> pafs(38 * 6 * 8);
  for (std::size_t i = 0; i < pafs.size(); ++i) {
    pafs[i] = static_cast<float>(i) / 100.0F - 3.0F;
    heatmaps[i % heatmaps.size()] = static_cast<float>(i) / 999.0F;
  }
  const auto path = folder_ / "constant.onnx";
  testing::WriteConstantPoseNetwork(path, heatmaps, pafs, 6, 8);
  const ModelInfo info = ReadModelInfo(path);
  const auto backend = Backend::Create(info, {});
  EXPECT_EQ(Infer(backend.get(), 0, Noise({64, 48}, 2)), (Maps{heatmaps, pafs}));
  EXPECT_SAYS(Failure(info, {.width = 128, .height = 48}), "cannot take images of 128x48");
}

// A network that fits only one width: with the width open this shows while it runs.
TEST_F(BackendTest, FailuresOfARunningRequestComeOutOfWait) {
  const auto path = folder_ / "constant.onnx";
  testing::WriteConstantPoseNetwork(path, std::vector<float>(19 * 6 * 8),
                                    std::vector<float>(38 * 6 * 8), 6, 8);
  const ModelInfo info = ReadModelInfo(path);
  const auto backend = Backend::Create(info, {.height = 48});
  EXPECT_EQ(Infer(backend.get(), 0, Noise({64, 48}, 2))[0].size(), 19U * 6 * 8);
  Begin(backend.get(), 0, Noise({128, 48}, 2));
  try {
    backend->Wait(0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
  }
  EXPECT_EQ(Infer(backend.get(), 0, Noise({64, 48}, 2))[0].size(), 19U * 6 * 8);
}

TEST_F(BackendTest, WeightsThatAreNotNumbersAreAnswersThatAreNotNumbers) {
  TinyPoseOptions tiny;
  tiny.nan_weights = true;
  tiny.body = TinyBody::kPooling;
  const auto backend = Backend::Create(Network(tiny), {});
  EXPECT_TRUE(std::isnan(Infer(backend.get(), 0, Noise({64, 48}, 2))[0][0]));
}

TEST_F(BackendTest, SaysWhatCannotBeCreated) {
  const ModelInfo info = Network();
  EXPECT_SAYS(Failure(info, {.backend = "tvm"}), "no backend 'tvm'; there is: openvino");
  EXPECT_SAYS(Failure(info, {.device = "TPU"}), "no device 'TPU'");
  EXPECT_SAYS(Failure(info, {.device = "TPU"}), "CPU");
  EXPECT_SAYS(Failure(info, {.device = ""}), "no device ''");
  EXPECT_SAYS(Failure(info, {.device = "cpu"}), "no device 'cpu'");
  EXPECT_SAYS(Failure(info, {.device = "AUTO:TPU"}), "'TPU' of AUTO:TPU");
  EXPECT_SAYS(Failure(info, {.threads = -1}), "-1 threads");
  EXPECT_SAYS(Failure(info, {.requests = -1}), "-1 requests");
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{
           {64, 0}, {-1, 48}, {64, -48}, {4, 48}, {64, 4}, {9000, 48}, {64, 9000}, {0, -1}}) {
    EXPECT_SAYS(Failure(info, {.width = width, .height = height}), "cannot be");
  }
}

TEST_F(BackendTest, SaysWhatIsWrongWithTheNetwork) {
  const auto changed = [&](auto change) {
    ModelInfo info = Network();
    change(&info);
    return Failure(info, {});
  };
  EXPECT_SAYS(changed([](ModelInfo* info) { info->heatmaps = "maps"; }),
              "has no output maps; its outputs are: heatmaps, pafs");
  EXPECT_SAYS(changed([](ModelInfo* info) { std::swap(info->heatmaps, info->pafs); }),
              "has the shape [1,38,6,8]");
  EXPECT_SAYS(changed([](ModelInfo* info) { info->stride = 4; }), "the stride 4 ask for");
  EXPECT_SAYS(changed([](ModelInfo* info) { info->path = info->path.string() + "x"; }),
              "OpenVINO cannot read");

  // The outline is whole, the operations are not.
  TinyPoseOptions tiny;
  const ModelInfo info = Network(tiny);
  std::string bytes = ReadFile(info.path);
  for (std::size_t at = bytes.find("Relu"); at != std::string::npos; at = bytes.find("Relu", at)) {
    bytes.replace(at, 4, "Rulu");
  }
  std::ofstream(info.path, std::ios::binary) << bytes;
  EXPECT_SAYS(Failure(ReadModelInfo(info.path), {}), "OpenVINO cannot read");
}

TEST_F(BackendTest, WrongUseIsABugOfTheCaller) {
  const auto backend = Backend::Create(Network(), {});
  EXPECT_THROW(backend->Wait(0), CheckFailure);
  EXPECT_THROW(backend->Start(0), CheckFailure);
  EXPECT_THROW(backend->Input(0, {72, 48}), CheckFailure);
  EXPECT_THROW(backend->Input(-1, {64, 48}), CheckFailure);
  EXPECT_THROW(backend->Input(backend->num_slots(), {64, 48}), CheckFailure);
  Begin(backend.get(), 0, Noise({64, 48}, 1));
  EXPECT_THROW(backend->Input(0, {64, 48}), CheckFailure);
  EXPECT_THROW(backend->Start(0), CheckFailure);
  // Left running on purpose: the backend ends cleanly all the same.
}

TEST_F(BackendTest, AutoFindsADevice) {
  const ModelInfo info = Network();
  const auto backend = Backend::Create(info, {.device = "AUTO", .threads = 2});
  const cv::Mat image = Noise({64, 48}, 4);
  const auto cpu = Backend::Create(info, {});
  EXPECT_EQ(Infer(backend.get(), 0, image)[0].size(), Infer(cpu.get(), 0, image)[0].size());
  EXPECT_SAYS(backend->Describe(), "AUTO");
}

class BackendCacheTest : public BackendTest {
 protected:
  void SetUp() override {
    before_ = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
  }
  void TearDown() override { spdlog::set_default_logger(before_); }

  Maps InferCached(const ModelInfo& info) {
    const auto backend = Backend::Create(info, {.cache_dir = cache_});
    return Infer(backend.get(), 0, Noise({64, 48}, 9));
  }
  std::vector<std::filesystem::path> Entries() const {
    std::vector<std::filesystem::path> entries;
    for (const auto& entry : std::filesystem::directory_iterator(cache_)) {
      entries.push_back(entry.path());
    }
    return entries;
  }
  std::ptrdiff_t Warnings() const {
    const std::string text = log_.str();
    return std::count(text.begin(), text.end(), '\n');
  }

  std::filesystem::path cache_ = folder_ / "cache";
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(BackendCacheTest, KeptNetworksAnswerTheSameBits) {
  const ModelInfo info = Network();
  const Maps cold = InferCached(info);
  ASSERT_EQ(Entries().size(), 1U);
  EXPECT_TRUE(SameBits(InferCached(info), cold));
  EXPECT_EQ(Entries().size(), 1U);
  const auto open = Backend::Create(info, {.height = 48, .cache_dir = cache_});
  const auto again = Backend::Create(info, {.height = 48, .cache_dir = cache_});
  EXPECT_EQ(Entries().size(), 2U);
  const cv::Mat image = Noise({96, 48}, 9);
  EXPECT_TRUE(SameBits(Infer(open.get(), 0, image), Infer(again.get(), 0, image)));
  EXPECT_EQ(Warnings(), 0) << log_.str();
}

TEST_F(BackendCacheTest, ANetworkThatChangesIsNotTheKeptOne) {
  TinyPoseOptions tiny;
  const ModelInfo info = Network(tiny);
  const Maps first = InferCached(info);
  tiny.seed = 2;
  WriteTinyPoseNetwork(info.path, tiny);
  const Maps second = InferCached(info);
  EXPECT_FALSE(SameBits(first, second));
  ModelInfo other = info;
  other.colour = ColourOrder::kRgb;
  EXPECT_FALSE(SameBits(InferCached(other), second));
}

TEST_F(BackendCacheTest, DamagedEntriesAreCompiledAnewWithOneWarning) {
  const ModelInfo info = Network();
  const Maps cold = InferCached(info);
  const auto path = Entries().at(0);
  const std::string whole = ReadFile(path);
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 4);
  std::ptrdiff_t warnings = 0;
  for (const std::string& damaged : {std::string(), whole.substr(0, whole.size() / 2), flipped,
                                     std::string(whole.size(), 'x')}) {
    std::ofstream(path, std::ios::binary) << damaged;
    EXPECT_TRUE(SameBits(InferCached(info), cold));
    EXPECT_EQ(Warnings(), ++warnings) << log_.str();
    EXPECT_TRUE(SameBits(InferCached(info), cold));
    EXPECT_EQ(Warnings(), warnings) << "the entry is mended: " << log_.str();
  }
}

TEST_F(BackendCacheTest, AFolderThatCannotBeWrittenIsOneWarning) {
  const ModelInfo info = Network();
  std::ofstream(cache_) << "a file where the folder would be";
  EXPECT_FALSE(InferCached(info).empty());
  EXPECT_EQ(Warnings(), 1) << log_.str();
}

}  // namespace
}  // namespace tenjo
