#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/video/image_decode.h"
#include "tenjo/video/sources.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

// The last run of digits in a name, as 139 of 000000000139.
std::optional<std::int64_t> NumberInName(const std::string& stem) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto last = std::find_if(stem.rbegin(), stem.rend(), is_digit);
  const auto before = std::find_if_not(last, stem.rend(), is_digit);
  return ParseInt(std::string(before.base(), last.base()));
}

std::vector<std::int64_t> ImageIds(const std::vector<fs::path>& files) {
  std::vector<std::int64_t> ids;
  std::set<std::int64_t> seen;
  for (const fs::path& file : files) {
    const std::optional<std::int64_t> number = NumberInName(file.stem().string());
    if (!number || !seen.insert(*number).second) {
      break;
    }
    ids.push_back(*number);
  }
  if (ids.size() != files.size()) {
    ids.clear();
    for (std::size_t i = 0; i < files.size(); ++i) {
      ids.push_back(static_cast<std::int64_t>(i) + 1);
    }
  }
  return ids;
}

class ImageSource : public VideoSource {
 public:
  ImageSource(const SourceOptions& options, std::vector<fs::path> files)
      : options_(options), files_(std::move(files)), ids_(ImageIds(files_)) {
    FindRange();
    next_ = begin_;
    ReadAhead();
    if (ahead_.empty()) {
      if (Stopped(options_)) {
        return;
      }
      throw Error(NoneReadable());
    }
    info_.width = ahead_.cols;
    info_.height = ahead_.rows;
    info_.fps = options_.image_fps;
    info_.frames = options_.loop ? 0 : static_cast<std::int64_t>(end_ - begin_);
  }

  const SourceInfo& info() const override { return info_; }

  bool Read(Frame& frame) override {
    if (ahead_.empty()) {
      ReadAhead();
    }
    if (ahead_.empty() || Stopped(options_)) {
      return false;
    }
    const std::size_t place = next_ - 1;
    frame.number = static_cast<std::int64_t>(passes_ * (end_ - begin_) + place);
    frame.time_s = static_cast<double>(frame.number) / options_.image_fps;
    frame.camera = options_.camera;
    frame.image_id = ids_[place];
    frame.image = std::move(ahead_);
    ahead_ = cv::Mat();
    return true;
  }

  std::string Warning() const override {
    if (broken_ == 0) {
      return {};
    }
    return fmt::format("{} of {} images could not be read and {} left out, the first is {} ({})",
                       broken_, end_ - begin_, broken_ == 1 ? "was" : "were", first_broken_,
                       first_reason_);
  }

 private:
  void FindRange() {
    constexpr double kTolerance = 1e-6;  // in frames
    const auto count = static_cast<double>(files_.size());
    const double first = std::ceil(options_.start_s * options_.image_fps - kTolerance);
    const double last =
        options_.end_s > 0 ? std::ceil(options_.end_s * options_.image_fps - kTolerance) : count;
    if (first >= count) {
      throw Error(fmt::format("the start ({} s) is past the end of {}: {} images at {} a second",
                              options_.start_s, options_.input, files_.size(), options_.image_fps));
    }
    begin_ = static_cast<std::size_t>(first);
    end_ = static_cast<std::size_t>(std::max(first + 1, std::min(last, count)));
  }

  // The next readable image into ahead_, which stays empty at the end.
  void ReadAhead() {
    bool any = passes_ > 0 || readable_;
    while (ahead_.empty() && !Stopped(options_)) {
      if (next_ == end_) {
        if (!options_.loop || !any) {
          return;
        }
        next_ = begin_;
        ++passes_;
      }
      std::string why;
      const fs::path& file = files_[next_++];
      ahead_ = DecodeImageFile(file, why);
      if (!ahead_.empty()) {
        readable_ = true;
      } else if (passes_ == 0 && ++broken_ == 1) {
        first_broken_ = file.string();
        first_reason_ = why;
      }
    }
  }

  std::string NoneReadable() const {
    return files_.size() == 1
               ? fmt::format("cannot read {}: {}", first_broken_, first_reason_)
               : fmt::format("none of the {} images of {} can be read, the first is {} ({})",
                             end_ - begin_, options_.input, first_broken_, first_reason_);
  }

  SourceOptions options_;
  std::vector<fs::path> files_;
  std::vector<std::int64_t> ids_;
  SourceInfo info_;
  std::size_t begin_ = 0;  // of the wanted range in files_
  std::size_t end_ = 0;
  std::size_t next_ = 0;
  std::size_t passes_ = 0;
  cv::Mat ahead_;
  bool readable_ = false;
  std::size_t broken_ = 0;
  std::string first_broken_;
  std::string first_reason_;
};

}  // namespace

std::unique_ptr<VideoSource> OpenImages(const SourceOptions& options, std::vector<fs::path> files) {
  return std::make_unique<ImageSource>(options, std::move(files));
}

}  // namespace tenjo
