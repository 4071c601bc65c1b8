#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "tenjo/vision/frame.h"

namespace tenjo {

struct SourceOptions {
  std::string input;        //!< video file, folder or glob of images, rtsp://…, or V4L2 device (/dev/video0)
  std::string camera;       //!< name put into frames; empty: made from the input
  double start_s = 0;       //!< files: skip what is before
  double end_s = 0;         //!< files: stop there; 0: at the end
  bool loop = false;        //!< files: begin again at the end, times going on
  double give_up_s = 60;    //!< live: how long to try to (re)connect before giving up
  const std::atomic<bool>* stop = nullptr;  //!< set by others: Read ends early
};

struct SourceInfo {
  int width = 0;            //!< of the first frame; images may differ
  int height = 0;
  double fps = 0;           //!< nominal; 0: unknown
  std::int64_t frames = 0;  //!< expected; 0: unknown
  bool live = false;        //!< frames come when they come
};

//! Frames of one camera in order. Images are 8-bit BGR whatever the file holds.
class VideoSource {
 public:
  //! Opens the input. Throws Error if it is missing, empty or not readable as what it seems to be.
  static std::unique_ptr<VideoSource> Create(const SourceOptions& options);
  virtual ~VideoSource() = default;

  virtual const SourceInfo& info() const = 0;
  //! False at the end. Each frame owns its image. Throws Error if a live source stays away.
  virtual bool Read(Frame& frame) = 0;
  //! A sentence for people about what was wrong with the input (cut short, garbage), else empty.
  virtual std::string Warning() const { return {}; }
};

}  // namespace tenjo
