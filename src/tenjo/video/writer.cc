#include "tenjo/video/writer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string>
#include <system_error>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/video/container_check.h"
#include "tenjo/video/videoio.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSide = 16384;  // of H.264 encoders
constexpr int kMinSide = 16;     // one macroblock
constexpr int kSpaceEvery = 50;  // frames between looks at the disk

double WritableFps(double fps) {
  return std::isfinite(fps) && fps > 0 ? std::clamp(fps, 0.1, 240.0) : 25.0;
}

cv::Size EncodedSize(cv::Size size) {
  const auto side = [](int length) { return std::max(kMinSide, length + (length & 1)); };
  return {side(size.width), side(size.height)};
}

cv::Mat AsBgr(const cv::Mat& image) {
  TENJO_CHECK(!image.empty() && image.depth() == CV_8U);
  cv::Mat bgr = image;
  if (image.channels() == 1) {
    cv::cvtColor(image, bgr, cv::COLOR_GRAY2BGR);
  } else if (image.channels() == 4) {
    cv::cvtColor(image, bgr, cv::COLOR_BGRA2BGR);
  }
  TENJO_CHECK(bgr.channels() == 3);
  return bgr;
}

class Mp4Writer : public VideoWriter {
 public:
  Mp4Writer(const fs::path& path, double fps)
      : path_(path), part_(PartPath(path)), fps_(WritableFps(fps)) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (ending != ".mp4") {
      throw Error(fmt::format("cannot write {}: videos are written as .mp4", path.string()));
    }
    std::error_code ignored;
    if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
      throw Error(fmt::format("cannot write {}: it is not a file", path.string()));
    }
    // OpenCV would not say why.
    std::FILE* file = std::fopen(part_.c_str(), "wb");
    if (file == nullptr) {
      throw Error(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
    }
    std::fclose(file);
  }

  ~Mp4Writer() override {
    writer_.release();
    std::error_code ignored;
    fs::remove(part_, ignored);
  }
  Mp4Writer(const Mp4Writer&) = delete;
  Mp4Writer& operator=(const Mp4Writer&) = delete;

  void Write(const cv::Mat& image) override {
    const cv::Mat bgr = AsBgr(image);
    if (written_ == 0) {
      Open(bgr.size());
    }
    if (written_++ % kSpaceEvery == 0) {
      CheckSpace();
    }
    if (bgr.size() == size_) {
      writer_.write(bgr);
    } else {
      writer_.write(Letterboxed(bgr));
    }
  }

  void Finish() override {
    if (written_ == 0) {
      spdlog::warn("{} is not written: there was no image for it", path_.string());
      return;
    }
    writer_.release();
    CheckWhole();
    std::error_code error;
    fs::rename(part_, path_, error);
    if (error) {
      throw Error(fmt::format("cannot write {}: {}", path_.string(), error.message()));
    }
  }

 private:
  void Open(cv::Size size) {
    if (size.width > kMaxSide || size.height > kMaxSide) {
      throw Error(
          fmt::format("cannot write {}: {}x{} is too large for a video, whose sides are at "
                      "most {}",
                      path_.string(), size.width, size.height, kMaxSide));
    }
    content_ = size;
    size_ = EncodedSize(size);
    // An absolute path: FFmpeg would take "name:rest.mp4" for a protocol.
    const std::string part = fs::absolute(part_).string();
    const int h264 = cv::VideoWriter::fourcc('a', 'v', 'c', '1');
    const int mpeg4 = cv::VideoWriter::fourcc('m', 'p', '4', 'v');
    if (!writer_.open(part, cv::CAP_FFMPEG, h264, fps_, size_) &&
        !writer_.open(part, cv::CAP_FFMPEG, mpeg4, fps_, size_)) {
      throw Error(
          fmt::format("cannot write {}: OpenCV's FFmpeg has no encoder for it", path_.string()));
    }
  }

  // The image in the middle of the first image's size; that size at the top left of the encoded.
  cv::Mat Letterboxed(const cv::Mat& bgr) const {
    cv::Mat canvas(size_, CV_8UC3, cv::Scalar::all(0));
    const double scale = std::min(static_cast<double>(content_.width) / bgr.cols,
                                  static_cast<double>(content_.height) / bgr.rows);
    const cv::Size inner(std::clamp(cvRound(bgr.cols * scale), 1, content_.width),
                         std::clamp(cvRound(bgr.rows * scale), 1, content_.height));
    cv::Mat target =
        canvas(cv::Rect((content_.width - inner.width) / 2, (content_.height - inner.height) / 2,
                        inner.width, inner.height));
    if (inner == bgr.size()) {
      bgr.copyTo(target);
    } else {
      cv::resize(bgr, target, inner, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    }
    return canvas;
  }

  void CheckSpace() const {
    std::error_code error;
    const fs::space_info space = fs::space(part_, error);
    if (!error && space.available == 0) {
      throw Error(fmt::format("cannot write {}: no space left on the disk", path_.string()));
    }
  }

  // OpenCV passes over errors of writing, so the result is looked at.
  void CheckWhole() const {
    const ContainerState state = CheckContainer(part_);
    cv::VideoCapture check;
    const bool whole = state.exact_count && !state.cut &&
                       check.open(fs::absolute(part_).string(), cv::CAP_FFMPEG) &&
                       std::llround(check.get(cv::CAP_PROP_FRAME_COUNT)) == written_ &&
                       check.grab();
    if (!whole) {
      CheckSpace();
      throw Error(fmt::format("cannot write {}: the video is not whole (is the disk full?)",
                              path_.string()));
    }
  }

  fs::path path_;
  fs::path part_;
  double fps_;
  cv::Size content_;  // of the first image
  cv::Size size_;     // that is encoded
  cv::VideoWriter writer_;
  std::int64_t written_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> VideoWriter::Create(const fs::path& path, double fps) {
  PrepareVideoio();
  return std::make_unique<Mp4Writer>(path, fps);
}

}  // namespace tenjo
