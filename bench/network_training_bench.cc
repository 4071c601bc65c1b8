// Forward and backward passes of pose networks on random tensors: images a second by layout of
// memory, network, batch and precision. Rounds are interleaved, medians printed, one line of JSON a
// setting.
#include <torch/types.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "median.h"
#include "tenjo/infer/torch/autocast.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/model/network.h"

namespace {

struct Setting {
  double width = 1;
  int stages = 0;
  bool batch_norm = true;
  bool channels_last = true;
  bool bf16 = false;
  int batch = 8;
  std::unique_ptr<tenjo::NetworkModule> module = nullptr;
  std::vector<double> wall_s = {};
  std::vector<double> cpu_s = {};
};

std::unique_ptr<tenjo::NetworkModule> Make(const Setting& setting) {
  tenjo::Network network = tenjo::MakePoseNetwork(
      {.width = setting.width, .stages = setting.stages, .activation = tenjo::Activation::kElu});
  if (!setting.batch_norm) {
    network = tenjo::FoldBatchNorm(network);
  }
  auto module = std::make_unique<tenjo::NetworkModule>(network);
  module->train();
  if (setting.channels_last) {
    module->UseChannelsLast();
  }
  return module;
}

void Step(const Setting& setting, const torch::Tensor& images) {
  setting.module->zero_grad();
  std::map<std::string, std::vector<torch::Tensor>> answers;
  {
    const tenjo::Autocast autocast(
        setting.bf16 ? std::optional<torch::ScalarType>(torch::kBFloat16) : std::nullopt,
        torch::kCPU);
    answers = setting.module->forward(images);
  }
  torch::Tensor loss = torch::zeros({});
  for (const auto& [role, stages] : answers) {
    for (const torch::Tensor& map : stages) {
      loss = loss + map.to(torch::kFloat32).square().mean();
    }
  }
  loss.backward();
}

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void Measure(int side, int rounds, std::vector<Setting>* settings) {
  for (int round = 0; round <= rounds; ++round) {
    for (Setting& setting : *settings) {
      if (!setting.module) {
        setting.module = Make(setting);
      }
      const torch::Tensor images = torch::randn({setting.batch, 3, side, side});
      const double cpu = CpuSeconds();
      const auto start = std::chrono::steady_clock::now();
      Step(setting, images);
      if (round > 0) {  // the first one warms up
        setting.wall_s.push_back(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        setting.cpu_s.push_back(CpuSeconds() - cpu);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, double> options = {{"rounds", 5}, {"threads", 2}, {"side", 256},
                                           {"batch", 8},  {"keep", 1},    {"width", 1}};
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t equals = text.find('=');
    const auto option = options.find(text.substr(0, equals));
    if (option == options.end() || equals == std::string::npos) {
      std::fprintf(stderr,
                   "usage: network_training_bench [rounds=N] [threads=N] [side=PIXELS] [batch=N] "
                   "[keep=0|1] [width=FACTOR]\n");
      return 2;
    }
    option->second = std::atof(text.c_str() + equals + 1);
  }
  try {
    if (options["keep"] != 0) {
      tenjo::KeepMemory();
    }
    tenjo::SetTorchThreads(static_cast<int>(options["threads"]));
    std::vector<Setting> settings;
    for (const int stages : {0, 1}) {
      for (const bool batch_norm : {true, false}) {
        for (const bool channels_last : {true, false}) {
          for (const bool bf16 : {false, true}) {
            settings.push_back({options["width"], stages, batch_norm, channels_last, bf16,
                                static_cast<int>(options["batch"])});
          }
        }
      }
    }
    Measure(static_cast<int>(options["side"]), static_cast<int>(options["rounds"]), &settings);
    for (const Setting& s : settings) {
      std::printf(
          "{\"width\": %.2f, \"stages\": %d, \"batch_norm\": %s, \"channels_last\": %s, "
          "\"bf16\": %s, \"batch\": %d, \"images_per_s\": %.2f, \"images_per_cpu_s\": %.2f}\n",
          s.width, s.stages, s.batch_norm ? "true" : "false", s.channels_last ? "true" : "false",
          s.bf16 ? "true" : "false", s.batch, s.batch / Median(s.wall_s),
          s.batch / Median(s.cpu_s));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
