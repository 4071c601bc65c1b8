#include "tenjo/dataset/augment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/pose/person_points.h"
#include "tenjo/vision/mirrored_keypoints.h"

namespace tenjo {
namespace {

// A person who is labelled well enough to cut a crop about.
constexpr int kFewestKeypoints = 3;
constexpr double kLeastSide = 16;  // px of the longer side
constexpr int kLargestReduction = 8;

cv::Point2d Map(const cv::Matx23d& m, double x, double y) {
  return {m(0, 0) * x + m(0, 1) * y + m(0, 2), m(1, 0) * x + m(1, 1) * y + m(1, 2)};
}

// Turns by `angle` and scales about `centre`, which comes to lie on `target`.
cv::Matx23d Similarity(cv::Point2d centre, cv::Point2d target, double scale, double angle,
                       bool mirrored) {
  const double c = scale * std::cos(angle);
  const double s = scale * std::sin(angle);
  const double m = mirrored ? -1 : 1;
  cv::Matx23d result(m * c, -s, 0, m * s, c, 0);
  const cv::Point2d at = Map(result, centre.x, centre.y);
  result(0, 2) = target.x - at.x;
  result(1, 2) = target.y - at.y;
  return result;
}

double LogUniform(Random* random, double low, double high) {
  return low * std::pow(high / low, static_cast<double>(random->Uniform()));
}

std::vector<const LabelledPerson*> GoodPeople(const LabelledImage& image) {
  std::vector<const LabelledPerson*> people;
  for (const LabelledPerson& person : image.people) {
    if (!person.crowd && person.num_keypoints >= kFewestKeypoints &&
        std::max(person.box.w, person.box.h) >= kLeastSide) {
      people.push_back(&person);
    }
  }
  return people;
}

// Deviates of a normal distribution, drawn once.
const std::vector<float>& NoiseTable() {
  static const std::vector<float> table = [] {
    constexpr std::size_t kSize = 1 << 16;
    Random random(20240501);
    std::vector<float> values(kSize);
    for (float& value : values) {
      value = random.Normal();
    }
    return values;
  }();
  return table;
}

void AddNoise(float sigma, Random* random, cv::Mat crop) {
  const std::vector<float>& table = NoiseTable();
  const int width = crop.cols * crop.channels();
  for (int y = 0; y < crop.rows; ++y) {
    std::uint8_t* row = crop.ptr<std::uint8_t>(y);
    std::size_t at = random->Next() % table.size();
    for (int x = 0; x < width; ++x) {
      const float value = static_cast<float>(row[x]) + sigma * table[at];
      row[x] = static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
      at = at + 1 == table.size() ? 0 : at + 1;
    }
  }
}

// Brightness, contrast, saturation and tint in one matrix of colours.
void ChangeColours(const AugmentOptions& options, Random* random, cv::Mat crop) {
  const float brightness = 255 * random->Uniform(-options.brightness, options.brightness);
  const float contrast = 1 + random->Uniform(-options.contrast, options.contrast);
  float saturation = 1 + random->Uniform(-options.saturation, options.saturation);
  std::array<float, 3> gain = {};
  for (float& channel : gain) {
    channel = contrast * (1 + random->Uniform(-options.tint, options.tint));
  }
  if (random->Chance(options.grey)) {
    saturation = 0;
    gain = {contrast, contrast, contrast};
  }
  const float exponent = random->Uniform(-1, 1);
  constexpr std::array<float, 3> kLuma = {0.114F, 0.587F, 0.299F};  // of BGR, ITU-R BT.601
  cv::Matx34f colours;
  for (int to = 0; to < 3; ++to) {
    for (int from = 0; from < 3; ++from) {
      colours(to, from) =
          gain[to] * ((1 - saturation) * kLuma[from] + (to == from ? saturation : 0));
    }
    colours(to, 3) = 128 * (1 - contrast) + brightness;
  }
  cv::transform(crop, crop, colours);
  if (options.gamma > 0) {
    const double gamma = std::pow(1 + static_cast<double>(options.gamma), exponent);
    cv::Mat table(1, 256, CV_8U);
    for (int i = 0; i < 256; ++i) {
      table.at<std::uint8_t>(i) =
          static_cast<std::uint8_t>(std::lround(255 * std::pow(i / 255.0, gamma)));
    }
    cv::LUT(crop, table, crop);
  }
}

void Compress(int quality, cv::Mat crop) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(".jpg", crop, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
  cv::imdecode(bytes, cv::IMREAD_COLOR).copyTo(crop);
}

}  // namespace

void AugmentOptions::Check() const {
  const auto fail = [](std::string_view name, float value, std::string_view right) {
    throw Error(fmt::format("The augmentation's {} is {} and must be {}.", name, value, right));
  };
  const auto within = [&](std::string_view name, float value, float low, float high) {
    if (!(value >= low && value <= high)) {
      fail(name, value, fmt::format("from {} to {}", low, high));
    }
  };
  within("rotation", rotation_deg, 0, 180);
  within("person_min", person_min, 0.01F, 10);
  within("person_max", person_max, person_min, 10);
  within("whole", whole, 0, 1);
  within("whole_min", whole_min, 0.01F, 10);
  within("whole_max", whole_max, whole_min, 10);
  within("person_scale", person_scale, 0, 0.9F);
  within("nobody", nobody, 0, 1);
  within("shift", shift, 0, 1);
  within("largest_enlargement", largest_enlargement, 0.01F, 100);
  within("flip", flip, 0, 1);
  within("brightness", brightness, 0, 1);
  within("contrast", contrast, 0, 1);
  within("saturation", saturation, 0, 1);
  within("tint", tint, 0, 1);
  within("grey", grey, 0, 1);
  within("gamma", gamma, 0, 10);
  within("blur", blur, 0, 1);
  within("blur_sigma", blur_sigma, 0, 20);
  within("noise", noise, 0, 1);
  within("noise_sigma", noise_sigma, 0, 255);
  within("compression", compression, 0, 1);
  within("compression_quality", compression_quality, 1, 100);
}

AugmentOptions NoAugmentation() {
  AugmentOptions none;
  none.rotation_deg = 0;
  none.whole = 1;
  none.whole_min = none.whole_max = 1;
  none.shift = none.flip = none.brightness = none.contrast = none.saturation = none.tint = 0;
  none.person_scale = none.nobody = 0;
  none.grey = none.gamma = none.blur = none.noise = none.compression = 0;
  none.largest_enlargement = 100;
  return none;
}

double Placement::scale() const {
  return std::sqrt(std::abs(crop_from_image(0, 0) * crop_from_image(1, 1) -
                            crop_from_image(0, 1) * crop_from_image(1, 0)));
}

Placement DrawPlacement(const LabelledImage& image, cv::Size crop, const AugmentOptions& options,
                        Random* random) {
  const double side = std::max(crop.width, crop.height);
  const std::vector<const LabelledPerson*> people = GoodPeople(image);
  cv::Point2d centre((image.width - 1) / 2.0, (image.height - 1) / 2.0);
  double scale = side / std::max(image.width, image.height);
  double shift = options.shift;
  // Every draw is made in every case, so that one option does not change what others draw.
  const bool whole = random->Chance(options.whole);
  const float pick = random->Uniform();
  const double person_share = LogUniform(random, options.person_min, options.person_max);
  const double whole_share = LogUniform(random, options.whole_min, options.whole_max);
  if (!people.empty()) {
    const std::size_t number = std::min(
        people.size() - 1, static_cast<std::size_t>(pick * static_cast<float>(people.size())));
    const Box& box = people[number]->box;
    if (!whole) {
      centre = {box.x + box.w / 2, box.y + box.h / 2};
      scale = side * person_share / std::max(box.w, box.h);
    } else if (whole_share > 1) {
      // Larger than the crop: somewhere between the picture's middle and the person.
      const double toward = 1 - 1 / whole_share;
      centre = centre * (1 - toward) + cv::Point2d(box.x + box.w / 2, box.y + box.h / 2) * toward;
    }
  }
  if (whole || people.empty()) {
    scale *= whole_share;
    shift *= std::abs(1 - whole_share);
  }
  scale = std::min(scale, static_cast<double>(options.largest_enlargement));
  const double angle =
      random->Uniform(-options.rotation_deg, options.rotation_deg) * std::numbers::pi / 180;
  const cv::Point2d target(
      (crop.width - 1) / 2.0 + side * shift * static_cast<double>(random->Uniform(-1, 1)),
      (crop.height - 1) / 2.0 + side * shift * static_cast<double>(random->Uniform(-1, 1)));
  Placement placement;
  placement.mirrored = random->Chance(options.flip);
  placement.crop_from_image = Similarity(centre, target, scale, angle, placement.mirrored);
  return placement;
}

Placement PlacementOf(const PersonCrop& person, cv::Size crop) {
  const double scale =
      std::min(crop.width / std::max(person.w, 1e-3), crop.height / std::max(person.h, 1e-3));
  Placement placement;
  placement.crop_from_image =
      Similarity({person.cx, person.cy}, {(crop.width - 1) / 2.0, (crop.height - 1) / 2.0}, scale,
                 -person.up_rad, false);
  return placement;
}

namespace {

// Shares of the picture's longer side.
constexpr double kSmallestEmpty = 0.04;
constexpr double kLargestEmpty = 0.4;
constexpr int kEmptyTries = 20;
constexpr double kLeastSeen = 0.05;  // of a person's box, to be looked for

std::optional<PersonCrop> DrawEmptyPlace(const LabelledImage& image, Random* random) {
  const double side = std::max(image.width, image.height);
  for (int i = 0; i < kEmptyTries; ++i) {
    PersonCrop crop;
    crop.h = side * LogUniform(random, kSmallestEmpty, kLargestEmpty);
    crop.w = crop.h * static_cast<double>(random->Uniform(0.3F, 1));
    crop.cx = random->Uniform() * static_cast<float>(image.width);
    crop.cy = random->Uniform() * static_cast<float>(image.height);
    crop.up_rad = random->Uniform(-1, 1) * std::numbers::pi_v<float>;
    const double reach = std::hypot(crop.w, crop.h) / 2;
    const bool empty =
        std::none_of(image.people.begin(), image.people.end(), [&](const LabelledPerson& person) {
          const Box box = person.rotated_box ? UprightBox(*person.rotated_box) : person.box;
          return crop.cx + reach > box.x && crop.cx - reach < box.right() &&
                 crop.cy + reach > box.y && crop.cy - reach < box.bottom();
        });
    if (empty) {
      return crop;
    }
  }
  return std::nullopt;
}

std::vector<const LabelledPerson*> PeopleInView(const LabelledImage& image) {
  std::vector<const LabelledPerson*> people = GoodPeople(image);
  std::erase_if(people, [](const LabelledPerson* person) {
    return person->rotated_box && !person->mask.empty() &&
           person->area < kLeastSeen * person->rotated_box->area();
  });
  return people;
}

}  // namespace

Placement DrawPersonPlacement(const LabelledImage& image, cv::Size crop,
                              const AugmentOptions& options, Random* random, int* person) {
  const std::vector<const LabelledPerson*> people = PeopleInView(image);
  const float pick = random->Uniform();
  const bool nobody = random->Chance(options.nobody);
  const auto either = [&](double most) {
    return most * static_cast<double>(random->Uniform(-1, 1));
  };
  const double size = std::exp(either(std::log1p(options.person_scale)));
  const double angle = either(options.rotation_deg * std::numbers::pi / 180);
  const double x = either(options.shift);
  const double y = either(options.shift);
  const bool mirrored = random->Chance(options.flip);
  if (people.empty() || nobody) {
    if (const auto empty = DrawEmptyPlace(image, random)) {
      *person = -1;
      return PlacementOf(*empty, crop);
    }
  }
  if (people.empty()) {
    *person = -1;
    return FitWhole({image.width, image.height}, crop);
  }
  const LabelledPerson* one = people[std::min(
      people.size() - 1, static_cast<std::size_t>(pick * static_cast<float>(people.size())))];
  *person = static_cast<int>(one - image.people.data());
  Person known;
  known.box = one->box;
  known.keypoints = one->keypoints;
  known.rotated_box = one->rotated_box;
  const PersonCrop cut = WithMargin(CropOf(known, {}));
  const double scale = size * PlacementOf(cut, crop).scale();
  Placement placement;
  placement.mirrored = mirrored;
  placement.crop_from_image = Similarity(
      {cut.cx, cut.cy},
      {(crop.width - 1) / 2.0 + scale * cut.w * x, (crop.height - 1) / 2.0 + scale * cut.h * y},
      scale, angle - (mirrored ? -1 : 1) * cut.up_rad, mirrored);
  return placement;
}

Placement FitWhole(cv::Size image, cv::Size crop) {
  const double scale = std::min(static_cast<double>(crop.width) / image.width,
                                static_cast<double>(crop.height) / image.height);
  Placement placement;
  placement.crop_from_image =
      Similarity({(image.width - 1) / 2.0, (image.height - 1) / 2.0},
                 {(crop.width - 1) / 2.0, (crop.height - 1) / 2.0}, scale, 0, false);
  return placement;
}

RotatedBox PlaceBox(const RotatedBox& box, const Placement& placement) {
  const cv::Matx23d& m = placement.crop_from_image;
  const cv::Point2d middle = Map(m, box.cx, box.cy);
  // Where the box's up points.
  const double angle = box.degrees * std::numbers::pi / 180;
  const double x = m(0, 0) * std::sin(angle) - m(0, 1) * std::cos(angle);
  const double y = m(1, 0) * std::sin(angle) - m(1, 1) * std::cos(angle);
  const double scale = placement.scale();
  return {middle.x, middle.y, box.w * scale, box.h * scale,
          HalfTurn(std::atan2(x, -y) * 180 / std::numbers::pi)};
}

LabelledPerson PlacePerson(const LabelledPerson& person, const Placement& placement) {
  LabelledPerson placed = person;
  const auto map = [&](double x, double y) { return Map(placement.crop_from_image, x, y); };
  for (int k = 0; k < kNumKeypoints; ++k) {
    const int from = placement.mirrored ? kMirroredKeypoints[k] : k;
    placed.keypoints[k] = person.keypoints[from];
    placed.visibility[k] = person.visibility[from];
    Keypoint& keypoint = placed.keypoints[k];
    if (keypoint.score > 0) {
      const cv::Point2d at = map(keypoint.x, keypoint.y);
      keypoint.x = static_cast<float>(at.x);
      keypoint.y = static_cast<float>(at.y);
    }
  }
  const Box& box = person.box;
  const std::array<cv::Point2d, 4> corners = {map(box.x, box.y), map(box.right(), box.y),
                                              map(box.x, box.bottom()),
                                              map(box.right(), box.bottom())};
  cv::Point2d low = corners[0];
  cv::Point2d high = corners[0];
  for (const cv::Point2d& corner : corners) {
    low = {std::min(low.x, corner.x), std::min(low.y, corner.y)};
    high = {std::max(high.x, corner.x), std::max(high.y, corner.y)};
  }
  placed.box = {low.x, low.y, high.x - low.x, high.y - low.y};
  if (person.rotated_box) {
    placed.rotated_box = PlaceBox(*person.rotated_box, placement);
  }
  placed.area = person.area * placement.scale() * placement.scale();
  for (std::vector<float>& polygon : placed.mask.polygons) {
    for (std::size_t i = 0; i + 1 < polygon.size(); i += 2) {
      const cv::Point2d at = map(polygon[i], polygon[i + 1]);
      polygon[i] = static_cast<float>(at.x);
      polygon[i + 1] = static_cast<float>(at.y);
    }
  }
  placed.mask.counts.clear();  // runs cannot be moved; dataset/loss_mask.h warps what they draw
  return placed;
}

int ReductionFor(const Placement& placement) {
  const double scale = placement.scale();
  int reduction = 1;
  while (2 * reduction <= kLargestReduction && 2 * reduction * scale <= 1) {
    reduction *= 2;
  }
  return reduction;
}

void CutCrop(const cv::Mat& picture, int reduction, const Placement& placement,
             const cv::Scalar& fill, cv::Mat crop) {
  // The centre of the picture's pixel x lies at (x + 0.5) * reduction - 0.5 of the full picture.
  const double r = reduction;
  const double offset = (r - 1) / 2;
  cv::Matx23d m = placement.crop_from_image;
  for (int row = 0; row < 2; ++row) {
    m(row, 2) += (m(row, 0) + m(row, 1)) * offset;
    m(row, 0) *= r;
    m(row, 1) *= r;
  }
  cv::warpAffine(picture, crop, m, crop.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, fill);
}

void ChangeLook(const AugmentOptions& options, Random* random, cv::Mat crop) {
  TENJO_CHECK(crop.type() == CV_8UC3);
  // Drawn in every case, see DrawPlacement.
  const bool blurred = random->Chance(options.blur);
  const float blur = random->Uniform(0.3F, std::max(0.3F, options.blur_sigma));
  const bool noisy = random->Chance(options.noise);
  const float noise = random->Uniform(0, options.noise_sigma);
  const bool compressed = random->Chance(options.compression);
  const float quality = random->Uniform(options.compression_quality, 95);
  ChangeColours(options, random, crop);
  if (blurred && options.blur_sigma > 0) {
    cv::GaussianBlur(crop, crop, {}, blur);
  }
  if (noisy) {
    AddNoise(noise, random, crop);
  }
  if (compressed) {
    Compress(static_cast<int>(quality), crop);
  }
}

}  // namespace tenjo
