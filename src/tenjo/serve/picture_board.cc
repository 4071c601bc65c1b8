#include "tenjo/serve/picture_board.h"

#include <opencv2/imgcodecs.hpp>
#include <utility>

#include "tenjo/publish/anonymize.h"

namespace tenjo {

void PictureBoard::Put(const std::string& camera, const cv::Mat& picture, std::vector<Box> blur) {
  {
    const std::lock_guard lock(mutex_);
    Newest& newest = newest_[camera];
    newest.number = ++numbers_;
    newest.picture = picture;
    newest.blur = std::move(blur);
  }
  added_.notify_all();
}

void PictureBoard::Forget(const std::string& camera) {
  const std::lock_guard lock(mutex_);
  newest_.erase(camera);
}

std::optional<PictureBoard::Jpeg> PictureBoard::After(const std::string& camera, std::uint64_t seen,
                                                      std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto is_newer = [&] {
    const auto found = newest_.find(camera);
    return found != newest_.end() && found->second.number > seen;
  };
  if (!added_.wait_for(lock, patience, is_newer)) {
    return std::nullopt;
  }
  const Newest newest = newest_[camera];
  if (newest.jpeg.number == newest.number) {
    return newest.jpeg;
  }
  lock.unlock();  // encoding takes its time
  cv::Mat picture = newest.picture;
  if (!newest.blur.empty()) {
    picture = picture.clone();
    BlurBoxes(newest.blur, picture);
  }
  constexpr int kQuality = 80;
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, kQuality});
  Jpeg jpeg{newest.number, std::string(bytes.begin(), bytes.end())};
  lock.lock();
  if (const auto found = newest_.find(camera); found != newest_.end()) {
    found->second.jpeg = jpeg;
  }
  return jpeg;
}

}  // namespace tenjo
