#include "tenjo/video/image_decode.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <vector>

namespace tenjo {
namespace {

using Bytes = std::vector<unsigned char>;

bool IsJpeg(const Bytes& bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

// Whether a JPEG goes on to its end marker (ITU T.81, B.1.1). Decoders fill what is missing with
// grey and only grumble.
bool HasJpegEnd(const Bytes& bytes) {
  std::size_t i = 2;
  while (i + 1 < bytes.size()) {
    if (bytes[i] != 0xFF) {
      ++i;  // coded data, or padding
      continue;
    }
    const unsigned char marker = bytes[i + 1];
    if (marker == 0xFF) {
      ++i;
      continue;
    }
    i += 2;
    if (marker == 0xD9) {
      return true;
    }
    const bool bare = marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
    if (bare) {
      continue;
    }
    if (i + 1 >= bytes.size()) {
      return false;
    }
    i += static_cast<std::size_t>(bytes[i]) << 8 | bytes[i + 1];
  }
  return false;
}

}  // namespace

cv::Mat DecodeImageFile(const std::filesystem::path& path, std::string& why) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    why = std::strerror(errno);
    return {};
  }
  const Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.empty()) {
    why = "the file is empty";
    return {};
  }
  if (IsJpeg(bytes) && !HasJpegEnd(bytes)) {
    why = "the file is cut short";
    return {};
  }
  cv::Mat image;
  try {
    image = cv::imdecode(bytes, cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image.release();
  }
  if (image.empty()) {
    why = "it is not an image that can be decoded";
  }
  return image;
}

}  // namespace tenjo
