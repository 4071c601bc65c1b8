// Reads COCO annotations and results and evaluates them once; prints seconds of processor time and
// figures as JSON. The other side is bench/eval_pose.py.
#include <cstdio>
#include <ctime>
#include <string>

#include "tenjo/evaluate/coco.h"
#include "tenjo/evaluate/coco_eval.h"

namespace {

double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string Figures(const tenjo::CocoSummary& summary) {
  std::string out = "[";
  for (const auto& figure : summary.figures) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.17g", figure.value);
    out += (out.size() > 1 ? "," : "") + std::string(text);
  }
  return out + "]";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("eval_pose_bench GT.json DT.json\n", stderr);
    return 2;
  }
  const double start_s = ProcessorSeconds();
  const auto truth = tenjo::ReadCocoTruth(argv[1]);
  const auto results = tenjo::ReadCocoResults(argv[2], truth);
  const double read_s = ProcessorSeconds() - start_s;
  const auto keypoints = tenjo::EvaluateKeypoints(truth, results);
  const auto boxes = tenjo::EvaluateBoxes(truth, results);
  const double evaluate_s = ProcessorSeconds() - start_s - read_s;
  std::printf("{\"read_s\":%.6f,\"evaluate_s\":%.6f,\"keypoints\":%s,\"boxes\":%s}\n", read_s,
              evaluate_s, Figures(keypoints).c_str(), Figures(boxes).c_str());
  return 0;
}
