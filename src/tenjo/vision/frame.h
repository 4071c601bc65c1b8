#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>

namespace tenjo {

//! One picture of a camera.
struct Frame {
  std::int64_t number = 0;  //!< place in the source, from 0; live sources count dropped frames too
  double time_s = 0;        //!< from the source's timestamps; 0 at the start of the source
  std::string camera;       //!< name of the camera that took it
  std::int64_t image_id =
      0;          //!< COCO image id: number in an image file's name, else a place from 1
  cv::Mat image;  //!< 8-bit BGR, never empty
};

}  // namespace tenjo
