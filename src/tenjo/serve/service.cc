#include "tenjo/serve/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "tenjo/analyze/analyzer.h"
#include "tenjo/base/bounded_queue.h"
#include "tenjo/base/error.h"
#include "tenjo/base/latency.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/model/model_info.h"
#include "tenjo/pipeline/letterbox.h"
#include "tenjo/pipeline/network_io.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/serve/api_server.h"
#include "tenjo/serve/camera_feed.h"
#include "tenjo/serve/notify.h"
#include "tenjo/serve/publisher.h"

namespace tenjo {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kPoll{50};
constexpr double kHeatEvery_s = 600;
constexpr double kLatencyWindow_s = 60;

double SecondsSince(Clock::time_point start) { return Seconds(Clock::now() - start).count(); }
double UtcNow() { return Seconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

//! Latencies and rate of the last minute or two.
class RecentFrames {
 public:
  void Add(double latency_s) {
    if (SecondsSince(begun_) > kLatencyWindow_s) {
      before_ = std::exchange(now_, LatencyHistogram());
      begun_ = Clock::now();
    }
    now_.Add(latency_s);
    recent_.push_back(Clock::now());
    while (SecondsSince(recent_.front()) > kRateWindow_s) {
      recent_.pop_front();
    }
  }
  double Percentile(double p) const {
    return now_.count() >= before_.count() / 4 ? now_.Percentile(p) : before_.Percentile(p);
  }
  double Rate() const {
    const auto fresh = std::count_if(recent_.begin(), recent_.end(), [](const auto& t) {
      return SecondsSince(t) <= kRateWindow_s;
    });
    return static_cast<double>(fresh) / std::min(kRateWindow_s, SecondsSince(created_) + 1e-3);
  }

 private:
  static constexpr double kRateWindow_s = 5;
  Clock::time_point created_ = Clock::now();
  Clock::time_point begun_ = Clock::now();
  LatencyHistogram now_;
  LatencyHistogram before_;
  std::deque<Clock::time_point> recent_;
};

//! One camera: its feed, and what follows its people. `mutex` guards all but the feed.
struct CameraRun {
  CameraRun(const CameraConfig& given, const TrackerOptions& track, std::function<void()> arrived)
      : config(given),
        tracker(Tracker::Create(track)),
        analyzer({.camera = given.name, .lens = given.lens, .lost_s = given.lost_s}, given.places),
        feed({.name = given.name, .input = given.input, .fps = given.fps}, std::move(arrived)) {}

  std::mutex mutex;
  CameraConfig config;
  std::unique_ptr<Tracker> tracker;
  Analyzer analyzer;
  RecentFrames recent;
  std::int64_t frames = 0;
  std::int64_t events = 0;
  int people = 0;
  std::uint64_t served = 0;  // when a picture was last taken; guarded by the service's mutex
  CameraFeed feed;           // last: its thread ends first
};

struct Inflight {
  std::shared_ptr<CameraRun> camera;
  FeedPicture picture;
  int slot = 0;
  Letterbox letterbox;
  Stopwatch since_start;
};

// What a running service cannot take over.
std::string NeedsRestart(const SiteConfig& a, const SiteConfig& b) {
  const auto& x = a.backend;
  const auto& y = b.backend;
  if (a.model != b.model || x.width != y.width || x.height != y.height || x.device != y.device ||
      x.threads != y.threads) {
    return "[network]";
  }
  const TrackerOptions& s = a.tracker;
  const TrackerOptions& t = b.tracker;
  if (s.tracker != t.tracker || s.max_age != t.max_age || s.min_hits != t.min_hits ||
      s.iou_threshold != t.iou_threshold) {
    return "[tracker]";
  }
  if (a.site != b.site || a.folder != b.folder || !(a.outbox == b.outbox)) {
    return "site, folder or [outbox]";
  }
  return a.http == b.http ? "" : "[http]";
}

}  // namespace

struct Service::Impl {
  Impl(const std::filesystem::path& path, const SiteConfig& given, std::string version);
  ~Impl();

  std::shared_ptr<CameraRun> MakeCamera(const CameraConfig& camera);
  std::shared_ptr<CameraRun> NextCamera();
  void StartRequests();
  void FindPeople();
  void Handle(const Inflight& request);
  std::vector<Item> ItemsOf(std::vector<Event> events, const std::vector<TrackRecord>& tracks,
                            const std::vector<PlaceMinute>& minutes) const;
  //! What gathered on the floor since the last time; the camera's mutex is held.
  void AddHeat(CameraRun& camera, std::vector<Item>& items) const;
  std::vector<Item> Analyze(CameraRun& camera, const FeedPicture& picture,
                            std::vector<Person> people);
  void FinishCamera(CameraRun& camera);
  void PublishHeat();
  void Reload();
  void Apply(const SiteConfig& next);
  ServiceStatus Status() const;
  SiteConfig CopyOfConfig() const {
    const std::lock_guard lock(mutex);
    return config;
  }
  std::vector<std::shared_ptr<CameraRun>> Cameras() const {
    const std::lock_guard lock(mutex);
    return cameras;
  }
  void Tick();

  std::filesystem::path path;
  SiteConfig config;
  std::string version;
  Clock::time_point begun = Clock::now();
  ModelInfo model;
  std::unique_ptr<Backend> backend;
  PoseDecoder decoder;
  cv::Size input;
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<ApiServer> api;

  mutable std::mutex mutex;  // cameras, stages, config_problem
  std::condition_variable arrived;
  bool stop = false;
  std::uint64_t turn = 0;
  std::vector<std::shared_ptr<CameraRun>> cameras;
  StageSeconds stages;
  std::string config_problem;
  Clock::time_point last_heat = Clock::now();
  std::atomic<std::int64_t> finished{0};
  std::atomic<std::int64_t> started{0};
  std::int64_t watched = 0;
  Clock::time_point progress = Clock::now();

  BoundedQueue<int> free_slots{64};
  BoundedQueue<Inflight> inflight{64};
  std::thread starter;
  std::thread finder;
};

Service::Impl::Impl(const std::filesystem::path& given_path, const SiteConfig& given,
                    std::string given_version)
    : path(given_path), config(given), version(std::move(given_version)) {
  model = ReadModelInfo(config.model);
  BackendOptions options = config.backend;
  if (options.width == 0) {
    options.width = model.input_width;
    options.height = model.input_height;
  }
  if (options.width % model.stride != 0 || options.height % model.stride != 0) {
    throw Error(fmt::format("the network input cannot be {}x{}: {} needs multiples of {}",
                            options.width, options.height, model.name, model.stride));
  }
  input = {options.width, options.height};
  backend = Backend::Create(model, options);
  publisher = std::make_unique<Publisher>(config);
  if (config.http) {
    api = std::make_unique<ApiServer>(
        *config.http, ApiSource{[this] { return Status(); }, [this] { return CopyOfConfig(); },
                                &publisher->hub()});
  }
  for (int slot = 0; slot < backend->num_slots(); ++slot) {
    free_slots.Push(slot);
  }
  for (const CameraConfig& camera : config.cameras) {
    cameras.push_back(MakeCamera(camera));
  }
  starter = std::thread([this] { StartRequests(); });
  finder = std::thread([this] { FindPeople(); });
}

Service::Impl::~Impl() {
  api.reset();
  {
    const std::lock_guard lock(mutex);
    stop = true;
  }
  arrived.notify_all();
  free_slots.Close();
  starter.join();
  inflight.Close();
  finder.join();
  PublishHeat();
  for (const auto& camera : cameras) {
    FinishCamera(*camera);
  }
  cameras.clear();
}

std::shared_ptr<CameraRun> Service::Impl::MakeCamera(const CameraConfig& camera) {
  return std::make_shared<CameraRun>(camera, config.tracker, [this] {
    // The lock makes sure that who looks for pictures either sees this one or is woken.
    { const std::lock_guard lock(mutex); }
    arrived.notify_one();
  });
}

// Of the cameras that have a picture, the one whose turn is longest ago.
std::shared_ptr<CameraRun> Service::Impl::NextCamera() {
  std::unique_lock lock(mutex);
  std::shared_ptr<CameraRun> next;
  arrived.wait(lock, [&] {
    next.reset();
    for (const auto& camera : cameras) {
      if (camera->feed.HasPicture() && (!next || camera->served < next->served)) {
        next = camera;
      }
    }
    return stop || next;
  });
  if (stop) {
    return nullptr;
  }
  next->served = ++turn;
  return next;
}

void Service::Impl::StartRequests() {
  const cv::Scalar padding = PaddingOf(model);
  while (const auto slot = free_slots.Pop()) {
    const std::shared_ptr<CameraRun> camera = NextCamera();
    if (!camera) {
      return;
    }
    auto picture = camera->feed.Take();
    if (!picture) {
      free_slots.Push(*slot);
      continue;
    }
    const Stopwatch watch;
    Inflight request{camera, std::move(*picture), *slot, {}, {}};
    request.letterbox = Letterbox(request.picture.image.size(), input);
    cv::Mat target = backend->Input(*slot, input);
    request.letterbox.Fill(request.picture.image, padding, target);
    request.since_start = Stopwatch();
    backend->Start(*slot);
    ++started;
    {
      const std::lock_guard lock(mutex);
      stages.prepare += watch.seconds();
    }
    if (!inflight.Push(std::move(request))) {
      return;
    }
  }
}

void Service::Impl::FindPeople() {
  while (auto request = inflight.Pop()) {
    const int slot = request->slot;
    try {
      Handle(*request);
    } catch (const std::exception& error) {
      // One bad frame is no reason to stop watching.
      spdlog::error("a frame was lost: {}", error.what());
    }
    ++finished;
    if (!free_slots.Push(slot)) {
      continue;  // the service ends: what is in flight is still handled
    }
  }
}

void Service::Impl::Handle(const Inflight& request) {
  const std::vector<TensorView> outputs = backend->Wait(request.slot);
  const double infer_s = request.since_start.seconds();
  const Stopwatch decode;
  std::vector<Person> people = tenjo::FindPeople(outputs, model, decoder);
  for (Person& person : people) {
    request.letterbox.ToImage(person);
  }
  const double decode_s = decode.seconds();
  const Stopwatch analyze;
  CameraRun& camera = *request.camera;
  std::vector<Item> items = Analyze(camera, request.picture, std::move(people));
  const double analyze_s = analyze.seconds();
  const Stopwatch publish;
  publisher->Publish(std::move(items));
  const double publish_s = publish.seconds();
  {
    const std::lock_guard lock(camera.mutex);
    camera.recent.Add(SecondsSince(request.picture.arrival));
  }
  const std::lock_guard lock(mutex);
  stages.infer += infer_s;
  stages.decode += decode_s;
  stages.analyze += analyze_s;
  stages.publish += publish_s;
}

std::vector<Item> Service::Impl::ItemsOf(std::vector<Event> events,
                                         const std::vector<TrackRecord>& tracks,
                                         const std::vector<PlaceMinute>& minutes) const {
  std::vector<Item> items;
  items.reserve(events.size() + tracks.size() + minutes.size());
  for (Event& event : events) {
    items.push_back(MakeItem(config.site, std::move(event)));
  }
  for (const TrackRecord& track : tracks) {
    items.push_back(MakeItem(config.site, track));
  }
  for (const PlaceMinute& minute : minutes) {
    items.push_back(MakeItem(config.site, minute));
  }
  return items;
}

void Service::Impl::AddHeat(CameraRun& camera, std::vector<Item>& items) const {
  const FloorHeat heat = camera.analyzer.TakeHeat();
  if (!heat.cells().empty()) {
    items.push_back(MakeItem(config.site, camera.config.name, UtcNow(), heat));
  }
}

std::vector<Item> Service::Impl::Analyze(CameraRun& camera, const FeedPicture& picture,
                                         std::vector<Person> people) {
  const std::lock_guard lock(camera.mutex);
  std::vector<Detection> detections;
  detections.reserve(people.size());
  for (const Person& person : people) {
    detections.push_back({person.box, person.score});
  }
  std::vector<Person> tracked;
  for (const TrackedBox& track : camera.tracker->Update(detections)) {
    if (track.detection >= 0) {
      tracked.push_back(people[static_cast<std::size_t>(track.detection)]);
      tracked.back().id = track.id;
    }
  }
  std::vector<Event> events = camera.analyzer.Update({.number = picture.number,
                                                      .time_s = picture.time_s,
                                                      .utc_s = picture.utc_s,
                                                      .people = tracked});
  camera.events += static_cast<std::int64_t>(events.size());
  std::vector<Item> items =
      ItemsOf(std::move(events), camera.analyzer.TakeTracks(), camera.analyzer.TakeMinutes());
  ++camera.frames;
  camera.people = static_cast<int>(tracked.size());
  return items;
}

void Service::Impl::FinishCamera(CameraRun& camera) {
  const std::lock_guard lock(camera.mutex);
  std::vector<Event> events = camera.analyzer.Finish();
  std::vector<Item> items =
      ItemsOf(std::move(events), camera.analyzer.TakeTracks(), camera.analyzer.TakeAllMinutes());
  AddHeat(camera, items);
  publisher->Publish(std::move(items));
}

void Service::Impl::PublishHeat() {
  std::vector<Item> items;
  for (const auto& camera : Cameras()) {
    const std::lock_guard lock(camera->mutex);
    AddHeat(*camera, items);
  }
  publisher->Publish(std::move(items));
  last_heat = Clock::now();
}

void Service::Impl::Reload() {
  SiteConfigResult read = ReadSiteConfig(path);
  std::vector<std::string> problems = std::move(read.problems);
  if (problems.empty()) {
    if (const std::string what = NeedsRestart(config, read.config); !what.empty()) {
      problems.push_back(
          fmt::format("{}: {} changed, which needs a restart of the service", path.string(), what));
    }
  }
  if (problems.empty()) {
    try {
      Apply(read.config);
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  }
  for (const std::string& problem : problems) {
    spdlog::error("{}", problem);
  }
  if (!problems.empty()) {
    spdlog::error("the configuration is refused; nothing has changed");
    const std::lock_guard lock(mutex);
    config_problem = problems.front();
    return;
  }
  const std::lock_guard lock(mutex);
  config_problem.clear();
  spdlog::warn("the configuration was read again");
}

void Service::Impl::Apply(const SiteConfig& next) {
  if (!HasSameSinks(config, next)) {
    publisher->SetSinks(next);  // the only step that can fail comes first
  }
  std::vector<std::shared_ptr<CameraRun>> now;
  std::vector<std::shared_ptr<CameraRun>> gone = Cameras();
  for (const CameraConfig& camera : next.cameras) {
    const auto same = std::find_if(gone.begin(), gone.end(), [&](const auto& run) {
      return run->config.name == camera.name && run->config.input == camera.input &&
             run->config.lost_s == camera.lost_s;
    });
    if (same == gone.end()) {
      now.push_back(MakeCamera(camera));
      continue;
    }
    {
      const std::lock_guard lock((*same)->mutex);
      (*same)->analyzer.SetPlaces(camera.lens, camera.places);
      (*same)->config = camera;
    }
    (*same)->feed.SetFps(camera.fps);
    now.push_back(*same);
    gone.erase(same);
  }
  {
    const std::lock_guard lock(mutex);
    cameras = std::move(now);
  }
  for (const auto& camera : gone) {
    FinishCamera(*camera);
  }
  // Only what may change: other threads read the rest without a lock.
  const std::lock_guard lock(mutex);
  config.cameras = next.cameras;
  config.sqlite = next.sqlite;
  config.lines = next.lines;
  config.mqtt = next.mqtt;
  config.postgres = next.postgres;
}

ServiceStatus Service::Impl::Status() const {
  ServiceStatus status;
  status.site = config.site;
  status.version = version;
  status.uptime_s = SecondsSince(begun);
  status.backend = backend->Describe();
  for (const auto& camera : Cameras()) {
    CameraStatus one;
    const CameraFeed::State feed = camera->feed.state();
    one.online = feed.online;
    one.problem = feed.problem;
    one.dropped = feed.dropped;
    one.skipped = feed.skipped;
    one.reconnects = feed.reconnects;
    one.width = feed.width;
    one.height = feed.height;
    const std::lock_guard lock(camera->mutex);
    one.name = camera->config.name;
    one.calibrated = camera->config.lens.has_value();
    one.fps = camera->recent.Rate();
    one.frames = camera->frames;
    one.events = camera->events;
    one.people = camera->people;
    one.latency_p50_s = camera->recent.Percentile(0.5);
    one.latency_p95_s = camera->recent.Percentile(0.95);
    one.places = camera->analyzer.Now();
    status.cameras.push_back(std::move(one));
  }
  status.sinks = publisher->Health();
  status.outbox_problem = publisher->problem();
  status.waiting_in_memory = publisher->waiting_in_memory();
  const std::lock_guard lock(mutex);
  status.stages = stages;
  status.config_problem = config_problem;
  return status;
}

// Once a second.
void Service::Impl::Tick() {
  publisher->Retry();
  std::map<std::string, std::string> state;
  for (const CameraStatus& camera : Status().cameras) {
    state[camera.name] = CameraStateToJson(camera);
  }
  publisher->ShowState(std::move(state));
  if (SecondsSince(last_heat) > kHeatEvery_s) {
    PublishHeat();
  }
  // A network that hangs is what the watchdog is for: then it does not hear from the service.
  const std::int64_t done = finished;
  if (done != watched || started == done) {
    watched = done;
    progress = Clock::now();
  }
  constexpr double kHangs_s = 20;
  if (SecondsSince(progress) < kHangs_s) {
    NotifySystemd("WATCHDOG=1");
  }
}

Service::Service(const std::filesystem::path& path, const SiteConfig& config,
                 const std::string& version)
    : impl_(std::make_unique<Impl>(path, config, version)) {}
Service::~Service() = default;

void Service::Run(const std::atomic<bool>& stop, std::atomic<bool>& reload) {
  NotifySystemd("READY=1");
  const double watchdog_s = WatchdogSeconds();
  const double tick_s = watchdog_s > 0 ? std::min(1.0, watchdog_s / 3) : 1.0;
  Clock::time_point last = Clock::now();
  while (!stop) {
    std::this_thread::sleep_for(kPoll);
    if (reload.exchange(false)) {
      const auto now =
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
      NotifySystemd(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()));
      impl_->Reload();
      NotifySystemd("READY=1");
    }
    if (SecondsSince(last) >= tick_s) {
      last = Clock::now();
      impl_->Tick();
    }
  }
  NotifySystemd("STOPPING=1");
}

ServiceStatus Service::Status() const { return impl_->Status(); }
int Service::http_port() const { return impl_->api ? impl_->api->port() : 0; }

}  // namespace tenjo
