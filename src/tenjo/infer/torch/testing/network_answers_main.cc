// Writes random networks as ONNX files and, beside each, an input and what LibTorch answers to it:
// FOLDER/N.onnx, N.input, N.ROLE (float numbers, as they lie). For tests against other runtimes.
#include <torch/types.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "tenjo/infer/torch/network_module.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/testing/random_network.h"

namespace {

void Write(const std::filesystem::path& path, const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.contiguous();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(plain.data_ptr<float>()), plain.numel() * 4);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: network_answers FOLDER COUNT\n");
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[1];
    std::mt19937_64 engine(5);
    torch::manual_seed(6);
    const torch::InferenceMode inference;
    for (int i = 0; i < std::atoi(argv[2]); ++i) {
      const tenjo::Network network = i % 8 == 7   ? tenjo::testing::RandomRefineNetwork(&engine)
                                     : i % 4 == 3 ? tenjo::testing::RandomAppearanceNetwork(&engine)
                                                  : tenjo::testing::RandomPoseNetwork(&engine);
      const std::string name = std::to_string(i);
      tenjo::WriteOnnx(network, folder / (name + ".onnx"));
      const torch::Tensor input =
          torch::randn({1, 3, network.facts.input_height, network.facts.input_width});
      tenjo::NetworkModule module(network);
      module.eval();
      Write(folder / (name + ".input"), input);
      for (const auto& [role, stages] : module.forward(input)) {
        Write(folder / (name + "." + role), stages.back());
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
