#pragma once

#include <functional>
#include <map>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"
#include "tenjo/quantize/ranges.h"

namespace tenjo {

//! An answer of a network to one image: its shape, and numbers that hold during the call.
struct Answer {
  std::vector<int> shape;
  const float* data = nullptr;
  std::size_t size() const;
  //! Numbers of one channel of the (only) image; 1 where there are no maps.
  std::size_t plane() const;
};

//! `image` as `info` says that the network is fed: `out` holds 3 planes of its size.
void FillInput(const ModelInfo& info, const cv::Mat& image, float* out);

//! Runs ONNX bytes in 32-bit floating point on 8-bit BGR images, all of one size.
class GraphRunner {
 public:
  //! `info` says how pixels become numbers. Throws Error if OpenVINO cannot run it.
  GraphRunner(const std::string& onnx, const ModelInfo& info, cv::Size size, int threads);
  ~GraphRunner();
  GraphRunner(const GraphRunner&) = delete;
  GraphRunner& operator=(const GraphRunner&) = delete;

  //! The number that an input of one number gives (all 0 at first); not to be set during Run.
  void Set(const std::string& input, float value);
  //! Calls `take` for each image, in order; outputs in the order of the file.
  void Run(const std::vector<cv::Mat>& images,
           const std::function<void(std::size_t image, const std::vector<Answer>&)>& take);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

//! What the network with these `tensors` among its outputs makes of the images, by tensor. Two runs
//! over the images; `progress` is called after each image.
std::map<std::string, TensorStatistics> CollectStatistics(
    const std::string& onnx, const std::vector<std::string>& outputs, const ModelInfo& info,
    const std::vector<cv::Mat>& images, int threads, const std::function<void()>& progress);

//! What 8-bit pixels become at the network's input, whatever the images: its range is known.
TensorStatistics InputStatistics(const ModelInfo& info, const std::vector<cv::Mat>& images);

}  // namespace tenjo
