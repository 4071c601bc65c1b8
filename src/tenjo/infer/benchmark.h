#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"

namespace tenjo {

struct BenchmarkCase {
  ModelInfo info;
  bool bf16 = false;
  int threads = 0;  //!< 0: all cores
  int streams = 1;  //!< as many requests are in flight
};

struct BenchmarkSpeed {
  double fps = 0;     //!< requests a second, median of the rounds
  double p50_ms = 0;  //!< from start to answer, over all requests
  double p95_ms = 0;
};

struct BenchmarkResult {
  BenchmarkSpeed tenjo;  //!< from 8-bit pixels; zeros where Backend does not run such a network
  BenchmarkSpeed raw;    //!< OpenVINO alone on the network's own input
  double memory_mb = 0;  //!< resident memory that compiling and running it once added
  int convolutions = 0;  //!< of them in_8_bits as they are really run
  int in_8_bits = 0;
};

struct BenchmarkOptions {
  int width = 0;  //!< of the input, pixels
  int height = 0;
  int rounds = 5;      //!< the cases take turns, so that a disturbed moment hits all alike
  double seconds = 1;  //!< a round of one case
  std::function<void(int done, int total)> progress = {};
};

//! Measures the cases side by side on OpenVINO's CPU. Throws Error if one cannot be run.
std::vector<BenchmarkResult> RunBenchmark(const std::vector<BenchmarkCase>& cases,
                                          const BenchmarkOptions& options);

}  // namespace tenjo
