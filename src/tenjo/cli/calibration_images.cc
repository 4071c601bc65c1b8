#include "tenjo/cli/calibration_images.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/dataset/augment.h"
#include "tenjo/dataset/coco.h"
#include "tenjo/dataset/identity_set.h"
#include "tenjo/dataset/loader.h"
#include "tenjo/pipeline/letterbox.h"
#include "tenjo/train/job/identity_loader.h"
#include "tenjo/video/source.h"

namespace tenjo::cli {
namespace {

cv::Scalar PaddingOf(const ModelInfo& info) {
  if (info.normalises_itself) {
    return {128, 128, 128};
  }
  const auto& mean = info.mean;
  return info.colour == ColourOrder::kBgr ? cv::Scalar(mean[0], mean[1], mean[2])
                                          : cv::Scalar(mean[2], mean[1], mean[0]);
}

}  // namespace

std::vector<cv::Mat> ReadCalibrationImages(const std::string& input, int count,
                                           const ModelInfo& info, cv::Size size) {
  SourceOptions options;
  options.input = input;
  options.give_up_s = 0;
  const auto source = VideoSource::Create(options);
  if (source->info().live) {
    throw Error(fmt::format(
        "{} is a live camera; calibration takes images or a recording, so that it can be repeated",
        WithoutSecrets(input)));
  }
  const std::int64_t all = std::max<std::int64_t>(source->info().frames, 1);
  const std::int64_t wanted = std::min<std::int64_t>(count, all);
  std::vector<cv::Mat> images;
  Frame frame;
  while (static_cast<std::int64_t>(images.size()) < count && source->Read(frame)) {
    if (source->info().frames > 0 &&
        frame.number < static_cast<std::int64_t>(images.size()) * all / wanted) {
      continue;
    }
    cv::Mat laid(size, CV_8UC3);
    Letterbox(frame.image.size(), size).Fill(frame.image, PaddingOf(info), laid);
    images.push_back(laid);
  }
  if (const std::string warning = source->Warning(); !warning.empty()) {
    spdlog::warn("{}", warning);
  }
  if (images.empty()) {
    throw Error(fmt::format("no image of {} can be read", input));
  }
  return images;
}

std::vector<cv::Mat> ReadCalibrationPeople(const std::string& input, int count,
                                           const ModelInfo& info) {
  const IdentitySet set = ReadIdentities(input);
  const std::size_t wanted = std::min(set.crops.size(), static_cast<std::size_t>(count));
  std::vector<cv::Mat> images;
  for (std::size_t i = 0; i < wanted; ++i) {
    const IdentityCrop& crop = set.crops[i * set.crops.size() / wanted];
    try {
      cv::Mat laid(info.input_height, info.input_width, CV_8UC3);
      MakeIdentityPicture(ReadPicture(crop.file, 1, {crop.width, crop.height}), crop,
                          info.crop_mask, nullptr, nullptr, laid);
      images.push_back(laid);
    } catch (const Error& error) {
      spdlog::warn("{} It is left out.", error.what());
    }
  }
  if (images.empty()) {
    throw Error(fmt::format("no picture of {} can be read", input));
  }
  return images;
}

std::vector<cv::Mat> ReadCalibrationCrops(const std::string& input, int count,
                                          const ModelInfo& info) {
  const LabelledSet set = ReadCocoSet(input, {});
  const std::size_t wanted = std::min(set.images.size(), static_cast<std::size_t>(count));
  AugmentOptions wrong = NoAugmentation();
  wrong.shift = 0.1F;
  wrong.person_scale = 0.2F;
  wrong.rotation_deg = 20;
  std::vector<cv::Mat> images;
  for (std::size_t i = 0; i < wanted; ++i) {
    const LabelledImage& image = set.images[i * set.images.size() / wanted];
    Random random(0, i);
    int person = -1;
    const cv::Size size(info.input_width, info.input_height);
    const Placement placement = DrawPersonPlacement(image, size, wrong, &random, &person);
    if (person < 0) {
      continue;
    }
    try {
      cv::Mat laid(size, CV_8UC3);
      CutCrop(ReadPicture(image.file, 1, {image.width, image.height}), 1, placement,
              PaddingOf(info), laid);
      images.push_back(laid);
    } catch (const Error& error) {
      spdlog::warn("{} It is left out.", error.what());
    }
  }
  if (images.empty()) {
    throw Error(fmt::format("no picture of {} shows a person that can be read", input));
  }
  return images;
}

cv::Size CalibrationSize(const std::string& text, const ModelInfo& info) {
  const cv::Size own(info.input_width, info.input_height);
  if (text.empty()) {
    return own;
  }
  auto [width, height] = ParseSides(text).value_or(std::pair(-1LL, -1LL));
  const int stride = std::max(1, info.stride);
  if (width == 0 && height > 0) {
    const double wanted = static_cast<double>(own.width) * static_cast<double>(height) / own.height;
    width = static_cast<long long>(std::ceil(wanted / stride)) * stride;
  }
  if (width < stride || height < stride || width > kMaxInputSide || height > kMaxInputSide ||
      width % stride != 0 || height % stride != 0) {
    throw Error(fmt::format(
        "--size {} is not WIDTHxHEIGHT in pixels, multiples of {} up to {}, or 0xHEIGHT for the "
        "width that the network's own aspect asks for",
        text, stride, kMaxInputSide));
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

}  // namespace tenjo::cli
