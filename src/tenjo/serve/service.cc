#include "tenjo/serve/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "tenjo/analyze/analyzer.h"
#include "tenjo/appearance/appearance_network.h"
#include "tenjo/base/atomic_file.h"
#include "tenjo/base/bounded_queue.h"
#include "tenjo/base/error.h"
#include "tenjo/base/latency.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/base/thread_name.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/model/model_info.h"
#include "tenjo/pipeline/letterbox.h"
#include "tenjo/pipeline/network_io.h"
#include "tenjo/pipeline/people_embedder.h"
#include "tenjo/pipeline/people_tracker.h"
#include "tenjo/pipeline/person_refiner.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/publish/anonymize.h"
#include "tenjo/serve/api_server.h"
#include "tenjo/serve/calibration_request.h"
#include "tenjo/serve/camera_feed.h"
#include "tenjo/serve/id_corrections.h"
#include "tenjo/serve/notify.h"
#include "tenjo/serve/people_json.h"
#include "tenjo/serve/picture_board.h"
#include "tenjo/serve/publisher.h"
#include "tenjo/serve/site_edit.h"

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
  CameraRun(const CameraConfig& given, bool waits, std::function<void()> arrived)
      : config(given),
        analyzer({.camera = given.name, .lens = given.lens, .lost_s = given.lost_s}, given.places),
        feed({.name = given.name, .input = given.input, .fps = given.fps, .waits = waits},
             std::move(arrived)) {}

  void MakeTracker(const ModelInfo& model, AppearanceNetwork* appearance) {
    const std::lock_guard lock(mutex);
    tracker.emplace(ForNetwork(config.tracker, model), appearance,
                    config.lens ? &*config.lens : nullptr);
  }

  std::mutex mutex;
  CameraConfig config;
  std::optional<PeopleTracker> tracker;  // once there is a network
  Analyzer analyzer;
  Anonymizer anonymizer;
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
  if (a.model != b.model || a.appearance != b.appearance || a.refine != b.refine ||
      a.third_look != b.third_look || x.width != y.width || x.height != y.height ||
      x.device != y.device || x.threads != y.threads || x.bf16 != y.bf16) {
    return "[network]";
  }
  if (a.site != b.site || a.folder != b.folder || !(a.outbox == b.outbox)) {
    return "site, folder or [outbox]";
  }
  return a.http == b.http ? "" : "[http]";
}

}  // namespace

struct Service::Impl {
  Impl(const std::filesystem::path& path, const SiteConfig& given, std::string version,
       bool anonymize);
  ~Impl();

  //! Compiles the networks, which takes seconds, and lets the work begin.
  void Load();
  //! `editing` is held, or no other thread is there yet.
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
  //! For those who look on: people, and the picture where it may be seen.
  void Show(CameraRun& camera, const FeedPicture& picture, const FrameResult& result);
  void FinishCamera(CameraRun& camera);
  void PublishHeat();
  ApiSource MakeApiSource();
  //! Empty: it is in force. Any thread may call it.
  std::vector<ConfigProblem> Reload();
  //! All that keeps a configuration from being taken over; its own problems first.
  std::vector<ConfigProblem> ProblemsOf(const SiteConfigResult& read) const;
  void Apply(const SiteConfig& next);
  //! Puts a text into the configuration's place and takes it over, or throws EditRefused and
  //! changes nothing.
  void Save(const std::string& before, const std::string& after);
  void SavePlaces(const std::string& body, const std::string& if_match);
  CalibrationAnswer SaveCalibration(const std::string& name, const std::string& body);
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
  bool anonymize;
  Clock::time_point begun = Clock::now();
  ModelInfo model;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<PersonRefiner> refiner;         // used by the thread that finds people
  std::unique_ptr<AppearanceNetwork> appearance;  // used by the thread that finds people
  PoseDecoder decoder;
  cv::Size input;
  std::unique_ptr<Publisher> publisher;
  PictureBoard pictures;
  std::unique_ptr<ApiServer> api;
  std::mutex editing;  // one reload or edit at a time; taken before `mutex`

  mutable std::mutex mutex;  // cameras, stages, config_problem, backend_text
  std::condition_variable arrived;
  bool stop = false;
  std::uint64_t turn = 0;
  std::vector<std::shared_ptr<CameraRun>> cameras;
  StageSeconds stages;
  std::string config_problem;
  std::string backend_text;
  Clock::time_point last_heat = Clock::now();
  std::atomic<std::int64_t> finished{0};
  std::atomic<std::int64_t> started{0};
  std::int64_t watched = 0;
  Clock::time_point progress = Clock::now();

  BoundedQueue<int> free_slots{64};
  BoundedQueue<Inflight> inflight{64};
  std::atomic<bool> ready{false};   // the networks are there
  std::atomic<bool> failed{false};  // they cannot be: `failure` says why
  std::exception_ptr failure;
  std::thread loader;
  std::thread starter;
  std::thread finder;
};

Service::Impl::Impl(const std::filesystem::path& given_path, const SiteConfig& given,
                    std::string given_version, bool given_anonymize)
    : path(given_path),
      config(given),
      version(std::move(given_version)),
      anonymize(given_anonymize) {
  model = ReadModelInfo(config.model);
  publisher = std::make_unique<Publisher>(config);
  // Cameras take their time to open, and so does the network: both at once.
  for (const CameraConfig& camera : config.cameras) {
    cameras.push_back(MakeCamera(camera));
  }
  if (config.http) {
    api = std::make_unique<ApiServer>(*config.http, MakeApiSource());
  }
  loader = std::thread([this] {
    try {
      Load();
    } catch (...) {
      failure = std::current_exception();
      failed = true;
    }
  });
}

Service::Impl::~Impl() {
  api.reset();
  loader.join();
  {
    const std::lock_guard lock(mutex);
    stop = true;
  }
  arrived.notify_all();
  free_slots.Close();
  if (starter.joinable()) {
    starter.join();
  }
  inflight.Close();
  if (finder.joinable()) {
    finder.join();
  }
  PublishHeat();
  for (const auto& camera : cameras) {
    FinishCamera(*camera);
  }
  cameras.clear();
}

void Service::Impl::Load() {
  NameThread("network");  // and with it those that the network makes for itself
  BackendOptions options = config.backend;
  if (options.width == 0) {
    options.width = model.input_width;
    options.height = model.input_height;
  }
  input = {options.width, options.height};
  backend = Backend::Create(model, options);
  BackendOptions small = config.backend;
  small.width = small.height = 0;
  if (!config.refine.empty()) {
    refiner = std::make_unique<PersonRefiner>(config.refine, small, config.third_look);
  }
  std::unique_ptr<AppearanceNetwork> looks;
  if (!config.appearance.empty()) {
    looks = std::make_unique<AppearanceNetwork>(config.appearance, small);
  }
  const std::lock_guard editing_lock(editing);
  appearance = std::move(looks);
  for (const auto& camera : Cameras()) {
    camera->MakeTracker(model, appearance.get());
    camera->feed.Begin();
  }
  {
    const std::lock_guard lock(mutex);
    backend_text = backend->Describe();
  }
  for (int slot = 0; slot < backend->num_slots(); ++slot) {
    free_slots.Push(slot);
  }
  starter = std::thread([this] { StartRequests(); });
  finder = std::thread([this] { FindPeople(); });
  ready = true;
  spdlog::info("watching after {:.1f} s with {}", SecondsSince(begun), backend->Describe());
}

ApiSource Service::Impl::MakeApiSource() {
  ApiSource source;
  source.version = version;
  source.status = [this] { return Status(); };
  source.config = [this] { return CopyOfConfig(); };
  source.entity_tag = [this] { return EntityTag(ReadFile(path)); };
  source.save_places = [this](const std::string& body, const std::string& if_match) {
    SavePlaces(body, if_match);
  };
  source.calibrate = [this](const std::string& camera, const std::string& body) {
    return SaveCalibration(camera, body);
  };
  source.reload = [this] { return Reload(); };
  source.hub = &publisher->hub();
  source.pictures = &pictures;
  return source;
}

std::shared_ptr<CameraRun> Service::Impl::MakeCamera(const CameraConfig& camera) {
  auto run = std::make_shared<CameraRun>(camera, !ready, [this] {
    // The lock makes sure that who looks for pictures either sees this one or is woken.
    { const std::lock_guard lock(mutex); }
    arrived.notify_one();
  });
  if (ready) {
    run->MakeTracker(model, appearance.get());
  }
  return run;
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
  NameThread("prepare");
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
  NameThread("people");
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
  if (refiner) {
    std::optional<cv::Point2d> below;
    {
      const std::lock_guard lock(request.camera->mutex);
      const auto& lens = request.camera->config.lens;
      below = PixelBelow(lens ? &*lens : nullptr);
    }
    refiner->Refine(request.picture.image, below, &people);
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
  FrameResult result;
  result.frame.number = picture.number;
  result.frame.time_s = picture.time_s;
  result.frame.image = picture.image;
  result.people = std::move(people);
  camera.tracker->Track(result);
  const std::vector<IdCorrection> corrections = IdCorrectionsOf(result.corrections);
  std::vector<Event> events = camera.analyzer.Update({.number = picture.number,
                                                      .time_s = picture.time_s,
                                                      .utc_s = picture.utc_s,
                                                      .people = result.people,
                                                      .corrections = corrections});
  Show(camera, picture, result);
  camera.events += static_cast<std::int64_t>(events.size());
  std::vector<Item> items =
      ItemsOf(std::move(events), camera.analyzer.TakeTracks(), camera.analyzer.TakeMinutes());
  ++camera.frames;
  camera.people = static_cast<int>(result.people.size());
  return items;
}

void Service::Impl::Show(CameraRun& camera, const FeedPicture& picture, const FrameResult& result) {
  EventHub& hub = publisher->hub();
  const CameraConfig& settings = camera.config;
  if (hub.wants_people()) {
    hub.AddPeople(settings.name, PeopleToJson({.camera = settings.name,
                                               .utc_s = picture.utc_s,
                                               .time_s = picture.time_s,
                                               .frame = picture.number,
                                               .width = picture.image.cols,
                                               .height = picture.image.rows,
                                               .people = result.people,
                                               .lens = settings.lens ? &*settings.lens : nullptr}));
  }
  if (!settings.picture) {
    pictures.Forget(settings.name);
    return;
  }
  std::vector<Box> blur;
  if (settings.anonymize || anonymize) {
    std::vector<Person> everyone = result.people;
    everyone.insert(everyone.end(), result.unconfirmed.begin(), result.unconfirmed.end());
    camera.anonymizer.See(everyone, picture.time_s);
    blur = camera.anonymizer.Boxes();
  }
  pictures.Put(settings.name, picture.image, std::move(blur));
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

std::vector<ConfigProblem> Service::Impl::ProblemsOf(const SiteConfigResult& read) const {
  if (!read.problems.empty()) {
    return read.problems;
  }
  const std::string what = NeedsRestart(config, read.config);
  if (what.empty()) {
    return {};
  }
  const std::string sentence =
      fmt::format("{} changed, which needs a restart of the service", what);
  return {{0, sentence, fmt::format("{}: {}", path.string(), sentence)}};
}

std::vector<ConfigProblem> Service::Impl::Reload() {
  const std::lock_guard editing_lock(editing);
  const SiteConfigResult read = ReadSiteConfig(path);
  std::vector<ConfigProblem> problems = ProblemsOf(read);
  if (problems.empty()) {
    try {
      Apply(read.config);
    } catch (const Error& error) {
      problems.push_back({0, error.what(), error.what()});
    }
  }
  for (const ConfigProblem& problem : problems) {
    spdlog::error("{}", problem.text);
  }
  if (!problems.empty()) {
    spdlog::error("the configuration is refused; nothing has changed");
    const std::lock_guard lock(mutex);
    config_problem = problems.front().text;
    return problems;
  }
  const std::lock_guard lock(mutex);
  config_problem.clear();
  spdlog::warn("the configuration was read again");
  return problems;
}

void Service::Impl::Save(const std::string& before, const std::string& after) {
  const SiteConfigResult read = ParseSiteConfig(after, path);
  if (const auto problems = ProblemsOf(read); !problems.empty()) {
    throw EditRefused("the configuration would not be right; nothing has changed",
                      EditProblemsOf(problems, after));
  }
  const auto refuse = [](const Error& error) {
    const std::string sentence = error.what();
    return EditRefused(sentence, {{sentence, {}, {}, 0}});
  };
  try {
    ReplaceFile(path, after);
  } catch (const Error& error) {
    throw refuse(error);
  }
  try {
    Apply(read.config);
  } catch (const Error& error) {
    ReplaceFile(path, before);
    throw refuse(error);
  }
  const std::lock_guard lock(mutex);
  config_problem.clear();
  spdlog::warn("the configuration was edited");
}

void Service::Impl::SavePlaces(const std::string& body, const std::string& if_match) {
  const std::vector<CameraPlace> places = PlacesFromJson(body);
  const std::lock_guard editing_lock(editing);
  const std::string before = ReadFile(path);
  if (if_match != "*" && if_match != EntityTag(before)) {
    throw EditOutdated("the configuration has changed meanwhile: get the places again");
  }
  const std::string after = EditPlaces(before, places);
  if (after != before) {
    Save(before, after);
  }
}

CalibrationAnswer Service::Impl::SaveCalibration(const std::string& name, const std::string& body) {
  const std::lock_guard editing_lock(editing);
  const auto cameras_now = Cameras();
  const auto camera = std::find_if(cameras_now.begin(), cameras_now.end(),
                                   [&](const auto& run) { return run->config.name == name; });
  if (camera == cameras_now.end()) {
    throw NoSuchCamera(fmt::format("there is no camera \"{}\"", name));
  }
  const CameraFeed::State feed = (*camera)->feed.state();
  if (feed.width == 0) {
    const std::string sentence = "the camera has given no picture yet: its size is not known";
    throw EditRefused(sentence, {{sentence, name, {}, 0}});
  }
  const auto& lens = (*camera)->config.lens;
  const Calibration found = CalibrateFromRequest(
      body, lens ? std::optional(lens->lens) : std::nullopt, feed.width, feed.height);
  const std::string file = name + ".camera.json";
  const std::filesystem::path file_path = FolderOf(path) / file;
  const std::string before = ReadFile(path);
  const std::string after = EditCamera(before, name, "lens", fmt::format("\"{}\"", file));
  const bool was_there = std::filesystem::exists(file_path);
  const std::string old = was_there ? ReadFile(file_path) : "";
  try {
    ReplaceFile(file_path, FormatCamera(found.camera) + "\n");
    Save(before, after);
  } catch (const Error& error) {
    if (was_there) {
      ReplaceFile(file_path, old);
    } else {
      std::error_code ignored;
      std::filesystem::remove(file_path, ignored);
    }
    if (dynamic_cast<const EditRefused*>(&error) != nullptr) {
      throw;
    }
    throw EditRefused(error.what(), {{error.what(), name, {}, 0}});
  }
  return {file, found.camera.centre.z(), TiltDegrees(found.camera), found.error_px};
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
             run->config.lost_s == camera.lost_s &&
             IsSameTracker(run->config.tracker, camera.tracker);
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
    pictures.Forget(camera->config.name);
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
  status.ready = ready;
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
    one.picture = camera->config.picture;
    one.anonymized = camera->config.anonymize || anonymize;
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
  status.backend = backend_text;
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
                 const std::string& version, bool anonymize)
    : impl_(std::make_unique<Impl>(path, config, version, anonymize)) {}
Service::~Service() = default;

void Service::Run(const std::atomic<bool>& stop, std::atomic<bool>& reload) {
  bool told = false;
  const double watchdog_s = WatchdogSeconds();
  const double tick_s = watchdog_s > 0 ? std::min(1.0, watchdog_s / 3) : 1.0;
  Clock::time_point last = Clock::now();
  while (!stop) {
    std::this_thread::sleep_for(kPoll);
    if (impl_->failed) {
      std::rethrow_exception(impl_->failure);
    }
    if (impl_->ready && !told) {
      told = true;
      NotifySystemd("READY=1");
    }
    if (reload.exchange(false)) {
      const auto now =
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
      if (told) {
        NotifySystemd(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()));
      }
      impl_->Reload();
      if (told) {
        NotifySystemd("READY=1");
      }
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
