// Lightweight OpenPose's base against OpenPose's: weights, operations and milliseconds in OpenVINO
// of MobileNetV1 and VGG19 with 0 to 3 refinement stages, random weights. Rounds are interleaved
// and medians taken. Prints a table in Markdown.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "tenjo/infer/backend.h"
#include "tenjo/model/network.h"
#include "tenjo/model/network_onnx.h"

namespace {

struct Row {
  std::string name;
  int stages = 0;
  double weights = 0;
  double operations = 0;
  std::unique_ptr<tenjo::Backend> backend = nullptr;
  std::vector<double> ms = {};
};

Row Make(const tenjo::PoseNetworkOptions& options, const std::string& name) {
  const tenjo::Network network = tenjo::MakePoseNetwork(options);
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("tenjo-table-" + std::to_string(getpid()) + ".onnx");
  tenjo::WriteOnnx(network, path);
  Row row;
  row.name = name;
  row.stages = options.stages;
  row.weights = static_cast<double>(tenjo::CountWeights(tenjo::FoldBatchNorm(network)));
  row.operations = static_cast<double>(
      tenjo::CountOperations(network, options.input_width, options.input_height));
  row.backend = tenjo::Backend::Create(tenjo::ReadModelInfo(path), {.threads = 1, .requests = 1});
  std::filesystem::remove(path);
  row.backend->Input(0, {options.input_width, options.input_height}).setTo(100);
  return row;
}

void Measure(int rounds, std::vector<Row>* rows) {
  for (int round = 0; round <= rounds; ++round) {
    for (Row& row : *rows) {
      const std::clock_t start = std::clock();
      row.backend->Start(0);
      row.backend->Wait(0);
      if (round > 0) {  // the first one warms up
        row.ms.push_back(1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 11;
  if (rounds < 1) {
    std::fprintf(stderr, "usage: network_table_bench [ROUNDS]\n");
    return 2;
  }
  try {
    std::vector<Row> rows;
    for (int stages = 0; stages <= 3; ++stages) {
      rows.push_back(Make({.base = tenjo::PoseBase::kVgg19, .stages = stages}, "VGG19"));
      rows.push_back(Make({.stages = stages}, "MobileNetV1"));
      rows.push_back(Make({.width = 0.5, .stages = stages}, "MobileNetV1, width 0.5"));
    }
    Measure(rounds, &rows);
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.name > b.name; });
    std::printf(
        "| base | refinement stages | weights, millions | GFLOPs | ms of processor time |\n");
    std::printf("| --- | --- | --- | --- | --- |\n");
    for (Row& row : rows) {
      std::sort(row.ms.begin(), row.ms.end());
      std::printf("| %s | %d | %.2f | %.2f | %.1f |\n", row.name.c_str(), row.stages,
                  1e-6 * row.weights, 1e-9 * row.operations, row.ms[row.ms.size() / 2]);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
