#include "tenjo/synth/set/identity_block.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/synth/render/silhouette.h"
#include "tenjo/synth/set/block_parts.h"
#include "tenjo/synth/set/cloth_pictures.h"

namespace tenjo::synth {
namespace {

// Streams of the seed.
constexpr std::uint64_t kBlockStream = 0x1de4;
constexpr std::uint64_t kActorStream = 0x1dac;
constexpr std::uint64_t kMomentStream = 0x1d30;

constexpr int kAttempts = 7;        // until all people are well seen
constexpr int kFollowed = 3;        // of these at the end the camera hangs where they are
constexpr int kCameraDraws = 8;     // of which the one that sees most is hung
constexpr int kMomentsAhead = 3;    // that cameras are hung for
constexpr double kLeastSeen = 0.4;  // share of the body
constexpr double kLeastSide = 32;   // pixels of the person's longer side
constexpr int kMeterSide = 64;      // pixels of the small picture that the light is measured on
constexpr double kMargin = 0.3;     // about the keypoints, of their longer side
constexpr double kMarginPx = 8;

//! The part of a camera's picture that shows the person with some room about; empty if the lens
//! does not see them.
cv::Rect WindowOf(const PersonTruth& person, const Camera& camera) {
  double left = 1e9;
  double top = 1e9;
  double right = -1e9;
  double bottom = -1e9;
  for (const Vec3f& point : person.keypoints) {
    if (const auto pixel = camera.Project(point.cast<double>())) {
      left = std::min(left, pixel->x());
      right = std::max(right, pixel->x());
      top = std::min(top, pixel->y());
      bottom = std::max(bottom, pixel->y());
    }
  }
  if (right < left) {
    return {};
  }
  const double margin = kMargin * std::max(right - left, bottom - top) + kMarginPx;
  const auto clamp = [](double value, int most) {
    return static_cast<int>(std::clamp<double>(value, 0, most));
  };
  const int x = clamp(std::floor(left - margin), camera.lens.width);
  const int y = clamp(std::floor(top - margin), camera.lens.height);
  return {x, y, clamp(std::ceil(right + margin), camera.lens.width) - x,
          clamp(std::ceil(bottom + margin), camera.lens.height) - y};
}

Camera CutOut(const Camera& camera, const cv::Rect& window) {
  Camera cut = camera;
  cut.lens.width = window.width;
  cut.lens.height = window.height;
  cut.lens.cx -= window.x;
  cut.lens.cy -= window.y;
  return cut;
}

//! What the camera's meter says to the whole picture.
float Meter(const Tracer& tracer, const Camera& camera, std::uint64_t seed) {
  Camera small = camera;
  Lens& lens = small.lens;
  const double scale = static_cast<double>(kMeterSide) / std::max(lens.width, lens.height);
  lens.width = std::max(1, static_cast<int>(lens.width * scale));
  lens.height = std::max(1, static_cast<int>(lens.height * scale));
  lens.fx *= scale;
  lens.fy *= scale;
  lens.cx = (lens.cx + 0.5) * scale - 0.5;
  lens.cy = (lens.cy + 0.5) * scale - 0.5;
  return MeterLight(tracer.Render(small, {}, seed).radiance);
}

}  // namespace

IdentityBlock::IdentityBlock(const Assets& assets, const PictureOptions& options,
                             std::int64_t index)
    : assets_(assets), options_(options), block_(index / BlockPictures(options)) {
  ThreadWatch watch;
  block_seed_ = SeedOf(options.seed, kBlockStream, static_cast<std::uint64_t>(block_));
  Random random(block_seed_);
  place_ = DrawBlockPlace(assets, options, random);
  scene_ = TakeScene(&place_);
  place_meshes_ = scene_.meshes.size();
  const std::int64_t first = block_ * kPeople;
  for (std::int64_t i = first; i < std::min(first + kPeople, options_.identities); ++i) {
    const std::uint64_t seed = SeedOf(options.seed, kActorStream, static_cast<std::uint64_t>(i));
    actors_.push_back(DrawActor(assets_, static_cast<int>(i) + 1, seed, options_.outfits));
    WearPictures(actors_.back(), assets_, seed);
  }
  HangCameras();
  cast_s_ = watch.Lap();
}

IdentityBlock::~IdentityBlock() = default;

void IdentityBlock::HangCameras() {
  std::vector<const Actor*> actors;
  for (const Actor& actor : actors_) {
    actors.push_back(&actor);
  }
  Random random(block_seed_, 2);
  std::vector<Vec3f> spots;
  for (int i = 0; i < kMomentsAhead; ++i) {
    for (const PlacedPerson& person : PlacePeople(place_, assets_, actors, random)) {
      spots.push_back(person.at);
    }
  }
  for (int c = 0; c < kCameras; ++c) {
    FixedCamera best;
    double most = -1;
    for (int i = 0; i < kCameraDraws; ++i) {
      const Camera camera = DrawCamera(place_, spots, options_.camera, random);
      double gain =
          static_cast<double>(std::count_if(spots.begin(), spots.end(), [&](const Vec3f& spot) {
            return SeesPerson(place_, camera, spot);
          }));
      for (const FixedCamera& other : cameras_) {
        gain *= (other.camera.centre - camera.centre).norm() < 1.5 ? 0.5 : 1;
      }
      if (gain > most) {
        most = gain;
        best.camera = camera;
      }
    }
    best.sensor = DrawSensor(random);
    best.sensor.motion_blur_px = 0;  // it hangs still
    best.sensor.vignette = 0;        // which goes by the whole picture
    cameras_.push_back(best);
  }
}

void IdentityBlock::Show(const std::vector<PlacedPerson>& placed) {
  scene_.meshes.resize(place_meshes_);
  scene_.people.clear();
  for (const PlacedPerson& person : placed) {
    const std::size_t first = scene_.meshes.size();
    AddActor(scene_, assets_, *person.actor, person.state, person.actor->identity);
    TakePictures(scene_, first, assets_);
  }
}

Picture IdentityBlock::Film(const Tracer& tracer, int person, const FixedCamera& film,
                            std::uint64_t seed, bool anything, PictureTimes& times) {
  ThreadWatch watch;
  Picture picture;
  const PersonTruth& truth = scene_.people[static_cast<std::size_t>(person)];
  cv::Rect window = WindowOf(truth, film.camera);
  const bool small = std::max(window.width, window.height) < kLeastSide;
  if (window.empty() || small) {
    if (!anything) {
      return picture;
    }
    // Nobody to be seen: a picture all the same, whose label then is empty.
    window = cv::Rect(0, 0, static_cast<int>(kLeastSide), static_cast<int>(kLeastSide));
  }
  const Camera cut = CutOut(film.camera, window);
  const Rendering rendering = tracer.Render(cut, {.samples = options_.samples}, seed);
  times.render += watch.Lap();
  const std::vector<PersonView> views = tracer.View(cut, rendering);
  const PersonView& view = views[static_cast<std::size_t>(person)];
  const int whole = SilhouetteArea(scene_, person, film.camera);
  const double seen = whole > 0 ? std::min(1.0, static_cast<double>(view.area) / whole) : 0.0;
  const double side = std::max(view.full_box.width, view.full_box.height);
  times.label += watch.Lap();
  if (!anything && (seen < kLeastSeen || side < kLeastSide)) {
    return picture;
  }
  picture.label = MakeLabel(0, {}, scene_, cut, rendering, views);
  std::swap(picture.label.people.front(), picture.label.people[static_cast<std::size_t>(person)]);
  picture.label.people.resize(1);
  picture.label.people.front().visibility = seen;
  times.label += watch.Lap();
  picture.image = Expose(rendering.radiance, film.sensor, seed);
  times.sensor += watch.Lap();
  return picture;
}

void IdentityBlock::FilmView(int view, PictureTimes& times) {
  view_ = view;
  filmed_.assign(actors_.size(), {});
  const FixedCamera& camera = cameras_[static_cast<std::size_t>(view % kCameras)];
  std::vector<const Actor*> actors;
  for (const Actor& actor : actors_) {
    actors.push_back(&actor);
  }
  const auto picture_of = [&](const PlacedPerson& person) -> Picture& {
    return filmed_[static_cast<std::size_t>(person.actor - actors_.data())];
  };
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ThreadWatch watch;
    const bool followed = attempt + kFollowed >= kAttempts;
    const bool last = attempt + 1 == kAttempts;
    const std::uint64_t seed =
        SeedOf(block_seed_, kMomentStream,
               static_cast<std::uint64_t>(view) * kAttempts + static_cast<std::uint64_t>(attempt));
    Random random(seed);
    for (std::size_t i = actors.size(); i > 1; --i) {
      std::swap(actors[i - 1], actors[static_cast<std::size_t>(random.Index(static_cast<int>(i)))]);
    }
    const std::vector<PlacedPerson> placed = PlacePeople(place_, assets_, actors, random);
    const auto wanted = [&](const PlacedPerson& person) {
      return picture_of(person).image.empty() &&
             (followed || SeesPerson(place_, camera.camera, person.at));
    };
    if (std::none_of(placed.begin(), placed.end(), wanted)) {
      continue;
    }
    Show(placed);
    times.pose += watch.Lap();
    const Tracer tracer(scene_);
    times.tree += watch.Lap();
    FixedCamera film = camera;
    if (!followed) {
      film.sensor.meter = Meter(tracer, film.camera, seed);
    }
    for (std::size_t i = 0; i < placed.size(); ++i) {
      if (!wanted(placed[i])) {
        continue;
      }
      if (followed) {
        film.camera = DrawCamera(place_, {&placed[i].at, 1}, options_.camera, random);
        film.sensor.meter = Meter(tracer, film.camera, seed);
      }
      picture_of(placed[i]) = Film(tracer, static_cast<int>(i), film, seed + i, last, times);
    }
  }
}

Picture IdentityBlock::Make(std::int64_t index, PictureTimes& times) {
  const std::int64_t in_block = index - block_ * BlockPictures(options_);
  const auto people = static_cast<std::int64_t>(actors_.size());
  TENJO_CHECK(in_block >= 0 && in_block < people * options_.views);
  times.cast += std::exchange(cast_s_, 0);
  const int view = static_cast<int>(in_block / people);
  if (view != view_) {
    FilmView(view, times);
  }
  Picture picture = filmed_[static_cast<std::size_t>(in_block % people)];
  const int camera = view % kCameras;
  if (picture.image.empty()) {  // found no place to stand at in a full room
    picture.image =
        cv::Mat::zeros(static_cast<int>(kLeastSide), static_cast<int>(kLeastSide), CV_8UC3);
    picture.label.camera = CutOut(cameras_[static_cast<std::size_t>(camera)].camera,
                                  {0, 0, picture.image.cols, picture.image.rows});
  }
  picture.label.id = index + 1;
  picture.label.file_name = PictureFileName(index);
  picture.label.camera_index = camera;
  return picture;
}

}  // namespace tenjo::synth
