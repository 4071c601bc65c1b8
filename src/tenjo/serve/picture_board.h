#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/vision/box.h"

namespace tenjo {

//! The newest picture of each camera that may show one. What must not be seen is blurred before it
//! becomes a JPEG, which happens only when somebody asks. Any thread may call it.
class PictureBoard {
 public:
  //! `blur`: where people are; the picture itself is not changed.
  void Put(const std::string& camera, const cv::Mat& picture, std::vector<Box> blur);
  //! Of cameras that are gone, or that may show pictures no longer.
  void Forget(const std::string& camera);

  struct Jpeg {
    std::uint64_t number = 0;  //!< rises with each picture of the camera
    std::string bytes;
  };
  //! The newest picture after number `seen`, waiting for one if there is none; empty if none comes.
  std::optional<Jpeg> After(const std::string& camera, std::uint64_t seen,
                            std::chrono::milliseconds patience);

 private:
  struct Newest {
    std::uint64_t number = 0;
    cv::Mat picture;
    std::vector<Box> blur;
    Jpeg jpeg;  // of the last picture that was asked for
  };

  std::mutex mutex_;
  std::condition_variable added_;
  std::map<std::string, Newest> newest_;
  std::uint64_t numbers_ = 0;
};

}  // namespace tenjo
