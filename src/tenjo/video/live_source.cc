#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <opencv2/videoio.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/video/frame_clock.h"
#include "tenjo/video/live_clock.h"
#include "tenjo/video/sources.h"

namespace tenjo {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr double kFirstPause_s = 0.5;
constexpr double kLongestPause_s = 10;
constexpr int kAttempt_ms = 10000;  // FFmpeg watches a stream for up to 5 s before it is open
constexpr int kSilence_ms = 5000;   // a stream without pictures for so long is lost
constexpr std::chrono::milliseconds kStopPoll{100};
constexpr std::chrono::milliseconds kJoinPatience{500};

double Now() { return Seconds(Clock::now().time_since_epoch()).count(); }

struct Arrival {
  cv::Mat image;
  double wall_s = 0;
  double stream_s = 0;
  double fps = 0;
  int connection = 0;
};

// What the reading thread and the source share. The thread may outlive the source, as opening an
// address cannot be interrupted.
struct Exchange {
  std::mutex mutex;
  std::condition_variable changed;
  bool quit = false;
  bool done = false;               // the thread has ended
  std::optional<Arrival> arrival;  // one at a time: who is behind is decided further down the walk
  double alive_s = 0;              // when the last picture came, at first when it all began
  int failures = 0;                // since then
  bool refused = false;            // what does not open at first never will
};

struct LiveSetup {
  std::string name;  // for people
  std::function<bool(cv::VideoCapture&)> open;
  bool retry_first = true;
  double give_up_s = 0;
};

class Reader {
 public:
  Reader(std::shared_ptr<Exchange> exchange, LiveSetup setup)
      : exchange_(std::move(exchange)), setup_(std::move(setup)) {}

  void Run() {
    double pause_s = kFirstPause_s;
    while (!Quits()) {
      const std::int64_t frames = ReadConnection();
      if (frames > 0) {
        pause_s = kFirstPause_s;
      }
      if (!Failed(frames, pause_s)) {
        break;
      }
      pause_s = std::min(2 * pause_s, kLongestPause_s);
    }
    const std::lock_guard lock(exchange_->mutex);
    exchange_->done = true;
    exchange_->changed.notify_all();
  }

 private:
  bool Quits() {
    const std::lock_guard lock(exchange_->mutex);
    return exchange_->quit;
  }

  // Opens the source and hands on what comes until it breaks off. Returns the number of frames.
  std::int64_t ReadConnection() {
    cv::VideoCapture capture;
    std::int64_t frames = 0;
    try {
      if (!setup_.open(capture)) {
        return 0;
      }
      ++connection_;
      cv::Mat image;
      while (capture.read(image) && !image.empty()) {
        if (frames == 0 && lost_s_ > 0) {
          spdlog::warn("{}: the pictures are back after {:.1f} s", setup_.name, Now() - lost_s_);
        }
        ++frames;
        Arrival arrival;
        arrival.image = std::move(image);
        arrival.wall_s = Now();
        arrival.stream_s = capture.get(cv::CAP_PROP_POS_MSEC) / 1000;
        arrival.fps = frames == 1 ? SaneFps(capture.get(cv::CAP_PROP_FPS)) : 0;
        arrival.connection = connection_;
        image = cv::Mat();
        if (!HandOn(std::move(arrival))) {
          break;
        }
      }
    } catch (const cv::Exception&) {
      return frames;  // as if it had broken off
    }
    return frames;
  }

  bool HandOn(Arrival arrival) {
    std::unique_lock lock(exchange_->mutex);
    exchange_->failures = 0;
    exchange_->changed.wait(lock, [&] { return exchange_->quit || !exchange_->arrival; });
    exchange_->alive_s = Now();
    if (exchange_->quit) {
      return false;
    }
    exchange_->arrival = std::move(arrival);
    lock.unlock();
    exchange_->changed.notify_all();
    return true;
  }

  // Says so and waits. False if there is no next attempt.
  bool Failed(std::int64_t frames, double pause_s) {
    std::unique_lock lock(exchange_->mutex);
    if (exchange_->quit) {
      return false;
    }
    if (frames > 0) {
      exchange_->alive_s = lost_s_ = Now();
    }
    ++exchange_->failures;
    if (!setup_.retry_first && connection_ == 0) {
      exchange_->refused = true;
      return false;
    }
    const double left_s = setup_.give_up_s - (Now() - exchange_->alive_s);
    if (left_s > 0) {
      spdlog::warn("{}: {}; trying again in {} s{}", setup_.name,
                   frames > 0 ? fmt::format("the pictures broke off after {}", frames)
                              : fmt::format("no pictures (attempt {})", exchange_->failures),
                   pause_s,
                   std::isfinite(left_s) ? fmt::format(", giving up in {:.0f} s", left_s) : "");
    }
    exchange_->changed.notify_all();
    return !exchange_->changed.wait_for(lock, Seconds(pause_s), [&] { return exchange_->quit; });
  }

  std::shared_ptr<Exchange> exchange_;
  LiveSetup setup_;
  int connection_ = 0;
  double lost_s_ = 0;  // when the pictures broke off; 0: they never did
};

class LiveSource : public VideoSource {
 public:
  LiveSource(const SourceOptions& options, LiveSetup setup)
      : options_(options), name_(setup.name), exchange_(std::make_shared<Exchange>()) {
    exchange_->alive_s = Now();
    info_.live = true;
    thread_ =
        std::thread([reader = Reader(exchange_, std::move(setup))]() mutable { reader.Run(); });
    try {
      first_ = Wait();
    } catch (...) {
      End();
      throw;
    }
    if (first_) {
      info_.width = first_->image.cols;
      info_.height = first_->image.rows;
      info_.fps = first_->fps;
    }
  }

  ~LiveSource() override { End(); }
  LiveSource(const LiveSource&) = delete;
  LiveSource& operator=(const LiveSource&) = delete;

  const SourceInfo& info() const override { return info_; }

  bool Read(Frame& frame) override {
    std::optional<Arrival> arrival = first_ ? std::exchange(first_, std::nullopt) : Wait();
    if (!arrival || Stopped(options_)) {
      return false;
    }
    frame.number = number_++;
    frame.time_s = clock_.Next(arrival->wall_s, arrival->stream_s, arrival->connection);
    frame.camera = options_.camera;
    frame.image_id = frame.number + 1;
    frame.image = std::move(arrival->image);
    return true;
  }

 private:
  // The next picture; nothing when stopped. Throws Error when it is time to give up.
  std::optional<Arrival> Wait() {
    std::unique_lock lock(exchange_->mutex);
    while (!Stopped(options_)) {
      if (exchange_->arrival) {
        std::optional<Arrival> arrival = std::exchange(exchange_->arrival, std::nullopt);
        exchange_->alive_s = Now();  // a slow taker is not a silent camera
        lock.unlock();
        exchange_->changed.notify_all();
        return arrival;
      }
      if (exchange_->refused) {
        throw Error(
            fmt::format("cannot read {}: it is no camera, or another program uses it", name_));
      }
      if (IsTimeToGiveUp()) {
        throw Error(fmt::format(
            "{} gave no pictures for {:.0f} s: giving up ({})", name_, Now() - exchange_->alive_s,
            exchange_->failures == 0 ? "it does not answer"
                                     : fmt::format("attempts: {}", exchange_->failures)));
      }
      exchange_->changed.wait_for(lock, kStopPoll);
    }
    return std::nullopt;
  }

  // Without patience one attempt is made all the same.
  bool IsTimeToGiveUp() const {
    return Now() - exchange_->alive_s >= options_.give_up_s &&
           (options_.give_up_s > 0 || exchange_->failures > 0);
  }

  void End() {
    bool done = false;
    {
      std::unique_lock lock(exchange_->mutex);
      exchange_->quit = true;
      exchange_->changed.notify_all();
      done = exchange_->changed.wait_for(lock, kJoinPatience, [&] { return exchange_->done; });
    }
    // A thread inside a blocking call ends by the call's own timeout; nobody has to wait for that.
    if (done) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

  SourceOptions options_;
  std::string name_;
  SourceInfo info_;
  std::shared_ptr<Exchange> exchange_;
  std::thread thread_;
  std::optional<Arrival> first_;
  LiveClock clock_;
  std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<VideoSource> OpenRtsp(const SourceOptions& options) {
  LiveSetup setup;
  setup.name = WithoutSecrets(options.input);
  setup.give_up_s = options.give_up_s;
  setup.open = [url = options.input](cv::VideoCapture& capture) {
    return capture.open(
        url, cv::CAP_FFMPEG,
        {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, kAttempt_ms, cv::CAP_PROP_READ_TIMEOUT_MSEC, kSilence_ms,
         cv::CAP_PROP_HW_ACCELERATION, cv::VIDEO_ACCELERATION_NONE});
  };
  return std::make_unique<LiveSource>(options, std::move(setup));
}

std::unique_ptr<VideoSource> OpenDevice(const SourceOptions& options) {
  const std::string& path = options.input;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw Error(fmt::format(
        "there is no camera {}: `ls /dev/video*` shows the cameras of this machine", path));
  }
  if (!std::filesystem::is_character_file(status)) {
    throw Error(fmt::format("cannot read {}: it is no video device", path));
  }
  if (access(path.c_str(), R_OK | W_OK) != 0) {
    throw Error(fmt::format("cannot read {}: {} (is the user in the group video?)", path,
                            std::strerror(errno)));
  }
  LiveSetup setup;
  setup.name = path;
  setup.give_up_s = options.give_up_s;
  setup.retry_first = false;
  setup.open = [path](cv::VideoCapture& capture) { return capture.open(path, cv::CAP_V4L2); };
  return std::make_unique<LiveSource>(options, std::move(setup));
}

}  // namespace tenjo
