#include "tenjo/dataset/loader.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <numbers>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>
#include <thread>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/dataset/person_labels.h"
#include "tenjo/pose/openpose18.h"

namespace tenjo {
namespace {

constexpr int kMostTries = 100;
constexpr std::size_t kJpegTail = 4096;  // bytes in which a whole file has its end mark
constexpr std::uint64_t kOrderStream = 1;
constexpr std::uint64_t kShuffleStream = 1'000'000;
constexpr std::uint64_t kSampleStream = 1'000'000'000'000;

bool IsJpeg(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\xFF' && bytes[1] == '\xD8';
}

bool HasJpegEnd(std::string_view bytes) {
  const std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), kJpegTail));
  return tail.rfind(std::string_view("\xFF\xD9", 2)) != std::string_view::npos;
}

int ReadMode(int reduction) {
  int mode = cv::IMREAD_COLOR;
  if (reduction == 2) {
    mode = cv::IMREAD_REDUCED_COLOR_2;
  } else if (reduction == 4) {
    mode = cv::IMREAD_REDUCED_COLOR_4;
  } else if (reduction == 8) {
    mode = cv::IMREAD_REDUCED_COLOR_8;
  }
  return mode | cv::IMREAD_IGNORE_ORIENTATION;
}

// Which picture of which set each sample is of, one after another.
class SampleOrder {
 public:
  SampleOrder(const std::vector<DataSource>* sources, std::uint64_t seed)
      : sources_(sources), seed_(seed), random_(seed, kOrderStream), walks_(sources->size()) {
    for (const DataSource& source : *sources) {
      total_ += source.weight;
    }
  }

  struct Place {
    std::size_t source = 0;
    std::size_t image = 0;
  };

  Place Next() {
    const std::size_t s = PickSource();
    Walk& walk = walks_[s];
    const std::size_t size = (*sources_)[s].set.images.size();
    if (walk.at == walk.order.size()) {
      walk.order.resize(size);
      std::iota(walk.order.begin(), walk.order.end(), std::uint32_t{0});
      Random shuffle(seed_, kShuffleStream * (s + 1) + walk.round++);
      for (std::size_t i = size; i > 1; --i) {
        std::swap(walk.order[i - 1], walk.order[shuffle.Index(static_cast<int>(i))]);
      }
      walk.at = 0;
    }
    return {s, walk.order[walk.at++]};
  }

 private:
  struct Walk {
    std::vector<std::uint32_t> order;
    std::size_t at = 0;
    std::uint64_t round = 0;
  };

  std::size_t PickSource() {
    // 64 bits, so that a small weight is not lost.
    const double at = static_cast<double>(random_.Fork() >> 11) * 0x1p-53 * total_;
    double sum = 0;
    std::size_t last = 0;
    for (std::size_t s = 0; s < sources_->size(); ++s) {
      sum += (*sources_)[s].weight;
      if ((*sources_)[s].weight > 0) {
        last = s;
        if (at < sum) {
          return s;
        }
      }
    }
    return last;
  }

  const std::vector<DataSource>* sources_;
  std::uint64_t seed_;
  Random random_;
  std::vector<Walk> walks_;
  double total_ = 0;
};

void IgnoreAround(const Keypoint& keypoint, const LoaderOptions& options, float* mask) {
  const int stride = options.encoder.stride;
  const double reach = 2.0 * options.encoder.heatmap_sigma;
  const int width = options.crop.width / stride;
  const int height = options.crop.height / stride;
  const auto first = [&](double at, int size) {
    return static_cast<int>(std::clamp<double>(std::floor(at / stride), 0, size));
  };
  for (int y = first(keypoint.y - reach, height); y < first(keypoint.y + reach + stride, height);
       ++y) {
    for (int x = first(keypoint.x - reach, width); x < first(keypoint.x + reach + stride, width);
         ++x) {
      const double dx = (x + 0.5) * stride - 0.5 - keypoint.x;
      const double dy = (y + 0.5) * stride - 0.5 - keypoint.y;
      if (dx * dx + dy * dy <= reach * reach) {
        mask[static_cast<std::ptrdiff_t>(y) * width + x] = 0;
      }
    }
  }
}

std::vector<Skeleton> KnownPeople(const LabelledImage& image, const Placement& placement,
                                  HiddenKeypoints hidden, const LoaderOptions& options,
                                  float* mask) {
  std::vector<Skeleton> people;
  for (const LabelledPerson& person : image.people) {
    if (person.crowd || person.num_keypoints == 0) {
      continue;
    }
    LabelledPerson bare;
    bare.keypoints = person.keypoints;
    bare.visibility = person.visibility;
    const LabelledPerson placed = PlacePerson(bare, placement);
    people.push_back(placed.keypoints);
    for (int k = 0; k < kNumKeypoints && hidden != HiddenKeypoints::kLearn; ++k) {
      if (placed.visibility[k] == kHidden) {
        if (hidden == HiddenKeypoints::kIgnore) {
          IgnoreAround(placed.keypoints[k], options, mask);
        }
        people.back()[k].score = 0;
      }
    }
  }
  return people;
}

void MakePoseTargets(const DataSource& source, const LabelledImage& image,
                     const Placement& placement, const LoaderOptions& options,
                     const SampleViews& views) {
  const int stride = options.encoder.stride;
  const cv::Size maps(options.crop.width / stride, options.crop.height / stride);
  std::vector<float> mask(static_cast<std::size_t>(maps.area()), 0.0F);
  std::vector<Skeleton> people;
  if (!source.unlabelled) {
    mask = MakeLossMask(image, placement, maps, stride, options.mask);
    people = KnownPeople(image, placement, source.hidden, options, mask.data());
  }
  const PoseTargets targets =
      EncodePose(people, options.crop.width, options.crop.height, options.encoder);
  std::copy(targets.heatmaps.begin(), targets.heatmaps.end(), views.heatmaps);
  std::copy(targets.pafs.begin(), targets.pafs.end(), views.pafs);
  std::copy(mask.begin(), mask.end(), views.mask);
}

void MakePersonTargets(const DataSource& source, const LabelledImage& image,
                       const Placement& placement, const LoaderOptions& options, float* planes) {
  const int stride = options.encoder.stride;
  std::vector<PersonLabel> labels;
  if (!source.unlabelled) {
    labels = PersonLabels(image, placement, options.crop, stride);
  }
  EncodePeople(labels, options.crop.width, options.crop.height, stride, planes);
  if (source.unlabelled) {
    const std::ptrdiff_t size = options.crop.area() / (stride * stride);
    std::fill_n(planes + kPersonHeatWeight * size, size, 0.0F);
  }
}

void MakePointTargets(const LabelledImage& image, const Placement& placement, int number,
                      const LoaderOptions& options, float* points) {
  std::fill_n(points, kPointNumbers, 0.0F);
  if (number < 0) {
    return;
  }
  points[kPointNumbers - 1] = 1;
  const LabelledPerson& person = image.people[static_cast<std::size_t>(number)];
  const auto put = [&](int point, double x, double y, int known) {
    const bool inside =
        x >= -0.5 && y >= -0.5 && x < options.crop.width - 0.5 && y < options.crop.height - 0.5;
    float* at = points + 3 * static_cast<std::ptrdiff_t>(point);
    at[0] = static_cast<float>(x);
    at[1] = static_cast<float>(y);
    at[2] = static_cast<float>(inside ? known : kNotLabelled);
  };
  LabelledPerson bare;
  bare.keypoints = person.keypoints;
  bare.visibility = person.visibility;
  const LabelledPerson placed = PlacePerson(bare, placement);
  for (int k = 0; k < kNumKeypoints; ++k) {
    put(k, placed.keypoints[k].x, placed.keypoints[k].y, placed.visibility[k]);
  }
  if (!person.rotated_box) {
    return;
  }
  const RotatedBox box = PlaceBox(*person.rotated_box, placement);
  // The head is up in the crop, and PlaceBox's angle within a quarter turn of that.
  const double angle = box.degrees * std::numbers::pi / 180;
  const double c = std::cos(angle) / 2;
  const double s = std::sin(angle) / 2;
  put(kBoxTop, box.cx + s * box.h, box.cy - c * box.h, kSeen);
  put(kBoxBottom, box.cx - s * box.h, box.cy + c * box.h, kSeen);
  put(kBoxLeft, box.cx - c * box.w, box.cy - s * box.w, kSeen);
  put(kBoxRight, box.cx + c * box.w, box.cy + s * box.w, kSeen);
}

void CheckOptions(const std::vector<DataSource>& sources, const LoaderOptions& options) {
  const int stride = options.encoder.stride;
  TENJO_CHECK(options.batch > 0 && options.threads > 0 && options.ahead > 0);
  TENJO_CHECK(options.world > 0 && options.rank >= 0 && options.rank < options.world);
  if (options.crop.width < stride || options.crop.height < stride ||
      options.crop.width % stride != 0 || options.crop.height % stride != 0) {
    throw Error(
        fmt::format("Crops of {}x{} pixels were asked for; both sides must be multiples of "
                    "the stride {}.",
                    options.crop.width, options.crop.height, stride));
  }
  double total = 0;
  for (const DataSource& source : sources) {
    source.augment.Check();
    if (!(source.weight >= 0) || !std::isfinite(source.weight)) {
      throw Error(
          fmt::format("The weight of {} is {} and must be 0 or more.", source.name, source.weight));
    }
    if (source.set.images.empty()) {
      throw Error(fmt::format("{} has no images to learn from.", source.name));
    }
    total += source.weight;
  }
  if (!(total > 0)) {
    throw Error("There is no set to learn from: at least one must have a weight above 0.");
  }
}

}  // namespace

HiddenKeypoints ParseHiddenKeypoints(const std::string& word) {
  if (word == "learn") {
    return HiddenKeypoints::kLearn;
  }
  if (word == "background") {
    return HiddenKeypoints::kBackground;
  }
  if (word == "ignore") {
    return HiddenKeypoints::kIgnore;
  }
  throw Error(fmt::format(
      "Hidden keypoints are \"{}\" and must be one of learn, background and ignore.", word));
}

cv::Mat ReadPicture(const std::filesystem::path& file, int reduction, cv::Size size) {
  const std::string bytes = ReadFile(file);
  if (bytes.empty()) {
    throw Error(fmt::format("{} is empty.", file.string()));
  }
  if (IsJpeg(bytes) && !HasJpegEnd(bytes)) {
    throw Error(fmt::format("{} is cut short.", file.string()));
  }
  cv::Mat picture;
  try {
    picture = cv::imdecode(
        cv::Mat(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data())),
        ReadMode(reduction));
  } catch (const cv::Exception&) {
    picture.release();
  }
  if (picture.empty()) {
    throw Error(fmt::format("{} is no picture that can be decoded.", file.string()));
  }
  const auto reduced = [&](int side) { return (side + reduction - 1) / reduction; };
  // Decoders other than JPEG's round down.
  const auto fits = [&](int is, int full) {
    return is == reduced(full) || is == std::max(1, full / reduction);
  };
  if (size.area() > 0 && !(fits(picture.cols, size.width) && fits(picture.rows, size.height))) {
    throw Error(fmt::format("{} has {}x{} pixels, its labels were made for {}x{}.", file.string(),
                            picture.cols * reduction, picture.rows * reduction, size.width,
                            size.height));
  }
  return picture;
}

void MakeSample(const DataSource& source, const LabelledImage& image, const Placement& placement,
                const LoaderOptions& options, Random* random, const SampleViews& views,
                int person) {
  const int reduction = ReductionFor(placement);
  const cv::Mat picture = ReadPicture(image.file, reduction, {image.width, image.height});
  cv::Mat crop(options.crop, CV_8UC3, views.image);
  // The network meets grey bars about letterboxed pictures; other colours keep it from relying on
  // them.
  cv::Scalar fill(128, 128, 128);
  if (source.augment.brightness > 0 && random->Chance(0.5F)) {
    fill = cv::Scalar(random->Index(256), random->Index(256), random->Index(256));
  }
  CutCrop(picture, reduction, placement, fill, crop);
  ChangeLook(source.augment, random, crop);

  if (views.heatmaps != nullptr) {
    MakePoseTargets(source, image, placement, options, views);
  }
  if (views.people != nullptr) {
    MakePersonTargets(source, image, placement, options, views.people);
  }
  if (views.points != nullptr) {
    MakePointTargets(image, placement, person, options, views.points);
  }
}

class Loader::Impl {
 public:
  Impl(std::vector<DataSource> sources, const LoaderOptions& options, std::int64_t position)
      : sources_(std::move(sources)),
        options_(options),
        order_(&sources_, options.seed),
        position_(position),
        claimed_batch_(position),
        slots_(static_cast<std::size_t>(options.ahead) + 1) {
    CheckOptions(sources_, options_);
    TENJO_CHECK(position >= 0);
    const std::int64_t global = static_cast<std::int64_t>(options_.batch) * options_.world;
    for (std::int64_t i = 0;
         i < position * global + static_cast<std::int64_t>(options_.rank) * options_.batch; ++i) {
      order_.Next();
    }
    for (Slot& slot : slots_) {
      Shape(&slot.batch);
    }
    threads_.reserve(static_cast<std::size_t>(options_.threads));
    for (int t = 0; t < options_.threads; ++t) {
      threads_.emplace_back([this] { Work(); });
    }
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Batch& Next() {
    const Stopwatch watch;
    std::unique_lock lock(mutex_);
    if (given_) {
      // The batch given last may be written again.
      Slot& old = slots_[static_cast<std::size_t>((position_ - 1) %
                                                  static_cast<std::int64_t>(slots_.size()))];
      old.done = 0;
      given_ = false;
      room_.notify_all();
    }
    Slot& slot = SlotOf(position_);
    ready_.wait(lock, [&] { return error_ || slot.done == options_.batch; });
    if (error_) {
      std::rethrow_exception(error_);
    }
    waited_s_ += watch.seconds();
    slot.batch.position = position_;
    ++position_;
    given_ = true;
    return slot.batch;
  }

  std::int64_t position() const { return position_; }
  std::int64_t broken() const { return broken_; }
  double waited_s() const { return waited_s_; }

 private:
  struct Slot {
    Batch batch;
    int done = 0;
  };

  struct Task {
    std::int64_t batch = 0;
    int sample = 0;
    std::uint64_t number = 0;  // of the sample among all of the training
    SampleOrder::Place place;
  };

  Slot& SlotOf(std::int64_t batch) {
    return slots_[static_cast<std::size_t>(batch % static_cast<std::int64_t>(slots_.size()))];
  }

  void Shape(Batch* batch) const {
    const int stride = options_.encoder.stride;
    const std::size_t maps = static_cast<std::size_t>(options_.crop.width / stride) *
                             static_cast<std::size_t>(options_.crop.height / stride);
    const auto size = static_cast<std::size_t>(options_.batch);
    batch->size = options_.batch;
    batch->images.resize(size * 3 * static_cast<std::size_t>(options_.crop.area()));
    if (options_.poses) {
      batch->heatmaps.resize(size * kNumHeatmaps * maps);
      batch->pafs.resize(size * kNumPafs * maps);
      batch->mask.resize(size * maps);
    }
    if (options_.people) {
      batch->people.resize(size * kNumPersonPlanes * maps);
    }
    if (options_.points) {
      batch->points.resize(size * kPointNumbers);
    }
    batch->taught.resize(size);
    batch->files.resize(size);
  }

  // False at the end of the loader. Waits while all slots hold batches that were not taken.
  bool Claim(Task* task) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
      return stop_ || error_ ||
             claimed_batch_ < released_first() + static_cast<std::int64_t>(slots_.size());
    });
    if (stop_ || error_) {
      return false;
    }
    task->batch = claimed_batch_;
    task->sample = claimed_sample_;
    const std::int64_t global = static_cast<std::int64_t>(options_.batch) * options_.world;
    task->number = static_cast<std::uint64_t>(
        claimed_batch_ * global + static_cast<std::int64_t>(options_.rank) * options_.batch +
        claimed_sample_);
    task->place = order_.Next();
    if (++claimed_sample_ == options_.batch) {
      claimed_sample_ = 0;
      ++claimed_batch_;
      // What the other processes take.
      for (int i = 0; i < options_.batch * (options_.world - 1); ++i) {
        order_.Next();
      }
    }
    return true;
  }

  // The oldest batch that is not yet taken, or is in use.
  std::int64_t released_first() const { return given_ ? position_ - 1 : position_; }

  void Work() {
    Task task;
    try {
      while (Claim(&task)) {
        Make(task);
        bool whole = false;
        {
          const std::lock_guard lock(mutex_);
          whole = ++SlotOf(task.batch).done == options_.batch;
        }
        if (whole) {
          ready_.notify_all();
        }
      }
    } catch (...) {
      {
        const std::lock_guard lock(mutex_);
        if (!error_) {
          error_ = std::current_exception();
        }
      }
      ready_.notify_all();
      room_.notify_all();
    }
  }

  void Make(const Task& task) {
    Batch& batch = SlotOf(task.batch).batch;
    const DataSource& source = sources_[task.place.source];
    const auto i = static_cast<std::size_t>(task.sample);
    const std::size_t n = static_cast<std::size_t>(options_.batch);
    const auto part = [&](std::vector<float>& values) {
      return values.empty() ? nullptr : values.data() + i * (values.size() / n);
    };
    const SampleViews views{batch.images.data() + i * (batch.images.size() / n),
                            part(batch.heatmaps),
                            part(batch.pafs),
                            part(batch.mask),
                            part(batch.people),
                            part(batch.points)};
    Random random(options_.seed, kSampleStream + task.number);
    std::size_t number = task.place.image;
    for (int tries = 0; tries < kMostTries; ++tries) {
      const LabelledImage& image = source.set.images[number];
      try {
        const LabelledImage sized = WithSize(image);
        int person = -1;
        const Placement placement =
            options_.points
                ? DrawPersonPlacement(sized, options_.crop, source.augment, &random, &person)
                : DrawPlacement(sized, options_.crop, source.augment, &random);
        MakeSample(source, sized, placement, options_, &random, views, person);
        batch.files[i] = image.file.string();
        batch.taught[i] = source.taught ? 1.0F : 0.0F;
        return;
      } catch (const Error& error) {
        CountBroken(image, error);
      }
      number = static_cast<std::size_t>(random.Index(static_cast<int>(source.set.images.size())));
    }
    throw Error(fmt::format("{}: {} pictures in a row cannot be read, the last is {}.", source.name,
                            kMostTries, source.set.images[number].file.string()));
  }

  // Pictures of a folder come without their size.
  static LabelledImage WithSize(const LabelledImage& image) {
    if (image.width > 0) {
      return image;
    }
    LabelledImage sized = image;
    const cv::Mat picture = ReadPicture(image.file, 1, {});
    sized.width = picture.cols;
    sized.height = picture.rows;
    return sized;
  }

  void CountBroken(const LabelledImage& image, const Error& error) {
    bool first = false;
    {
      const std::lock_guard lock(broken_mutex_);
      first = broken_files_.insert(image.file.string()).second;
      broken_ = static_cast<std::int64_t>(broken_files_.size());
    }
    if (first) {
      spdlog::warn("{} Another picture is taken.", error.what());
    }
  }

  const std::vector<DataSource> sources_;
  const LoaderOptions options_;
  SampleOrder order_;  // with mutex_

  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable ready_;
  std::int64_t position_;
  std::int64_t claimed_batch_;
  int claimed_sample_ = 0;
  bool given_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  double waited_s_ = 0;
  std::vector<Slot> slots_;

  std::mutex broken_mutex_;
  std::set<std::string> broken_files_;
  std::atomic<std::int64_t> broken_{0};
  std::vector<std::thread> threads_;
};

Loader::Loader(std::vector<DataSource> sources, const LoaderOptions& options, std::int64_t position)
    : impl_(std::make_unique<Impl>(std::move(sources), options, position)) {}
Loader::~Loader() = default;

const Batch& Loader::Next() { return impl_->Next(); }
std::int64_t Loader::position() const { return impl_->position(); }
std::int64_t Loader::broken_pictures() const { return impl_->broken(); }
double Loader::waited_s() const { return impl_->waited_s(); }

}  // namespace tenjo
