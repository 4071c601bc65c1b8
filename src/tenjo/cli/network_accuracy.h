#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"
#include "tenjo/quantize/quantize.h"

namespace tenjo::cli {

//! The truth that networks are measured by, as of --gt.
struct AccuracyOptions {
  std::filesystem::path gt;
  std::string images;  //!< of the truth
  std::string size;    //!< network input, as of `tenjo run`
  int threads = 0;
};

//! Measures network files. Of a pose network keypoint AP, with person heads box AP50 too (of
//! rotated boxes where the truth has some), as `tenjo eval` has them; of an appearance network
//! rank-1 across cameras (within them where there is one camera). Throws Error for a truth that
//! cannot be read.
std::function<std::vector<Accuracy>(const std::filesystem::path&)> MeasureBy(
    const AccuracyOptions& options, const ModelInfo& info);

}  // namespace tenjo::cli
