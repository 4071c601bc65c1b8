#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "tenjo/vision/frame.h"

namespace tenjo {

struct SourceOptions {
  std::string input;      //!< video file, folder or glob of images, rtsp://…, or V4L2 device
                          //!< (/dev/video0, or its number where no file has that name)
  std::string camera;     //!< name put into frames; empty: made from the input
  double start_s = 0;     //!< files: the first frame is the first with time >= start_s
  double end_s = 0;       //!< files: ends before the first frame with time >= end_s; 0: at the end
  bool loop = false;      //!< files: begin again at the end, times and numbers going on
  double image_fps = 25;  //!< folders of images: images a second
  double give_up_s = 60;  //!< live: how long to try to (re)connect before giving up; 0: one attempt
  const std::atomic<bool>* stop = nullptr;  //!< set by others: Create and Read end early
};

struct SourceInfo {
  int width = 0;  //!< of the first frame; images may differ
  int height = 0;
  double fps = 0;           //!< nominal; 0: unknown
  std::int64_t frames = 0;  //!< about how many Read will deliver; 0: unknown
  bool live = false;        //!< frames come when they come
};

//! Frames of one camera in order. Images are 8-bit BGR whatever the file holds: alpha is dropped,
//! grey becomes three equal channels, 16 bits become 8, and the rotation that a file asks for is
//! done.
//!
//! Times. A video's are its container's, counted from the first frame, so that a variable frame
//! rate comes through; a time that is missing or does not go forward becomes the last one plus the
//! median of the last five spacings (at first the nominal one, 25 fps where the file names none).
//! Images of a folder are image_fps apart. Live frames carry the stream's own spacing, held to
//! within a second of the clock since the first frame, and go on through interruptions. Times
//! always grow.
//!
//! Numbers. Frame::number is the place in the file, whatever start_s; when looping it goes on
//! growing. Frame::image_id of a video is number + 1. Images are in byte order of their names;
//! their image_id is the last run of digits in the name if all names have one and all differ, else
//! the place from 1. An image that cannot be read keeps its number, is left out, and is named by
//! Warning().
class VideoSource {
 public:
  //! Opens the input. Throws Error if it is missing, empty or not readable as what it seems to be.
  //! Of a live source it waits for the first picture, for give_up_s at most.
  static std::unique_ptr<VideoSource> Create(const SourceOptions& options);
  virtual ~VideoSource() = default;

  virtual const SourceInfo& info() const = 0;
  //! False at the end or when stopped. Each frame owns its image. Throws Error if a live source
  //! stays away, or if the file ends before start_s.
  virtual bool Read(Frame& frame) = 0;
  //! A sentence for people about what was wrong with the input (cut short, garbage), else empty.
  //! Complete once Read has returned false.
  virtual std::string Warning() const { return {}; }
};

//! The address without user, password and secrets in its query, for logs and error messages.
std::string WithoutSecrets(const std::string& address);

}  // namespace tenjo
