#include "tenjo/pipeline/person_refiner.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <opencv2/core.hpp>
#include <utility>

#include "tenjo/appearance/crop.h"
#include "tenjo/base/error.h"
#include "tenjo/infer/in_turn.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {
namespace {

static_assert(kPointChannels == kPersonPointPlanes);

// Keypoints that are less likely seen are not reported, unless the first look saw them.
constexpr float kLeastSeen = 0.05F;
// Both looks together are taken where the second is certain, and by so much surer than the
// keypoints of the first are on the mean, else the first alone; where the first found none, from
// kCertainAlone on. Small people, whose box is less than a share of the picture's shorter side (the
// root of its area), the first look sees in few pixels, and less is asked of the second. Chosen by
// keypoint AP of training photographs and of rendered validation pictures: less than kSurer loses
// photographs, more loses rendered people. From kCertain on the second look's box is taken, and a
// third look pays: of those less certain it mends next to nothing on validation pictures.
constexpr double kCertain = 0.55;
constexpr double kSurer = 0.25;
constexpr double kSurerOfSmall = 0.1;
constexpr double kSmall = 1.0 / 6;
constexpr double kCertainAlone = 0.3;
// Of people whose points are at least so certain the score stays, and who may lie the other way
// round is not looked at again; of others, things that look like people among them, it falls: half
// of those with a score above 0.7 are above it on validation pictures, those under 0.5 have 0.47 in
// the middle.
constexpr double kSure = 0.7;
// Of whom a part is outside the image, fewer points can be certain.
constexpr double kLeastInside = 0.3;
// A refined box that overlaps less with the first one is about somebody else.
constexpr double kSamePerson = 0.2;
// Two people whose refined boxes overlap more are one.
constexpr double kTwin = 0.75;

PersonCrop Flipped(PersonCrop crop) {
  crop.up_rad += std::numbers::pi;
  return crop;
}

// A box in the picture of the crop, as a crop of the image.
PersonCrop ToImage(const RotatedBox& box, const PersonCrop& crop, const cv::Matx23d& to_image) {
  const double scale = std::hypot(to_image(0, 0), to_image(1, 0));
  return {.cx = to_image(0, 0) * box.cx + to_image(0, 1) * box.cy + to_image(0, 2),
          .cy = to_image(1, 0) * box.cx + to_image(1, 1) * box.cy + to_image(1, 2),
          .w = scale * box.w,
          .h = scale * box.h,
          .up_rad = crop.up_rad + box.degrees * std::numbers::pi / 180};
}

RotatedBox BoxOf(const PersonCrop& crop) {
  return {.cx = crop.cx,
          .cy = crop.cy,
          .w = crop.w,
          .h = crop.h,
          .degrees = HalfTurn(crop.up_rad * 180 / std::numbers::pi)};
}

// Pixels of the mirrored picture of `other` for those of the picture of `crop`.
cv::Matx23d ToMirror(const PersonCrop& crop, const PersonCrop& other, cv::Size picture) {
  const auto square = [&](const PersonCrop& of) {
    const cv::Matx23d m = ImageFromPicture(of, picture);
    return cv::Matx33d(m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2), 0, 0, 1);
  };
  const cv::Matx23d mirror(-1, 0, picture.width - 1, 0, 1, 0);
  return mirror * square(other).inv() * square(crop);
}

// The mean score of the keypoints found; 0 without any.
double CertaintyOf(const Skeleton& skeleton) {
  double sum = 0;
  int count = 0;
  for (const Keypoint& point : skeleton) {
    sum += static_cast<double>(point.score);
    count += point.score > 0 ? 1 : 0;
  }
  return sum / std::max(count, 1);
}

bool IsSmall(const PersonCrop& crop, cv::Size image) {
  return std::sqrt(crop.w * crop.h) / kPointsMargin < kSmall * std::min(image.width, image.height);
}

bool IsSurer(const PersonPoints& second, const Person& first, bool small) {
  if (!HasSkeleton(first)) {
    return second.certainty >= kCertainAlone;
  }
  const double certainty = CertaintyOf(first.keypoints);
  return small ? second.certainty > certainty + kSurerOfSmall
               : second.certainty > std::max(kCertain, certainty + kSurer);
}

// The share of the crop that the image has.
double ShareInside(const PersonCrop& crop, cv::Size image) {
  const RotatedBox box = BoxOf(crop);
  const RotatedBox all =
      Unturned({0, 0, static_cast<double>(image.width), static_cast<double>(image.height)});
  return RotatedOverlap(box, all) / box.area();
}

// What the first look found, as the picture shows it.
PersonKnown KnownOf(const Person& person, const PersonCrop& crop, const cv::Matx23d& to_image) {
  const double a = to_image(0, 0);
  const double b = to_image(1, 0);
  const double square = a * a + b * b;  // of the pixels of the image for one of the picture
  PersonKnown known = {
      .area = kBodyShare * crop.w * crop.h / (kPointsMargin * kPointsMargin * square),
      .keypoints = person.keypoints};
  for (Keypoint& point : known.keypoints) {
    const double x = static_cast<double>(point.x) - to_image(0, 2);
    const double y = static_cast<double>(point.y) - to_image(1, 2);
    point.x = static_cast<float>((a * x + b * y) / square);
    point.y = static_cast<float>((a * y - b * x) / square);
  }
  return known;
}

// Their scores: that there is a person, that the place is right, and that this keypoint is seen.
Skeleton KeypointsIn(const PersonPoints& points, const cv::Matx23d& to_image, const Person& first) {
  Skeleton keypoints = {};
  for (std::size_t k = 0; k < keypoints.size(); ++k) {
    const Keypoint& point = points.at[k];
    const float seen = std::max(point.score, first.keypoints[k].score);
    if (seen >= kLeastSeen && points.similarity[k] > 0) {
      const auto x = static_cast<double>(point.x);
      const auto y = static_cast<double>(point.y);
      keypoints[k] = {static_cast<float>(to_image(0, 0) * x + to_image(0, 1) * y + to_image(0, 2)),
                      static_cast<float>(to_image(1, 0) * x + to_image(1, 1) * y + to_image(1, 2)),
                      static_cast<float>(first.score * points.similarity[k]) * seen};
    }
  }
  return keypoints;
}

// What the points found say of the person whom they were looked for in.
void Improve(const PersonPoints& points, const PersonCrop& crop, cv::Size picture, cv::Size image,
             Person* person) {
  const cv::Matx23d to_image = ImageFromPicture(crop, picture);
  const bool surer = IsSurer(points, *person, IsSmall(crop, image));
  if (surer || !HasSkeleton(*person)) {
    const double certain = points.certainty / std::max(kLeastInside, ShareInside(crop, image));
    person->score *= points.person * std::min(1.0, certain / kSure);
  }
  if (surer) {
    person->keypoints = KeypointsIn(points, to_image, *person);
  } else {
    for (Keypoint& point : person->keypoints) {
      point.score *= static_cast<float>(person->score);
    }
  }
  const auto sides = points.certainty >= kCertain ? BoxOfSides(points) : std::nullopt;
  if (sides) {
    const RotatedBox box = BoxOf(ToImage(*sides, crop, to_image));
    const RotatedBox before = person->rotated_box.value_or(Unturned(person->box));
    if (RotatedIoU(box, before) >= kSamePerson) {
      person->rotated_box = box;
      person->box = UprightBox(box);
    }
  }
}

void DropTwins(std::vector<Person>* people) {
  std::stable_sort(people->begin(), people->end(),
                   [](const Person& a, const Person& b) { return a.score > b.score; });
  std::vector<Person> kept;
  for (const Person& person : *people) {
    const bool twin = std::any_of(kept.begin(), kept.end(), [&](const Person& better) {
      return better.rotated_box && person.rotated_box &&
             RotatedIoU(*better.rotated_box, *person.rotated_box) > kTwin;
    });
    if (!twin) {
      kept.push_back(person);
    }
  }
  *people = std::move(kept);
}

}  // namespace

struct PersonRefiner::Look {
  std::size_t person = 0;
  PersonCrop crop;
  PersonPoints points = {};
  std::vector<float> maps = {};  // of whom there may be a third look

  bool IsCertain() const { return points.certainty >= kCertain; }
};

PersonRefiner::PersonRefiner(const std::filesystem::path& path, BackendOptions options,
                             bool third_look)
    : info_(ReadModelInfo(path)), third_look_(third_look) {
  options.task = "refine";
  options.width = info_.input_width;
  options.height = info_.input_height;
  backend_ = Backend::Create(info_, options);
}

PersonRefiner::~PersonRefiner() = default;

void PersonRefiner::LookAt(const cv::Mat& image, std::span<const Person> people,
                           std::span<Look> looks) {
  RunInTurn(
      backend_.get(), looks.size(), PictureSize(),
      [&](std::size_t i, cv::Mat& picture) { CutPerson(image, looks[i].crop, picture); },
      [&](std::size_t i, const std::vector<TensorView>& answers) {
        TENJO_CHECK(answers.size() == 1 && answers.front().shape.size() == 4);
        const TensorView& maps = answers.front();
        Look& look = looks[i];
        look.points = DecodePoints(
            maps.data, maps.shape[3], maps.shape[2], info_.stride,
            KnownOf(people[look.person], look.crop, ImageFromPicture(look.crop, PictureSize())));
        if (third_look_ && look.IsCertain()) {
          look.maps.assign(maps.data, maps.data + static_cast<std::ptrdiff_t>(kPersonPointPlanes) *
                                                      maps.shape[2] * maps.shape[3]);
        }
      });
  looks_ += static_cast<std::int64_t>(looks.size());
}

void PersonRefiner::LookAgain(const cv::Mat& image, std::span<const Person> people,
                              std::span<Look> looks) {
  std::vector<std::pair<Look*, PersonCrop>> again;
  for (Look& look : looks) {
    if (look.IsCertain()) {
      const auto sides = BoxOfSides(look.points);
      again.emplace_back(
          &look,
          sides ? WithMargin(ToImage(*sides, look.crop, ImageFromPicture(look.crop, PictureSize())))
                : look.crop);
    }
  }
  RunInTurn(
      backend_.get(), again.size(), PictureSize(),
      [&](std::size_t i, cv::Mat& picture) {
        CutPerson(image, again[i].second, picture);
        cv::flip(picture, picture, 1);
      },
      [&](std::size_t i, const std::vector<TensorView>& answers) {
        const TensorView& maps = answers.front();
        auto& [look, crop] = again[i];
        look->points = DecodePoints(
            look->maps.data(), maps.shape[3], maps.shape[2], info_.stride,
            KnownOf(people[look->person], look->crop, ImageFromPicture(look->crop, PictureSize())),
            OtherLook{.maps = maps.data, .to_other = ToMirror(look->crop, crop, PictureSize())});
      });
  looks_ += static_cast<std::int64_t>(again.size());
}

void PersonRefiner::Refine(const cv::Mat& image, std::optional<cv::Point2d> below,
                           std::vector<Person>* people) {
  std::vector<Look> looks;
  for (std::size_t i = 0; i < people->size(); ++i) {
    looks.push_back({.person = i, .crop = WithMargin(CropOf((*people)[i], below))});
  }
  LookAt(image, *people, looks);
  // Who may lie the other way round is looked at again, unless this way all is clear.
  std::vector<Look> turned;
  for (const Look& look : looks) {
    if (look.points.certainty < kSure && !KnowsUp((*people)[look.person], below)) {
      turned.push_back({.person = look.person, .crop = Flipped(look.crop)});
    }
  }
  LookAt(image, *people, turned);
  for (Look& look : turned) {
    Look& first = looks[look.person];
    if (look.points.certainty > first.points.certainty) {
      first = std::move(look);
    }
  }
  if (third_look_) {
    LookAgain(image, *people, looks);
  }
  for (const Look& look : looks) {
    Improve(look.points, look.crop, PictureSize(), image.size(), &(*people)[look.person]);
  }
  DropTwins(people);
}

}  // namespace tenjo
