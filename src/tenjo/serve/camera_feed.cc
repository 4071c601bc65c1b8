#include "tenjo/serve/camera_feed.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "tenjo/base/thread_name.h"
#include "tenjo/video/source.h"

namespace tenjo {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kFresh_s = 5;
// How long a live source tries by itself before it is opened anew.
constexpr double kGiveUp_s = 15;

double UtcNow() { return Seconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

CameraFeed::CameraFeed(const CameraFeedOptions& options, std::function<void()> arrived)
    : options_(options),
      arrived_(std::move(arrived)),
      fps_(options.fps),
      begun_(!options.waits || !std::filesystem::is_regular_file(options.input)) {
  state_.problem = "no picture yet";
  thread_ = std::thread([this] { Run(); });
}

CameraFeed::~CameraFeed() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

bool CameraFeed::HasPicture() const {
  const std::lock_guard lock(mutex_);
  return newest_.has_value();
}

std::optional<FeedPicture> CameraFeed::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(newest_, std::nullopt);
}

void CameraFeed::SetFps(double fps) { fps_ = fps; }

void CameraFeed::Begin() {
  {
    const std::lock_guard lock(mutex_);
    begun_ = true;
  }
  stopping_.notify_all();
}

CameraFeed::State CameraFeed::state() const {
  const std::lock_guard lock(mutex_);
  State state = state_;
  state.online =
      state.problem.empty() && last_ && Seconds(Clock::now() - *last_).count() < kFresh_s;
  if (state.problem.empty() && !state.online) {
    state.problem = fmt::format("no picture for {} s", kFresh_s);
  }
  return state;
}

void CameraFeed::Run() {
  NameThread("read:" + options_.name);
  {
    std::unique_lock lock(mutex_);
    stopping_.wait(lock, [&] { return begun_ || stop_.load(); });
  }
  double pause_s = options_.first_pause_s;
  while (!stop_) {
    std::string problem = "the source ended";
    read_ = 0;
    try {
      ReadSource();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (stop_) {
      return;
    }
    if (read_ > 0) {
      pause_s = options_.first_pause_s;
    }
    bool is_new = false;
    {
      const std::lock_guard lock(mutex_);
      is_new = state_.problem != problem;
      state_.problem = problem;
      ++state_.reconnects;
    }
    if (is_new) {
      spdlog::warn("camera {}: {}; it is opened again until it is back", options_.name, problem);
    }
    Sleep(pause_s);
    pause_s = std::min(2 * pause_s, options_.longest_pause_s);
  }
}

void CameraFeed::ReadSource() {
  SourceOptions source_options;
  source_options.input = options_.input;
  source_options.camera = options_.name;
  source_options.loop = true;
  source_options.give_up_s = kGiveUp_s;
  source_options.stop = &stop_;
  const std::unique_ptr<VideoSource> source = VideoSource::Create(source_options);
  const bool live = source->info().live;
  Clock::time_point start = Clock::now();  // when the source's time was 0
  double due_s = 0;
  double base_s = 0;
  Frame frame;
  while (!stop_ && source->Read(frame)) {
    if (read_++ == 0) {
      start = Clock::now() - std::chrono::duration_cast<Clock::duration>(Seconds(frame.time_s));
      base_s = Seconds(start - begin_).count();
      due_s = frame.time_s;
    }
    if (!live) {
      const auto moment =
          start + std::chrono::duration_cast<Clock::duration>(Seconds(frame.time_s));
      const double late_s = Seconds(Clock::now() - moment).count();
      // A machine that cannot even decode in time plays a file slower instead of faster later.
      if (late_s > 1) {
        start += std::chrono::duration_cast<Clock::duration>(Seconds(late_s));
        base_s += late_s;
      } else if (!SleepUntil(moment)) {
        return;
      }
    }
    ++number_;
    const double period_s = 1 / fps_;
    // Half a millisecond of tolerance: times in files are rounded.
    if (frame.time_s < due_s - 5e-4) {
      const std::lock_guard lock(mutex_);
      ++state_.skipped;
      last_ = Clock::now();
      continue;
    }
    due_s = std::max(due_s + period_s, frame.time_s);
    FeedPicture picture;
    picture.image = std::move(frame.image);
    picture.number = number_ - 1;
    picture.time_s = last_time_s_ = std::max(last_time_s_ + 1e-3, base_s + frame.time_s);
    picture.utc_s = UtcNow();
    picture.arrival = Clock::now();
    HandOn(std::move(picture));
    frame = Frame();
  }
}

void CameraFeed::HandOn(FeedPicture picture) {
  {
    const std::lock_guard lock(mutex_);
    if (!state_.problem.empty() && state_.reconnects > 0) {
      spdlog::warn("camera {}: the pictures are back", options_.name);
    }
    state_.problem.clear();
    state_.dropped += newest_ ? 1 : 0;
    state_.width = picture.image.cols;
    state_.height = picture.image.rows;
    last_ = picture.arrival;
    newest_ = std::move(picture);
  }
  arrived_();
}

bool CameraFeed::Sleep(double seconds) {
  return SleepUntil(Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds)));
}

bool CameraFeed::SleepUntil(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  stopping_.wait_until(lock, until, [&] { return stop_.load(); });
  return !stop_;
}

}  // namespace tenjo
