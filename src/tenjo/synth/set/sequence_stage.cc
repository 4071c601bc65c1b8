#include "tenjo/synth/set/sequence_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "tenjo/synth/people/dye.h"
#include "tenjo/synth/render/render.h"
#include "tenjo/synth/render/silhouette.h"
#include "tenjo/synth/set/cloth_pictures.h"
#include "tenjo/synth/set/goods_show.h"

namespace tenjo::synth {
namespace {

constexpr int kCameraDraws = 60;  // of which the one that sees most is hung

Place DrawStagePlace(const Assets& assets, const SequenceOptions& options) {
  Random random(options.place_seed.value_or(options.seed), 0x97ace);
  PlaceOptions place;
  const bool cafe = random.Chance(0.85F);
  place.cafe = options.place == PlaceWish::kMixed ? cafe : options.place == PlaceWish::kCafe;
  place.split = options.places;
  place.textures = assets.textures;
  if (options.camera.height_m) {
    // A room that such a camera can hang in.
    const auto low = static_cast<float>(options.camera.height_m->low) + 0.15F;
    place.ceiling_m = std::clamp(low, 2.4F, 5.4F);
  }
  return DrawPlace(*assets.furniture, place, random);
}

//! What a camera adds: nobody seen yet counts most, seen by two cameras is good for handing over.
double Gain(const std::vector<Vec3f>& spots, const std::vector<int>& seen, const Place& place,
            const Camera& camera) {
  constexpr std::array<double, 4> kWorth = {1, 0.45, 0.12, 0.03};
  double gain = 0;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    if (SeesPerson(place, camera, spots[i])) {
      // Near is large.
      const double far = (camera.centre.head<2>() - spots[i].head<2>().cast<double>()).norm() / 3;
      gain += kWorth[static_cast<std::size_t>(std::min(seen[i], 3))] / (1 + far * far);
    }
  }
  return gain;
}

}  // namespace

Stage::Stage(const Assets& assets, const SequenceOptions& options)
    : assets_(assets), options_(options), place_(DrawStagePlace(assets, options)) {
  CastPeople();
  PlaceCameras();
}

Actor Stage::Draw(int identity, OutfitRole role) const {
  const std::uint64_t seed = options_.seed * 1000003 + static_cast<std::uint64_t>(identity);
  Actor actor = DrawActor(assets_, identity, seed, options_.outfits, role);
  WearPictures(actor, assets_, seed);
  if (options_.alike) {
    Random random(options_.seed, 0xa11ce);
    actor.outfit = DyeAlike(*actor.outfit, DrawUniform(options_.outfits, random));
  }
  return actor;
}

void Stage::CastPeople() {
  CrowdOptions crowd;
  crowd.seconds = static_cast<float>(options_.seconds);
  crowd.min_people = options_.min_people;
  crowd.max_people = options_.max_people;
  crowd.busy = static_cast<float>(options_.busy);
  crowd.seed = options_.seed;
  crowd_ =
      std::make_unique<Crowd>(*assets_.body, place_, crowd, [&](int identity, OutfitRole role) {
        const Actor& actor = actors_.emplace(identity, Draw(identity, role)).first->second;
        return CrowdBody{&actor.rest, actor.style, actor.shape.child};
      });
  // Who has come and gone before the sequence is not shown.
  std::set<int> shown;
  for (const CrowdTrack& track : crowd_->tracks()) {
    shown.insert(track.identity);
  }
  std::erase_if(actors_, [&](const auto& actor) { return !shown.contains(actor.first); });
}

void Stage::PlaceCameras() {
  Random random(options_.camera_seed.value_or(options_.seed), 0xca3e7a);
  std::vector<Vec3f> spots;
  if (options_.camera_seed) {
    // A camera that hangs there whoever comes: where people would stand.
    for (const ShelfFront& shelf : place_.shelves) {
      spots.push_back(shelf.stand);
    }
    spots.insert(spots.end(), place_.queue.begin(), place_.queue.end());
    for (const Seat& seat : place_.seats) {
      spots.push_back(seat.place);
    }
  } else {
    for (int i = 0; i < 24; ++i) {
      const auto share = (static_cast<float>(i) + 0.5F) / 24;
      for (const CrowdMoment& moment : crowd_->At(share * static_cast<float>(options_.seconds))) {
        spots.push_back(moment.floor);
      }
    }
  }
  // Floor where nobody happens to go counts a little.
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 6; ++j) {
      const Rect& room = place_.room;
      const Vec3f at(room.x0 + (room.x1 - room.x0) * (static_cast<float>(i) + 0.5F) / 6,
                     room.y0 + (room.y1 - room.y0) * (static_cast<float>(j) + 0.5F) / 6, 0);
      if (IsFree(place_, at, 0.2F)) {
        spots.push_back(at);
      }
    }
  }
  std::vector<int> seen(spots.size(), 0);
  for (int c = 0; c < options_.cameras; ++c) {
    FilmCamera best;
    double most = -1;
    for (int i = 0; i < kCameraDraws; ++i) {
      const Camera camera = DrawCamera(place_, spots, options_.camera, random);
      double gain = Gain(spots, seen, place_, camera);
      for (const FilmCamera& other : cameras_) {
        if ((other.camera.centre - camera.centre).norm() < 1.5) {
          gain *= 0.4;
        }
      }
      if (gain > most) {
        most = gain;
        best.camera = camera;
      }
    }
    best.sensor = DrawSensor(random);
    best.sensor.motion_blur_px = 0;  // it hangs still
    best.seed = random.Fork();
    for (std::size_t i = 0; i < spots.size(); ++i) {
      seen[i] += SeesPerson(place_, best.camera, spots[i]) ? 1 : 0;
    }
    cameras_.push_back(best);
  }
}

void Stage::AddPerson(Scene& scene, const CrowdMoment& moment, float time_s) const {
  const Actor& actor = actors_.at(moment.identity);
  HeldThing left = moment.left;
  HeldThing right = moment.right;
  const auto held = [&](const CrowdGoods& goods) {
    return goods.track == moment.track && goods.from_s <= time_s && time_s < goods.to_s;
  };
  for (const CrowdGoods& goods : crowd_->goods()) {
    if (held(goods)) {  // the thing itself instead of any
      (goods.hand == 0 ? left : right) = HeldThing::kNothing;
    }
  }
  const std::size_t first = scene.meshes.size();
  const int person = AddPosedActor(scene, assets_, actor, moment.pose, left, right, moment.track);
  TakePictures(scene, first, assets_);
  scene.people[static_cast<std::size_t>(person)].yaw_rad = moment.yaw_rad;
  for (const CrowdGoods& goods : crowd_->goods()) {
    if (held(goods)) {
      scene.meshes.push_back(
          GoodsInHand(assets_, place_, goods, actor, moment.pose, time_s, person));
    }
  }
}

Scene Stage::NewScene() const {
  Scene scene;
  scene.meshes = place_.meshes;
  scene.lights = place_.lights;
  scene.ambient = place_.ambient;
  scene.textures = place_.textures;
  return scene;
}

std::vector<Shot> Stage::Film(std::int64_t index, Scene& scene) const {
  const double time_s = static_cast<double>(index) / options_.fps;
  const auto time = static_cast<float>(time_s);
  scene.meshes.resize(place_.meshes.size());
  scene.people.clear();
  for (const CrowdGoods& goods : crowd_->goods()) {
    const GoodsPart& part = place_.shelves[goods.shelf].parts[goods.goods];
    ShowOnShelf(scene, place_, part);
  }
  for (const CrowdGoods& goods : crowd_->goods()) {
    if (goods.from_s <= time && time < goods.to_s) {
      HideOnShelf(scene, place_.shelves[goods.shelf].parts[goods.goods]);
    }
  }
  for (const CrowdMoment& moment : crowd_->At(time)) {
    AddPerson(scene, moment, time);
  }
  const Tracer tracer(scene);
  std::vector<Shot> shots;
  for (std::size_t c = 0; c < cameras_.size(); ++c) {
    const FilmCamera& film = cameras_[c];
    RenderOptions render;
    render.samples = options_.samples;
    // One seed for all frames: what the filter leaves of the noise stands still.
    const Rendering rendering = tracer.Render(film.camera, render, film.seed);
    const std::vector<PersonView> views = tracer.View(film.camera, rendering);
    Shot shot;
    shot.label = MakeLabel(index + 1, fmt::format("cam{}/{:06d}.jpg", c + 1, index + 1), scene,
                           film.camera, rendering, views);
    for (std::size_t i = 0; i < views.size(); ++i) {
      const int whole = SilhouetteArea(scene, static_cast<int>(i), film.camera);
      shot.label.people[i].visibility =
          whole > 0 ? std::min(1.0, static_cast<double>(views[i].area) / whole) : 0.0;
    }
    shot.label.time_s = time_s;
    shot.label.camera_index = static_cast<int>(c);
    shot.image = Expose(rendering.radiance, film.sensor,
                        film.seed + 7919 * static_cast<std::uint64_t>(index + 1));
    shots.push_back(std::move(shot));
  }
  return shots;
}

}  // namespace tenjo::synth
