#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "tenjo/train/job/recipe.h"

namespace tenjo {

struct TrainJob {
  Recipe recipe;
  std::filesystem::path out;  //!< folder of checkpoints, metrics, networks and the report
  bool resume = false;        //!< go on from the newest checkpoint in `out`, if there is one
  bool quiet = false;         //!< no progress
  //! For measuring: every step sees the same noise, and nothing is loaded.
  bool random_tensors = false;
  std::atomic<bool>* stop = nullptr;  //!< writes a checkpoint and ends when true
};

struct TrainResult {
  std::int64_t step = 0;  //!< steps made in all
  bool stopped = false;   //!< before the recipe's end
  double seconds = 0;
  double images_per_s = 0;
  std::int64_t best_step = -1;
  double best_score = 0;
  std::filesystem::path network;  //!< the best one, written at the end
  std::filesystem::path int8;     //!< its 8-bit form, after training in 8 bits
};

//! Trains by a recipe: OUT/checkpoints/step-N.checkpoint, OUT/metrics.jsonl, OUT/best.onnx,
//! OUT/last.onnx, OUT/report.html, OUT/recipe.toml; after training in 8 bits the two networks with
//! -int8.onnx too. With torchrun's environment variables (RANK,
//! WORLD_SIZE, MASTER_ADDR, MASTER_PORT) it is one of several processes that train together.
//! Throws Error for bad input, for a folder that holds another training, and when the loss is no
//! longer a number.
TrainResult Train(const TrainJob& job);

}  // namespace tenjo

//! Train, as it is looked up in the module of what needs LibTorch.
extern "C" void tenjo_train(const tenjo::TrainJob* job, tenjo::TrainResult* result);
