#include "tenjo/pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <numeric>
#include <opencv2/core/utility.hpp>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "tenjo/appearance/appearance_network.h"
#include "tenjo/base/bounded_queue.h"
#include "tenjo/base/error.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/camera/camera.h"
#include "tenjo/pipeline/letterbox.h"
#include "tenjo/pipeline/network_io.h"
#include "tenjo/pipeline/people_embedder.h"
#include "tenjo/pipeline/people_tracker.h"
#include "tenjo/pipeline/person_refiner.h"

namespace tenjo {
namespace {

// Enough to ride out an uneven stage; each costs a picture of memory.
constexpr std::size_t kQueue = 4;
// A live source's newest picture should wait behind as few as possible.
constexpr std::size_t kLiveQueue = 2;

struct Job {
  Frame frame;
  Stopwatch since_read;
};

struct Inflight {
  Job job;
  int slot = 0;
  cv::Size input;
  Letterbox letterbox;
  Stopwatch since_start;
};

struct Result {
  FrameResult frame;
  Stopwatch since_read;
};

//! The first exception of several threads.
class FirstError {
 public:
  void Keep(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) {
      error_ = std::move(error);
    }
  }
  void Rethrow() {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

struct Pipeline::Impl {
  explicit Impl(const PipelineOptions& given)
      : options(given), stop(given.stop != nullptr ? *given.stop : own_stop) {
    // The stages are threads already; OpenCV's own ones spin between pictures and take time from
    // the network.
    cv::setNumThreads(1);
    options.source.stop = &stop;
    source = VideoSource::Create(options.source);
    frames.emplace(source->info().live ? kLiveQueue : kQueue);
    info = ReadModelInfo(options.model);
    ChooseSize();
    backend = Backend::Create(info, options.backend);
    if (!options.refine.empty()) {
      refiner = std::make_unique<PersonRefiner>(options.refine, SmallNetworkOptions(),
                                                options.third_look);
    }
    if (!options.appearance.empty()) {
      appearance = std::make_unique<AppearanceNetwork>(options.appearance, SmallNetworkOptions());
    }
    if (options.tracker) {
      MakeTracker();
    } else if (appearance) {
      embedder.emplace(appearance.get(), options.camera.get());
    }
  }

  void ChooseSize();
  BackendOptions SmallNetworkOptions() const;
  void MakeTracker();
  void ReadFrames();
  void StartRequests();
  void FindPeople();
  void HandOver(const FrameSink& sink);
  //! Runs a stage; whatever ends it also ends its neighbours.
  template <typename Stage>
  void Guard(Stage&& stage) {
    try {
      stage();
    } catch (...) {
      error.Keep(std::current_exception());
      stop = true;
      CloseAll();
    }
  }
  void CloseAll() {
    frames->Close();
    inflight.Close();
    free_slots.Close();
    results.Close();
  }

  PipelineOptions options;
  std::unique_ptr<VideoSource> source;
  ModelInfo info;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<PersonRefiner> refiner;
  std::unique_ptr<AppearanceNetwork> appearance;
  std::optional<PeopleTracker> tracker;
  std::optional<PeopleEmbedder> embedder;  // of everybody

  Stopwatch since_created;
  RunSummary summary;
  std::unordered_set<std::int64_t> ids;
  std::atomic<bool> own_stop{false};
  std::atomic<bool>& stop;
  FirstError error;
  std::exception_ptr source_error;
  std::optional<BoundedQueue<Job>> frames;
  BoundedQueue<Inflight> inflight{64};
  BoundedQueue<int> free_slots{64};
  BoundedQueue<Result> results{kQueue};
};

void Pipeline::Impl::ChooseSize() {
  BackendOptions& b = options.backend;
  if (b.width == 0 && b.height == 0) {
    b.width = info.input_width;
    b.height = info.input_height;
  }
  if (b.height < info.stride || b.width < 0 || (b.width > 0 && b.width < info.stride) ||
      b.width % info.stride != 0 || b.height % info.stride != 0) {
    throw Error(fmt::format(
        "the network input cannot be {}x{}: {} needs multiples of {} (or width 0, which follows "
        "each image)",
        b.width, b.height, info.name, info.stride));
  }
}

// Pictures of people go through OpenVINO whatever runs the pose network.
BackendOptions Pipeline::Impl::SmallNetworkOptions() const {
  BackendOptions small;
  small.threads = options.backend.threads;
  small.cache_dir = options.backend.cache_dir;
  small.bf16 = options.backend.bf16;
  if (options.backend.backend == small.backend) {
    small.device = options.backend.device;
  }
  return small;
}

void Pipeline::Impl::MakeTracker() {
  TrackerOptions track = ForNetwork(*options.tracker, info);
  if (const double fps = source->info().fps; fps > 0) {
    track.fps = std::clamp(fps, 0.001, 10'000.0);
  }
  tracker.emplace(track, appearance.get(), options.camera.get());
}

void Pipeline::Impl::ReadFrames() {
  const bool live = source->info().live;
  for (std::int64_t read = 0; options.max_frames == 0 || read < options.max_frames; ++read) {
    Job job;
    const Stopwatch watch;
    try {
      if (stop || !source->Read(job.frame)) {
        break;
      }
    } catch (...) {
      // What was read before is still good: it goes its way before the error is told.
      source_error = std::current_exception();
      break;
    }
    summary.read.Add(watch.seconds());
    job.since_read = Stopwatch();
    if (live) {
      const auto dropped = frames->PushDroppingOldest(std::move(job));
      if (!dropped) {
        break;
      }
      summary.dropped += *dropped;
    } else if (!frames->Push(std::move(job))) {
      break;
    }
  }
  frames->Close();
}

void Pipeline::Impl::StartRequests() {
  const cv::Scalar padding = PaddingOf(info);
  const BackendOptions& b = options.backend;
  while (auto job = frames->Pop()) {
    const auto slot = free_slots.Pop();
    if (!slot) {
      return;
    }
    const Stopwatch watch;
    const cv::Size image = job->frame.image.size();
    const cv::Size size = b.width > 0 ? cv::Size(b.width, b.height)
                                      : Letterbox::SizeForHeight(image, b.height, info.stride);
    Inflight request{std::move(*job), *slot, size, Letterbox(image, size), {}};
    cv::Mat input = backend->Input(*slot, size);
    request.letterbox.Fill(request.job.frame.image, padding, input);
    summary.prepare.Add(watch.seconds());
    request.since_start = Stopwatch();
    backend->Start(*slot);
    if (!inflight.Push(std::move(request))) {
      return;
    }
  }
  inflight.Close();
}

void Pipeline::Impl::FindPeople() {
  const PoseDecoder decoder(options.decoder);
  const std::optional<cv::Point2d> below = PixelBelow(options.camera.get());
  while (auto request = inflight.Pop()) {
    const std::vector<TensorView> outputs = backend->Wait(request->slot);
    summary.infer.Add(request->since_start.seconds());
    const Stopwatch watch;
    std::vector<Person> people =
        tenjo::FindPeople(outputs, info, decoder, options.person_decoder, options.person_heads);
    if (!free_slots.Push(request->slot)) {
      return;
    }
    for (Person& person : people) {
      request->letterbox.ToImage(person);
    }
    summary.decode.Add(watch.seconds());
    if (refiner) {
      const Stopwatch refine_watch;
      refiner->Refine(request->job.frame.image, below, &people);
      summary.refine.Add(refine_watch.seconds());
      summary.looks = refiner->num_looks();
    }
    const Stopwatch track_watch;
    Result result{{.frame = std::move(request->job.frame), .people = std::move(people)},
                  request->job.since_read};
    if (tracker) {
      tracker->Track(result.frame);
      summary.embeddings = tracker->num_embeddings();
      summary.corrections += static_cast<std::int64_t>(result.frame.corrections.size());
    } else if (embedder) {
      std::vector<int> everybody(result.frame.people.size());
      std::iota(everybody.begin(), everybody.end(), 0);
      result.frame.embeddings = embedder->Embed(result.frame.frame, result.frame.people, everybody);
      summary.embeddings += static_cast<std::int64_t>(everybody.size());
    }
    summary.track.Add(track_watch.seconds());
    if (!results.Push(std::move(result))) {
      return;
    }
  }
  results.Close();
}

void Pipeline::Impl::HandOver(const FrameSink& sink) {
  while (auto result = results.Pop()) {
    const Stopwatch watch;
    FrameResult& frame = result->frame;
    summary.people += static_cast<std::int64_t>(frame.people.size());
    for (const Person& person : frame.people) {
      if (person.id) {
        ids.insert(*person.id);
      }
    }
    const bool go_on = sink(frame);
    summary.write.Add(watch.seconds());
    summary.latency.Add(result->since_read.seconds());
    if (summary.frames++ == 0) {
      summary.start_s = since_created.seconds();
    }
    if (!go_on) {
      stop = true;
      CloseAll();
      return;
    }
  }
}

Pipeline::Pipeline(const PipelineOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Pipeline::~Pipeline() = default;

const SourceInfo& Pipeline::source() const { return impl_->source->info(); }
const ModelInfo& Pipeline::model() const { return impl_->info; }

RunSummary Pipeline::Run(const FrameSink& sink) {
  Impl& impl = *impl_;
  for (int slot = 0; slot < impl.backend->num_slots(); ++slot) {
    impl.free_slots.Push(slot);
  }
  const Stopwatch watch;
  {
    std::jthread reader([&] { impl.Guard([&] { impl.ReadFrames(); }); });
    std::jthread starter([&] { impl.Guard([&] { impl.StartRequests(); }); });
    std::jthread finder([&] { impl.Guard([&] { impl.FindPeople(); }); });
    impl.Guard([&] { impl.HandOver(sink); });
  }
  impl.summary.seconds = watch.seconds();
  impl.summary.stopped = impl.stop;
  impl.error.Rethrow();
  if (impl.source_error) {
    std::rethrow_exception(impl.source_error);
  }
  impl.summary.tracks = static_cast<std::int64_t>(impl.ids.size());
  impl.summary.backend = impl.backend->Describe();
  impl.summary.warning = impl.source->Warning();
  return std::move(impl.summary);
}

}  // namespace tenjo
