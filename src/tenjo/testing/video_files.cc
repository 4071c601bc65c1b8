#include "tenjo/testing/video_files.h"

#include <opencv2/videoio.hpp>
#include <stdexcept>

#include "tenjo/testing/process.h"

namespace tenjo::testing {
namespace {

constexpr int kBits = 12;

}  // namespace

cv::Mat MarkedImage(int number, cv::Size size) {
  cv::Mat image(size, CV_8UC3, cv::Scalar(40, 40, 40));
  for (int bit = 0; bit < kBits; ++bit) {
    if ((number >> bit & 1) != 0) {
      const int left = bit * size.width / kBits;
      const int right = (bit + 1) * size.width / kBits;
      image.colRange(left, right).setTo(cv::Scalar(220, 220, 220));
    }
  }
  return image;
}

int ReadMark(const cv::Mat& image) {
  int number = 0;
  for (int bit = 0; bit < kBits; ++bit) {
    const int x = (2 * bit + 1) * image.cols / (2 * kBits);
    if (image.at<cv::Vec3b>(image.rows / 2, x)[1] > 130) {
      number |= 1 << bit;
    }
  }
  return number;
}

void MakeVideo(const std::filesystem::path& path, const MadeVideo& video) {
  const std::string& f = video.fourcc;
  cv::VideoWriter writer(path.string(), cv::CAP_FFMPEG,
                         cv::VideoWriter::fourcc(f.at(0), f.at(1), f.at(2), f.at(3)), video.fps,
                         video.size);
  if (!writer.isOpened()) {
    throw std::runtime_error("cannot make the video " + path.string());
  }
  for (int i = 0; i < video.frames; ++i) {
    writer.write(MarkedImage(i, video.size));
  }
}

bool HaveFfmpeg() {
  static const bool have = [] {
    try {
      return Process({"ffmpeg", "-version"}, true).Wait() == 0;
    } catch (const std::runtime_error&) {
      return false;
    }
  }();
  return have;
}

void Ffmpeg(std::vector<std::string> arguments) {
  const std::vector<std::string> start = {"ffmpeg", "-nostdin", "-v", "fatal", "-y"};
  arguments.insert(arguments.begin(), start.begin(), start.end());
  if (RunProcess(arguments) != 0) {
    throw std::runtime_error("ffmpeg failed to make " + arguments.back());
  }
}

void CopyStart(const std::filesystem::path& from, const std::filesystem::path& to,
               std::uintmax_t bytes) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(to, bytes);
}

}  // namespace tenjo::testing
