#pragma once

#include <cstddef>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "tenjo/infer/backend.h"

namespace tenjo {

//! Runs a backend on `count` pictures of `size`, its slots in turn, as many in flight as there are:
//! `fill` lays picture i into the network's input, `take` gets the answers to it, in order.
void RunInTurn(
    Backend* backend, std::size_t count, cv::Size size,
    const std::function<void(std::size_t i, cv::Mat& picture)>& fill,
    const std::function<void(std::size_t i, const std::vector<TensorView>& answers)>& take);

}  // namespace tenjo
