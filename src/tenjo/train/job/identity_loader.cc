#include "tenjo/train/job/identity_loader.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <set>
#include <utility>

#include "tenjo/appearance/crop.h"
#include "tenjo/base/error.h"
#include "tenjo/base/stopwatch.h"

namespace tenjo {
namespace {

constexpr std::uint64_t kShuffleStream = 2'000'000;
constexpr std::uint64_t kPersonStream = 2'000'000'000'000;
constexpr float kCoarsest = 4;
constexpr float kLeastErased = 0.04F;  // of the picture
constexpr float kMostErased = 0.25F;

void Erase(Random* random, cv::Mat& out) {
  const float area = random->Uniform(kLeastErased, kMostErased) * static_cast<float>(out.total());
  const float aspect = std::exp(random->Uniform(-1.2F, 1.2F));
  const int width = std::clamp(static_cast<int>(std::sqrt(area * aspect)), 1, out.cols);
  const int height = std::clamp(static_cast<int>(std::sqrt(area / aspect)), 1, out.rows);
  const cv::Rect where(random->Index(out.cols - width + 1), random->Index(out.rows - height + 1),
                       width, height);
  out(where).setTo(cv::Scalar(random->Index(256), random->Index(256), random->Index(256)));
}

void Coarsen(Random* random, cv::Mat& out) {
  const float factor = random->Uniform(1.5F, kCoarsest);
  const cv::Size small(std::max(1, static_cast<int>(static_cast<float>(out.cols) / factor)),
                       std::max(1, static_cast<int>(static_cast<float>(out.rows) / factor)));
  cv::Mat coarse;
  cv::resize(out, coarse, small, 0, 0, cv::INTER_AREA);
  cv::resize(coarse, out, out.size(), 0, 0, cv::INTER_LINEAR);
}

}  // namespace

IdentityAugment::IdentityAugment() {
  // Colours say more about who it is than about where a joint is: they are changed less.
  look.brightness = 0.12F;
  look.contrast = 0.2F;
  look.saturation = 0.25F;
  look.tint = 0.06F;
  look.grey = 0.02F;
  look.gamma = 0.2F;
  look.noise_sigma = 8;
}

void IdentityAugment::Check() const {
  look.Check();
  for (const auto& [name, value, most] :
       {std::tuple{"rotation", rotation_deg, 180.0F}, std::tuple{"shift", shift, 1.0F},
        std::tuple{"scale", scale, 0.9F}, std::tuple{"flip", flip, 1.0F},
        std::tuple{"erase", erase, 1.0F}, std::tuple{"low_resolution", low_resolution, 1.0F}}) {
    if (!(value >= 0 && value <= most)) {
      throw Error(fmt::format("augment.{} is {} and must be from 0 to {}.", name, value, most));
    }
  }
}

void MakeIdentityPicture(const cv::Mat& picture, const IdentityCrop& crop, CropMask mask,
                         const IdentityAugment* augment, Random* random, cv::Mat& out) {
  PersonCrop cut{.cx = crop.cx, .cy = crop.cy, .w = crop.w, .h = crop.h, .up_rad = crop.up_rad};
  if (augment == nullptr) {
    CutPerson(picture, cut, out);
    MaskPerson(cut, mask, out);
    return;
  }
  const auto either = [&](float most) { return static_cast<double>(random->Uniform(-most, most)); };
  cut.cx += either(augment->shift) * crop.w;
  cut.cy += either(augment->shift) * crop.h;
  const double size = std::exp(either(std::log1p(augment->scale)));
  cut.w *= size;
  cut.h *= size;
  cut.up_rad += either(augment->rotation_deg) * std::numbers::pi / 180;
  CutPerson(picture, cut, out);
  if (random->Chance(augment->flip)) {
    cv::flip(out, out, 1);
  }
  if (random->Chance(augment->low_resolution)) {
    Coarsen(random, out);
  }
  ChangeLook(augment->look, random, out);
  // After the look: what is masked is the same grey whatever the light.
  MaskPerson(cut, mask, out);
  if (random->Chance(augment->erase)) {
    Erase(random, out);
  }
}

// Makes batches, each for itself, in any thread.
class IdentityLoader::Maker {
 public:
  Maker(const std::vector<IdentitySet>& sets, const IdentityLoaderOptions& options)
      : options_(options) {
    TENJO_CHECK(options.people > 0 && options.views > 0 && options.threads > 0);
    TENJO_CHECK(options.world > 0 && options.rank >= 0 && options.rank < options.world);
    options_.augment.Check();
    for (const IdentitySet& set : sets) {
      std::map<std::int64_t, std::vector<IdentityCrop>> people;
      for (const IdentityCrop& crop : set.crops) {
        people[crop.identity].push_back(crop);
      }
      for (auto& [identity, crops] : people) {
        if (crops.size() > 1) {
          pictures_ += static_cast<std::int64_t>(crops.size());
          people_.push_back(std::move(crops));
        }
      }
    }
    if (people_.size() < 2) {
      throw Error(fmt::format(
          "There are {} people with two pictures or more to learn from; at least two must be.",
          people_.size()));
    }
  }

  IdentityBatch Make(std::int64_t number) {
    IdentityBatch batch;
    const auto size =
        static_cast<std::size_t>(options_.people) * static_cast<std::size_t>(options_.views);
    const std::size_t bytes = 3 * static_cast<std::size_t>(options_.size.area());
    batch.position = number;
    batch.size = static_cast<int>(size);
    batch.images.resize(size * bytes);
    const std::int64_t first = (number * options_.world + options_.rank) * options_.people;
    std::size_t at = 0;
    for (std::int64_t i = first; i < first + options_.people; ++i) {
      const std::size_t person = PersonAt(i);
      Random random(options_.seed, kPersonStream + static_cast<std::uint64_t>(i));
      for (const IdentityCrop* crop : DrawViews(person, &random)) {
        cv::Mat out(options_.size, CV_8UC3, batch.images.data() + at * bytes);
        batch.files.push_back(Picture(person, *crop, &random, out));
        batch.labels.push_back(static_cast<std::int64_t>(person));
        ++at;
      }
    }
    return batch;
  }

  std::size_t people() const { return people_.size(); }
  std::int64_t pictures() const { return pictures_; }
  int threads() const { return options_.threads; }
  std::int64_t broken() {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(broken_.size());
  }

 private:
  // Who comes as the n-th of the whole training.
  std::size_t PersonAt(std::int64_t n) {
    const auto count = static_cast<std::int64_t>(people_.size());
    const std::int64_t round = n / count;
    const std::lock_guard lock(mutex_);
    std::vector<std::uint32_t>& order = orders_[round];
    if (order.empty()) {
      order.resize(people_.size());
      std::iota(order.begin(), order.end(), std::uint32_t{0});
      Random shuffle(options_.seed, kShuffleStream + static_cast<std::uint64_t>(round));
      for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1],
                  order[static_cast<std::size_t>(shuffle.Index(static_cast<int>(i)))]);
      }
      orders_.erase(orders_.begin(), orders_.lower_bound(round - options_.threads - 1));
    }
    return order[static_cast<std::size_t>(n % count)];
  }

  // Different ones as long as there are.
  std::vector<const IdentityCrop*> DrawViews(std::size_t person, Random* random) const {
    const std::vector<IdentityCrop>& crops = people_[person];
    std::vector<const IdentityCrop*> views;
    std::vector<std::size_t> left;
    while (views.size() < static_cast<std::size_t>(options_.views)) {
      if (left.empty()) {
        left.resize(crops.size());
        std::iota(left.begin(), left.end(), std::size_t{0});
      }
      const auto k = static_cast<std::size_t>(random->Index(static_cast<int>(left.size())));
      views.push_back(&crops[left[k]]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(k));
    }
    return views;
  }

  // The name of the file that the picture is of in the end.
  std::string Picture(std::size_t person, const IdentityCrop& wanted, Random* random,
                      cv::Mat& out) {
    const std::vector<IdentityCrop>& crops = people_[person];
    const auto first = static_cast<std::size_t>(&wanted - crops.data());
    for (std::size_t i = 0; i < crops.size(); ++i) {
      const IdentityCrop& crop = crops[(first + i) % crops.size()];
      try {
        const cv::Mat picture = ReadPicture(crop.file, 1, {crop.width, crop.height});
        MakeIdentityPicture(picture, crop, options_.mask, &options_.augment, random, out);
        return crop.file.string();
      } catch (const Error& error) {
        const std::lock_guard lock(mutex_);
        if (broken_.insert(crop.file.string()).second) {
          spdlog::warn("{} Another picture of the same person is taken.", error.what());
        }
      }
    }
    throw Error(fmt::format("None of the {} pictures of a person can be read, the last is {}.",
                            crops.size(), wanted.file.string()));
  }

  IdentityLoaderOptions options_;
  std::vector<std::vector<IdentityCrop>> people_;
  std::int64_t pictures_ = 0;
  std::mutex mutex_;
  std::map<std::int64_t, std::vector<std::uint32_t>> orders_;  // by round
  std::set<std::string> broken_;
};

IdentityLoader::IdentityLoader(const std::vector<IdentitySet>& sets,
                               const IdentityLoaderOptions& options, std::int64_t position)
    : maker_(std::make_unique<Maker>(sets, options)), asked_(position) {
  for (int i = 0; i < options.threads; ++i) {
    Ask();
  }
}

IdentityLoader::~IdentityLoader() = default;

int IdentityLoader::identities() const { return static_cast<int>(maker_->people()); }
std::int64_t IdentityLoader::pictures() const { return maker_->pictures(); }
std::int64_t IdentityLoader::broken_pictures() const { return maker_->broken(); }

void IdentityLoader::Ask() {
  coming_.push_back(
      std::async(std::launch::async, [this, number = asked_] { return maker_->Make(number); }));
  ++asked_;
}

const IdentityBatch& IdentityLoader::Next() {
  const Stopwatch watch;
  batch_ = coming_.front().get();
  coming_.pop_front();
  waited_s_ += watch.seconds();
  Ask();
  return batch_;
}

}  // namespace tenjo
