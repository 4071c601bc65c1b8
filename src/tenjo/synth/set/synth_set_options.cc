#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/synth/set/synth_set.h"

namespace tenjo::synth {
namespace {

constexpr long long kMostImages = 100'000'000;
constexpr long long kMostIdentities = 1'000'000;
constexpr int kMostViews = 100;
constexpr int kMostPeople = 60;
constexpr int kSmallest = 64;
constexpr int kLargest = 4096;
constexpr Range kHeights = {2.2, 5};
constexpr Range kTilts = {0, 60};

long long WholeNumber(const std::string& option, const std::string& text, long long low,
                      long long high) {
  const auto number = ParseInt(text);
  if (!number || *number < low || *number > high) {
    throw Error(fmt::format("--{} {} is no whole number from {} to {}", option, text, low, high));
  }
  return *number;
}

//! "3", "2-5", "2.2-3.5": one number, or from-to.
std::optional<Range> ParseRange(std::string_view text) {
  const auto dash = text.find('-', 1);  // a number may begin with one
  const auto low = ParseDouble(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : ParseDouble(text.substr(dash + 1));
  if (!low || !high || !std::isfinite(*low) || !std::isfinite(*high)) {
    return std::nullopt;
  }
  return Range{*low, *high};
}

Range ParseRangeWithin(const std::string& option, const std::string& text, const Range& within,
                       const char* unit) {
  const auto range = ParseRange(text);
  if (!range || range->low > range->high || range->low < within.low || range->high > within.high) {
    throw Error(fmt::format("--{} {} is no number, nor a range as {}-{}, from {} to {} {}", option,
                            text, within.low, within.high, within.low, within.high, unit));
  }
  return *range;
}

void ParseSize(const std::string& text, CameraOptions& camera) {
  const auto [width, height] = ParseSides(text).value_or(std::pair(0LL, 0LL));
  if (width < kSmallest || height < kSmallest || width > kLargest || height > kLargest) {
    throw Error(
        fmt::format("--size {} is not WIDTHxHEIGHT with sides of {} to {} pixels, as 640x480", text,
                    kSmallest, kLargest));
  }
  camera.width = static_cast<int>(width);
  camera.height = static_cast<int>(height);
}

void ParseShard(const std::string& text, SetOptions& options) {
  const auto parts = Split(text, '/');
  const bool two = parts.size() == 2;
  const long long shard = two ? ParseInt(parts[0]).value_or(0) : 0;
  const long long shards = two ? ParseInt(parts[1]).value_or(0) : 0;
  if (shard < 1 || shards < 1 || shard > shards || shards > kMostImages) {
    throw Error(fmt::format("--shard {} is not I/N with I from 1 to N, as 2/8", text));
  }
  options.shard = shard;
  options.shards = shards;
}

const std::string* Find(const SetText& text, const char* option) {
  const auto found = text.find(option);
  return found == text.end() ? nullptr : &found->second;
}

//! How many pictures of what.
void ParseNumber(const SetText& text, SetOptions& options) {
  const auto* images = Find(text, "images");
  const auto* identities = Find(text, "identities");
  const auto* views = Find(text, "views");
  if (identities == nullptr) {
    if (views != nullptr) {
      throw Error("--views goes with --identities: pictures of each of them");
    }
    if (images == nullptr) {
      throw Error("--images N is missing: how many pictures to make");
    }
    options.images = WholeNumber("images", *images, 1, kMostImages);
    return;
  }
  for (const char* other : {"images", "people"}) {
    if (Find(text, other) != nullptr) {
      throw Error(
          fmt::format("--{} does not go with --identities, which makes one picture a view", other));
    }
  }
  options.picture.identities = WholeNumber("identities", *identities, 1, kMostIdentities);
  if (views != nullptr) {
    options.picture.views = static_cast<int>(WholeNumber("views", *views, 2, kMostViews));
  }
  options.images = options.picture.identities * options.picture.views;
}

}  // namespace

std::uint64_t ParseSeed(const std::string& text, const std::string& option) {
  return static_cast<std::uint64_t>(
      WholeNumber(option, text, 0, std::numeric_limits<std::int64_t>::max()));
}

std::array<int, 2> ParsePeople(const std::string& text, int most) {
  const auto range = ParseRange(text);
  if (!range || range->low != std::floor(range->low) || range->high != std::floor(range->high) ||
      range->low < 0 || range->high > most || range->low > range->high) {
    throw Error(fmt::format(
        "--people {} is not a number of people, nor a range as 2-5, from 0 to {}", text, most));
  }
  return {static_cast<int>(range->low), static_cast<int>(range->high)};
}

void ParseCameraOptions(const SetText& text, CameraOptions& camera) {
  if (const auto* size = Find(text, "size")) {
    ParseSize(*size, camera);
  }
  if (const auto* height = Find(text, "height")) {
    camera.height_m = ParseRangeWithin("height", *height, kHeights, "metres");
  }
  if (const auto* tilt = Find(text, "tilt")) {
    camera.tilt_deg = ParseRangeWithin("tilt", *tilt, kTilts, "degrees from straight down");
  }
  if (const auto* kind = Find(text, "camera")) {
    if (*kind == "fisheye") {
      camera.kind = CameraKind::kFisheye;
    } else if (*kind == "wide") {
      camera.kind = CameraKind::kWide;
    } else if (*kind == "mixed") {
      camera.kind = CameraKind::kMixed;
    } else {
      throw Error(fmt::format("--camera {} is not fisheye, wide or mixed", *kind));
    }
  }
}

PlaceWish ParsePlace(const SetText& text) {
  const auto* place = Find(text, "place");
  if (place == nullptr || *place == "mixed") {
    return PlaceWish::kMixed;
  }
  if (*place == "cafe") {
    return PlaceWish::kCafe;
  }
  if (*place == "other") {
    return PlaceWish::kOther;
  }
  throw Error(fmt::format("--place {} is not cafe, other or mixed", *place));
}

SetOptions ParseSetOptions(const SetText& text) {
  SetOptions options;
  options.text = text;
  ParseNumber(text, options);
  if (const auto* seed = Find(text, "seed")) {
    options.picture.seed = ParseSeed(*seed);
  }
  ParseCameraOptions(text, options.picture.camera);
  if (const auto* people = Find(text, "people")) {
    options.picture.people = ParsePeople(*people, kMostPeople);
  }
  if (const auto* split = Find(text, "split")) {
    if (*split != "train" && *split != "test") {
      throw Error(fmt::format("--split {} is not train or test", *split));
    }
    const bool train = *split == "train";
    options.picture.outfits = train ? OutfitSplit::kTrain : OutfitSplit::kTest;
    options.picture.places = train ? PlaceSplit::kTrain : PlaceSplit::kTest;
  }
  options.picture.place = ParsePlace(text);
  if (const auto* textures = Find(text, "textures")) {
    options.textures = *textures;
  }
  if (const auto* motion = Find(text, "motion")) {
    options.motion = *motion;
  }
  if (const auto* shard = Find(text, "shard")) {
    ParseShard(*shard, options);
  }
  if (const auto* quality = Find(text, "quality")) {
    options.quality = static_cast<int>(WholeNumber("quality", *quality, 1, 100));
  }
  if (const auto* samples = Find(text, "samples")) {
    options.picture.samples = static_cast<int>(WholeNumber("samples", *samples, 1, 256));
  }
  return options;
}

}  // namespace tenjo::synth
