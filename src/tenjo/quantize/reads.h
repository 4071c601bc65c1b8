#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"
#include "tenjo/quantize/float_graph.h"

namespace tenjo {

//! How the numbers that the filters of one convolution sum up vary together, over images and
//! places.
struct Reads {
  //! By group, filter_size x filter_size, of doubles: covariances. Empty where they are not known.
  std::vector<cv::Mat> covariance;
  //! By group and number of the filter.
  std::vector<std::vector<double>> mean;
};

//! Of each of the graph's convolutions, from a sample of places of all images (at least 16 times as
//! many as a filter has numbers, if there are that many). Unknown for a convolution without
//! `places`. `progress` is called after each image.
std::vector<Reads> MeasureReads(const FloatGraph& graph, const ModelInfo& info,
                                const std::vector<cv::Mat>& images, int threads,
                                const std::function<void()>& progress);

}  // namespace tenjo
