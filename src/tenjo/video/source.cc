#include "tenjo/video/source.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <regex>
#include <string_view>
#include <system_error>

#include "tenjo/base/error.h"
#include "tenjo/video/sources.h"
#include "tenjo/video/videoio.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> kImageEndings = {
    ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".webp",
    ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm", ".jp2"};
constexpr std::string_view kImageEndingsText = "jpg, png, bmp, webp, tif, pgm, ppm, jp2";

bool IsImageName(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(kImageEndings.begin(), kImageEndings.end(), ending) != kImageEndings.end();
}

bool AllDigits(const std::string& text) {
  return !text.empty() && text.size() <= 3 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::vector<fs::path> ImagesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    const bool hidden = path.filename().string().front() == '.';
    if (!hidden && IsImageName(path) && !fs::is_directory(path)) {
      files.push_back(path);
    }
  }
  if (error) {
    throw Error(fmt::format("cannot read the folder {}: {}", folder.string(), error.message()));
  }
  if (files.empty()) {
    throw Error(
        fmt::format("the folder {} holds no images ({})", folder.string(), kImageEndingsText));
  }
  return files;
}

std::vector<fs::path> ImagesLike(const std::string& pattern) {
  std::vector<fs::path> files;
  bool any = false;
  glob_t found = {};
  if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const fs::path path = found.gl_pathv[i];
      any = true;
      if (IsImageName(path) && !fs::is_directory(path)) {
        files.push_back(path);
      }
    }
  }
  globfree(&found);
  if (files.empty()) {
    throw Error(any ? fmt::format("no file like {} is an image ({}); a pattern is for images, "
                                  "videos are given one by one",
                                  pattern, kImageEndingsText)
                    : fmt::format("no file is like {}", pattern));
  }
  return files;
}

void CheckOptions(const SourceOptions& options) {
  if (options.input.empty()) {
    throw Error("the input is empty: give a video, a folder of images, rtsp://... or /dev/videoN");
  }
  if (!(options.start_s >= 0) || !std::isfinite(options.start_s)) {
    throw Error(fmt::format("the start {} is not a time: give seconds from 0", options.start_s));
  }
  if (!(options.end_s >= 0) || !std::isfinite(options.end_s)) {
    throw Error(fmt::format("the end {} is not a time: give seconds from 0", options.end_s));
  }
  if (options.end_s > 0 && options.end_s <= options.start_s) {
    throw Error(fmt::format("the end ({} s) must be after the start ({} s)", options.end_s,
                            options.start_s));
  }
  if (!(options.image_fps > 0) || !std::isfinite(options.image_fps)) {
    throw Error(
        fmt::format("{} images a second is not a rate: give a number over 0", options.image_fps));
  }
  if (!(options.give_up_s >= 0)) {
    throw Error(
        fmt::format("{} is not a time to give up after: give seconds from 0", options.give_up_s));
  }
}

std::unique_ptr<VideoSource> OpenAddress(const SourceOptions& options) {
  const std::string scheme = options.input.substr(0, options.input.find("://"));
  if (scheme != "rtsp" && scheme != "rtsps") {
    throw Error(fmt::format("cannot read {}: of addresses only rtsp:// and rtsps:// are understood",
                            WithoutSecrets(options.input)));
  }
  return OpenRtsp(options);
}

std::string NameOf(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  const fs::path last = whole.has_filename() ? whole : whole.parent_path();
  return fs::is_directory(last) ? last.filename().string() : last.stem().string();
}

std::string Named(const std::string& name) { return name.empty() ? "camera" : name; }

}  // namespace

std::string WithoutSecrets(const std::string& address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string::npos) {
    return address;
  }
  const std::size_t start = scheme + 3;
  const std::size_t query = std::min(address.find('?', start), address.size());
  // The last @: a password may hold others, and even slashes.
  const std::size_t at = address.substr(0, query).rfind('@');
  std::string shown = address.substr(0, start);
  shown += at != std::string::npos && at >= start ? "***" + address.substr(at, query - at)
                                                  : address.substr(start, query - start);
  static const std::regex secret("((?:pass|passwd|password|pwd|token|auth|key|user)=)[^&]*",
                                 std::regex::icase);
  return shown + std::regex_replace(address.substr(query), secret, "$1***");
}

std::unique_ptr<VideoSource> VideoSource::Create(const SourceOptions& given) {
  CheckOptions(given);
  PrepareVideoio();
  SourceOptions options = given;

  if (options.input.find("://") != std::string::npos && !fs::exists(options.input)) {
    if (options.camera.empty()) {
      const std::string shown = WithoutSecrets(options.input.substr(0, options.input.find('?')));
      const std::size_t at = shown.find("***@");
      options.camera =
          Named(shown.substr(at != std::string::npos ? at + 4 : shown.find("://") + 3));
    }
    return OpenAddress(options);
  }

  std::error_code error;
  const fs::file_status status = fs::status(options.input, error);
  const bool exists = fs::exists(status);
  if (!exists && AllDigits(options.input)) {
    options.input = "/dev/video" + options.input;
  }
  if (fs::is_character_file(status) || options.input.rfind("/dev/video", 0) == 0) {
    options.camera = options.camera.empty() ? NameOf(options.input) : options.camera;
    return OpenDevice(options);
  }
  if (!exists && options.input.find_first_of("*?[") != std::string::npos) {
    std::vector<fs::path> files = ImagesLike(options.input);
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    if (options.camera.empty()) {
      options.camera = Named(NameOf(fs::absolute(files.front()).parent_path()));
    }
    return OpenImages(options, std::move(files));
  }
  if (!exists) {
    const bool hidden = error && status.type() == fs::file_type::none;
    throw Error(fmt::format("cannot read {}: {}", options.input,
                            hidden ? error.message() : "no such file or folder"));
  }
  options.camera = options.camera.empty() ? Named(NameOf(options.input)) : options.camera;
  if (fs::is_directory(status)) {
    std::vector<fs::path> files = ImagesIn(options.input);
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    return OpenImages(options, std::move(files));
  }
  if (IsImageName(options.input)) {
    return OpenImages(options, {options.input});
  }
  return OpenVideoFile(options);
}

}  // namespace tenjo
