#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <opencv2/videoio.hpp>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/video/container_check.h"
#include "tenjo/video/frame_clock.h"
#include "tenjo/video/sources.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

// Times of 0.3 s and the like have no exact double; frames are never this close.
constexpr double kTolerance_s = 1e-6;
constexpr int kGrabAttempts = 500;
constexpr std::int64_t kMaxFrames = std::int64_t{1} << 40;

// FFmpeg would show some text files as pictures of a terminal.
bool IsText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(512, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return std::none_of(start.begin(), start.end(), [](unsigned char c) {
    return c < 0x20 ? std::strchr("\t\n\v\f\r\x1b", c) == nullptr || c == 0 : c == 0x7f;
  });
}

void CheckReadable(const fs::path& path) {
  if (!std::ifstream(path, std::ios::binary)) {
    throw Error(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
  }
  if (!fs::is_regular_file(path)) {
    return;
  }
  if (fs::file_size(path) == 0) {
    throw Error(fmt::format("cannot read {}: the file is empty", path.string()));
  }
  if (IsText(path)) {
    throw Error(fmt::format("cannot read {}: it is a text file, not a video", path.string()));
  }
}

class FileSource : public VideoSource {
 public:
  explicit FileSource(const SourceOptions& options)
      : options_(options), path_(options.input), clock_(0) {
    CheckReadable(path_);
    if (fs::is_regular_file(path_)) {
      container_ = CheckContainer(path_);
    }
    if (!Open() || !GrabNext()) {
      throw Error(WhyUnreadable());
    }
    Describe();
  }

  const SourceInfo& info() const override { return info_; }

  bool Read(Frame& frame) override {
    while (!ended_ && !Stopped(options_)) {
      if (!grabbed_ && !GrabNext()) {
        EndOfFile();
        continue;
      }
      grabbed_ = false;
      if (options_.end_s > 0 && time_s_ >= options_.end_s - kTolerance_s) {
        EndOfPass();
        continue;
      }
      if (time_s_ < options_.start_s - kTolerance_s) {
        continue;
      }
      cv::Mat image;
      if (!Retrieve(image)) {
        ++unreadable_;
        continue;
      }
      Fill(frame, std::move(image));
      return true;
    }
    return false;
  }

  std::string Warning() const override { return warning_; }

 private:
  bool Open() {
    // An absolute path: FFmpeg would take "name:rest.mp4" for a protocol.
    capture_.open(fs::absolute(path_).string(), cv::CAP_FFMPEG,
                  {cv::CAP_PROP_HW_ACCELERATION, cv::VIDEO_ACCELERATION_NONE});
    place_ = -1;
    grabbed_ = false;
    clock_ = FrameClock(capture_.get(cv::CAP_PROP_FPS));
    return capture_.isOpened();
  }

  // Seeking by time lands beside the frame in some containers, and none says which frame it is: all
  // frames are decoded, and only those that are wanted are converted.
  bool GrabNext() {
    // OpenCV takes a packet that does not decode for the end; what follows may still be good.
    int attempts = 0;
    while (!capture_.grab()) {
      if (++attempts == kGrabAttempts) {
        return false;
      }
    }
    ++place_;
    time_s_ = clock_.Next(capture_.get(cv::CAP_PROP_POS_MSEC));
    grabbed_ = true;
    return true;
  }

  bool Retrieve(cv::Mat& image) {
    try {
      return capture_.retrieve(image) && !image.empty();
    } catch (const cv::Exception&) {
      return false;
    }
  }

  void Describe() {
    cv::Mat image;
    if (!Retrieve(image)) {
      throw Error(WhyUnreadable());
    }
    info_.width = image.cols;
    info_.height = image.rows;
    info_.fps = SaneFps(capture_.get(cv::CAP_PROP_FPS));
    const double count = capture_.get(cv::CAP_PROP_FRAME_COUNT);
    if (count >= 1 && count < static_cast<double>(kMaxFrames)) {
      expected_ = static_cast<std::int64_t>(count);
    }
    if (expected_ > 0 && !options_.loop) {
      const auto total = static_cast<double>(expected_);
      const double fps = info_.fps;
      const double last = options_.end_s > 0 && fps > 0 ? std::ceil(options_.end_s * fps) : total;
      const double first = fps > 0 ? std::ceil(options_.start_s * fps - kTolerance_s) : 0;
      info_.frames = static_cast<std::int64_t>(std::max(0.0, std::min(last, total) - first));
    }
  }

  void Fill(Frame& frame, cv::Mat image) {
    if (pass_frames_ == 0) {
      first_time_s_ = time_s_;
    }
    const double time_s = passes_ == 0 ? time_s_ : pass_start_s_ + time_s_ - first_time_s_;
    number_ = passes_ == 0 ? place_ : number_ + 1;
    last_time_s_ = time_s;
    ++pass_frames_;
    frame.number = number_;
    frame.time_s = time_s;
    frame.camera = options_.camera;
    frame.image_id = number_ + 1;
    frame.image = std::move(image);
  }

  void EndOfFile() {
    if (passes_ == 0) {
      Judge();
      if (pass_frames_ == 0 && options_.start_s > 0) {
        ended_ = true;
        throw Error(fmt::format("the start ({} s) is past the end of {}, which lasts {:.2f} s",
                                options_.start_s, path_.string(), time_s_ + clock_.step_s()));
      }
    }
    EndOfPass();
  }

  void EndOfPass() { ended_ = !options_.loop || pass_frames_ == 0 || !Reopen(); }

  bool Reopen() {
    pass_start_s_ = last_time_s_ + clock_.step_s();
    pass_frames_ = 0;
    ++passes_;
    return Open();
  }

  // What the whole file turned out to be.
  void Judge() {
    const std::int64_t read = place_ + 1 - unreadable_;
    const std::int64_t missing = expected_ - read;
    const std::string frames = read == 1 ? "1 frame was" : fmt::format("{} frames were", read);
    if (container_.cut) {
      warning_ = missing > 0 ? fmt::format("{} is cut short: {} frames were expected and {} read",
                                           path_.string(), expected_, read)
                             : fmt::format("{} is cut short: {} read", path_.string(), frames);
    } else if ((container_.exact_count && missing > 1 + expected_ / 100) || unreadable_ > 0) {
      warning_ = fmt::format("{} is damaged: {} frames were expected and {} read", path_.string(),
                             std::max(expected_, place_ + 1), read);
    } else if (container_.garbage_bytes > 0) {
      warning_ = fmt::format("{} ends in {} bytes that are not part of the video; {} read before",
                             path_.string(), container_.garbage_bytes, frames);
    }
  }

  std::string WhyUnreadable() const {
    const std::string name = path_.string();
    if (container_.lacks_index) {
      return fmt::format(
          "cannot read {}: the video has no index (moov), as when its recording was cut short",
          name);
    }
    return fmt::format(
        "cannot read {}: it holds no video that can be decoded (is it damaged, or sound only?)",
        name);
  }

  SourceOptions options_;
  fs::path path_;
  SourceInfo info_;
  ContainerState container_;
  std::int64_t expected_ = 0;  // by the header; 0: it does not say
  cv::VideoCapture capture_;
  FrameClock clock_;

  // The frame that was grabbed last.
  bool grabbed_ = false;  // and not looked at yet
  std::int64_t place_ = -1;
  double time_s_ = 0;

  // Delivered frames. A pass is one way through the file.
  std::int64_t number_ = -1;
  double last_time_s_ = 0;
  std::int64_t passes_ = 0;
  std::int64_t pass_frames_ = 0;
  double pass_start_s_ = 0;
  double first_time_s_ = 0;
  std::int64_t unreadable_ = 0;
  bool ended_ = false;
  std::string warning_;
};

}  // namespace

std::unique_ptr<VideoSource> OpenVideoFile(const SourceOptions& options) {
  return std::make_unique<FileSource>(options);
}

}  // namespace tenjo
