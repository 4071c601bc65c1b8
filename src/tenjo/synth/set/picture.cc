#include "tenjo/synth/set/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/dye.h"
#include "tenjo/synth/render/sensor.h"
#include "tenjo/synth/set/block_parts.h"
#include "tenjo/synth/set/cloth_pictures.h"
#include "tenjo/synth/set/identity_block.h"
#include "tenjo/synth/set/picture_people.h"

namespace tenjo::synth {
namespace {

// Streams of the seed.
constexpr std::uint64_t kBlockStream = 0xb10c;
constexpr std::uint64_t kPictureStream = 0x91c7;
constexpr std::uint64_t kActorStream = 0xac70;

constexpr int kMaxStaff = 3;
// Numbers of actors within a picture (guests from 0, staff), and of identities within a block.
constexpr int kStaffNumbers = 200;
constexpr int kPictureNumbers = 250;
constexpr int kBlockNumbers = kPictureNumbers * static_cast<int>(PictureBlock::kPictures);
constexpr int kCameraTries = 3;  // until somebody is seen
constexpr double kShortestCeiling = 2.4;
constexpr double kHighestCeiling = 6;

PlaceOptions DrawPlaceOptions(const Assets& assets, const PictureOptions& options, Random& random) {
  PlaceOptions place;
  const bool cafe = random.Chance(0.7F);
  place.cafe = options.place == PlaceWish::kMixed ? cafe : options.place == PlaceWish::kCafe;
  place.split = options.places;
  place.textures = assets.textures;
  if (options.camera.height_m) {
    // A ceiling that the camera hangs from.
    const Range& height = *options.camera.height_m;
    const double highest = random.Uniform() * (height.high - height.low) + height.low;
    place.ceiling_m = static_cast<float>(
        std::clamp(highest + random.Uniform(0.12F, 0.4F), kShortestCeiling, kHighestCeiling));
  }
  return place;
}

}  // namespace

Place DrawBlockPlace(const Assets& assets, const PictureOptions& options, Random& random) {
  return DrawPlace(*assets.furniture, DrawPlaceOptions(assets, options, random), random);
}

Scene TakeScene(Place* place) {
  Scene scene;
  scene.meshes = std::move(place->meshes);
  scene.lights = std::move(place->lights);
  scene.ambient = place->ambient;
  scene.textures = std::move(place->textures);
  return scene;
}

void PictureTimes::Add(const PictureTimes& more) {
  cast += more.cast;
  pose += more.pose;
  tree += more.tree;
  render += more.render;
  label += more.label;
  sensor += more.sensor;
  write += more.write;
}

std::int64_t BlockPictures(const PictureOptions& options) {
  return options.identities > 0 ? static_cast<std::int64_t>(IdentityBlock::kPeople) * options.views
                                : PictureBlock::kPictures;
}

std::unique_ptr<PictureMaker> MakePictureMaker(const Assets& assets, const PictureOptions& options,
                                               std::int64_t index) {
  if (options.identities > 0) {
    return std::make_unique<IdentityBlock>(assets, options, index);
  }
  return std::make_unique<PictureBlock>(assets, options, index);
}

std::string PictureFileName(std::int64_t index) { return fmt::format("{:012}.jpg", index + 1); }

PictureBlock::PictureBlock(const Assets& assets, const PictureOptions& options, std::int64_t index)
    : assets_(assets), options_(options), block_(index / kPictures) {
  ThreadWatch watch;
  block_seed_ = SeedOf(options.seed, kBlockStream, static_cast<std::uint64_t>(block_));
  Random random(block_seed_);
  place_ = DrawBlockPlace(assets, options, random);
  scene_ = TakeScene(&place_);
  place_meshes_ = scene_.meshes.size();
  cast_s_ = watch.Lap();
}

PictureBlock::~PictureBlock() = default;

int PictureBlock::NumPeople(std::int64_t index) const {
  Random random(SeedOf(options_.seed, kPictureStream, static_cast<std::uint64_t>(index)), 1);
  if (options_.people) {
    return random.Integer((*options_.people)[0], (*options_.people)[1]);
  }
  if (random.Chance(0.03F)) {
    return 0;
  }
  const float share = random.Uniform();
  return 1 + static_cast<int>(11 * share * share);
}

Actor PictureBlock::MakeActor(int place, int number, OutfitRole role) {
  ThreadWatch watch;
  const int of_picture = number + (role == OutfitRole::kStaff ? kStaffNumbers : 0);
  const int of_block = place * kPictureNumbers + of_picture;
  const auto identity = static_cast<int>((block_ * kBlockNumbers + of_block) % 2000000000 + 1);
  const auto seed = [&](int key) {
    return SeedOf(block_seed_, kActorStream, static_cast<std::uint64_t>(key));
  };
  Actor actor;
  if (number % 2 != 0) {
    actor = DrawActor(assets_, identity, seed(of_block), options_.outfits, role);
  } else {
    auto found = cuts_.find(of_picture);
    if (found == cuts_.end()) {
      found = cuts_
                  .emplace(of_picture, DrawActor(assets_, 0, seed(of_picture + kBlockNumbers),
                                                 options_.outfits, role))
                  .first;
    }
    const Actor& cut = found->second;
    Random random(seed(of_block), 1);
    actor.identity = identity;
    actor.role = role;
    actor.shape = cut.shape;
    actor.rest = cut.rest;
    actor.outfit = DyeAfresh(*cut.outfit, cut.shape, random);
    actor.style = DrawMotionStyle(cut.shape, random);
  }
  WearPictures(actor, assets_, seed(of_block));
  cast_s_ += watch.Lap();
  return actor;
}

Picture PictureBlock::Make(std::int64_t index, PictureTimes& times) {
  TENJO_CHECK(index / kPictures == block_);
  const std::uint64_t seed =
      SeedOf(options_.seed, kPictureStream, static_cast<std::uint64_t>(index));
  Random random(seed);
  const int people = NumPeople(index);
  int staff = 0;
  if (!place_.behind_counter.empty() && people > 1) {
    staff = std::min(
        {random.Integer(0, kMaxStaff), people / 2, static_cast<int>(place_.behind_counter.size())});
  }
  const auto place = static_cast<int>(index % kPictures);
  actors_.clear();
  for (int i = 0; i < people - staff; ++i) {
    actors_.push_back(MakeActor(place, i, OutfitRole::kGuest));
  }
  for (int i = 0; i < staff; ++i) {
    actors_.push_back(MakeActor(place, i, OutfitRole::kStaff));
  }
  std::vector<const Actor*> actors;
  for (const Actor& actor : actors_) {
    actors.push_back(&actor);
  }
  for (std::size_t i = actors.size(); i > 1; --i) {
    std::swap(actors[i - 1], actors[static_cast<std::size_t>(random.Index(static_cast<int>(i)))]);
  }
  times.cast += std::exchange(cast_s_, 0);

  ThreadWatch watch;
  scene_.meshes.resize(place_meshes_);
  scene_.people.clear();
  std::vector<Vec3f> spots;
  spots.reserve(actors.size());
  for (const PlacedPerson& person : PlacePeople(place_, assets_, actors, random)) {
    const std::size_t first = scene_.meshes.size();
    AddActor(scene_, assets_, *person.actor, person.state, person.actor->identity);
    TakePictures(scene_, first, assets_);
    spots.push_back(person.at);
  }
  times.pose += watch.Lap();

  const Tracer tracer(scene_);
  times.tree += watch.Lap();
  Picture picture;
  for (int attempt = 1; attempt <= kCameraTries; ++attempt) {
    Random camera_random(seed, 100 + static_cast<std::uint64_t>(attempt));
    const Camera camera = DrawCamera(place_, spots, options_.camera, camera_random);
    const Rendering rendering = tracer.Render(camera, {.samples = options_.samples}, seed);
    times.render += watch.Lap();
    const std::vector<PersonView> views = tracer.View(camera, rendering);
    const bool seen = std::any_of(views.begin(), views.end(),
                                  [](const PersonView& view) { return view.area > 0; });
    if (!seen && !views.empty() && attempt < kCameraTries) {
      continue;
    }
    picture.label = MakeLabel(index + 1, PictureFileName(index), scene_, camera, rendering, views);
    times.label += watch.Lap();
    picture.image = Expose(rendering.radiance, DrawSensor(camera_random), seed);
    times.sensor += watch.Lap();
    break;
  }
  return picture;
}

}  // namespace tenjo::synth
