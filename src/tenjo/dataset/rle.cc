#include "tenjo/dataset/rle.h"

#include <fmt/format.h>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Digits of the text: 5 bits each, the sixth says that more follow, from '0' on.
constexpr int kDigitBits = 5;
constexpr int kMore = 0x20;
constexpr int kSign = 0x10;
constexpr int kDigit = 0x1f;
constexpr char kFirst = '0';
// A run is written as its difference from the one of the same kind before it, from the fourth on.
constexpr std::size_t kPlainRuns = 3;

}  // namespace

std::vector<std::uint32_t> MaskRuns(const cv::Mat& map, std::int16_t value, const cv::Rect& box) {
  TENJO_CHECK(map.type() == CV_16S);
  TENJO_CHECK((box & cv::Rect(0, 0, map.cols, map.rows)) == box);
  const auto rows = static_cast<std::uint32_t>(map.rows);
  std::vector<std::uint32_t> runs;
  std::uint32_t at = 0;  // pixels that the runs cover
  bool inside = false;
  const auto turn = [&](std::uint32_t pixel) {
    runs.push_back(pixel - at);
    at = pixel;
    inside = !inside;
  };
  for (int x = box.x; x < box.x + box.width; ++x) {
    const std::uint32_t column = static_cast<std::uint32_t>(x) * rows;
    if (inside && box.y > 0) {
      turn(column);
    }
    for (int y = box.y; y < box.y + box.height; ++y) {
      if ((map.at<std::int16_t>(y, x) == value) != inside) {
        turn(column + static_cast<std::uint32_t>(y));
      }
    }
    if (inside && box.y + box.height < map.rows) {
      turn(column + static_cast<std::uint32_t>(box.y + box.height));
    }
  }
  const auto pixels = static_cast<std::uint32_t>(map.cols) * rows;
  const std::uint32_t right = static_cast<std::uint32_t>(box.x + box.width) * rows;
  if (inside && right < pixels) {
    turn(right);  // the last column reached the picture's lower border
  }
  if (at < pixels || runs.empty()) {
    runs.push_back(pixels - at);
  }
  return runs;
}

std::string EncodeRuns(const std::vector<std::uint32_t>& runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::int64_t rest = runs[i];
    if (i >= kPlainRuns) {
      rest -= runs[i - 2];
    }
    for (bool more = true; more;) {
      const int digit = static_cast<int>(rest & kDigit);
      rest >>= kDigitBits;
      more = (digit & kSign) != 0 ? rest != -1 : rest != 0;
      text += static_cast<char>(kFirst + (more ? digit | kMore : digit));
    }
  }
  return text;
}

std::vector<std::uint32_t> DecodeRuns(std::string_view text) {
  const auto damaged = [] { return Error("A mask's counts are no COCO run lengths."); };
  std::vector<std::uint32_t> runs;
  for (std::size_t i = 0; i < text.size();) {
    std::int64_t value = 0;
    int shift = 0;
    for (bool more = true; more; ++i) {
      const int digit = i < text.size() ? text[i] - kFirst : -1;
      if (digit < 0 || digit > (kMore | kDigit) || shift > 35) {
        throw damaged();
      }
      value |= static_cast<std::int64_t>(digit & kDigit) << shift;
      shift += kDigitBits;
      more = (digit & kMore) != 0;
      if (!more && (digit & kSign) != 0) {
        value -= std::int64_t{1} << shift;
      }
    }
    if (runs.size() >= kPlainRuns) {
      value += runs[runs.size() - 2];
    }
    if (value < 0 || value > UINT32_MAX) {
      throw damaged();
    }
    runs.push_back(static_cast<std::uint32_t>(value));
  }
  return runs;
}

cv::Mat MaskOfRuns(const std::vector<std::uint32_t>& runs, int width, int height) {
  cv::Mat columns = cv::Mat::zeros(width, height, CV_8U);  // transposed, so that runs are in a row
  const std::size_t pixels = columns.total();
  std::size_t at = 0;
  bool inside = false;
  for (const std::uint32_t run : runs) {
    if (run > pixels - at) {
      throw Error(
          fmt::format("A mask's run lengths are more than its {}x{} pixels.", width, height));
    }
    if (inside) {
      std::fill_n(columns.ptr<std::uint8_t>() + at, run, std::uint8_t{1});
    }
    at += run;
    inside = !inside;
  }
  if (at != pixels) {
    throw Error(
        fmt::format("A mask's run lengths are fewer than its {}x{} pixels.", width, height));
  }
  return columns.t();
}

}  // namespace tenjo
