#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <thread>

namespace tenjo {

struct CameraFeedOptions {
  std::string name;
  std::string input;         //!< as SourceOptions::input
  double fps = 10;           //!< pictures a second at most
  double first_pause_s = 1;  //!< before the camera is opened again; twice as long each time
  double longest_pause_s = 30;
  //! A file is opened when Begin says so: what is at hand need not take the processor from a
  //! network that is still being compiled. Cameras, which take their time, are opened at once.
  bool waits = false;
};

//! A picture and when it came.
struct FeedPicture {
  cv::Mat image;
  std::int64_t number = 0;  //!< of the camera's pictures since the start, left out ones counted
  double time_s = 0;        //!< always grows, through interruptions
  double utc_s = 0;         //!< by the clock of the machine, which may be set
  std::chrono::steady_clock::time_point arrival = {};
};

//! The newest picture of one camera, read by a thread of its own. Files are looped at their real
//! speed. What breaks off is opened again, for as long as it takes.
class CameraFeed {
 public:
  //! `arrived` is called by the reading thread when a picture can be taken.
  CameraFeed(const CameraFeedOptions& options, std::function<void()> arrived);
  ~CameraFeed();
  CameraFeed(const CameraFeed&) = delete;
  CameraFeed& operator=(const CameraFeed&) = delete;

  bool HasPicture() const;
  //! The newest picture, once. Those that nobody took in time are dropped.
  std::optional<FeedPicture> Take();
  void SetFps(double fps);
  void Begin();

  struct State {
    std::string problem;  //!< empty: pictures come
    bool online = false;  //!< the source is open and gave a picture within the last 5 s
    std::int64_t dropped = 0;
    std::int64_t skipped = 0;
    std::int64_t reconnects = 0;
    int width = 0;
    int height = 0;
  };
  State state() const;

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  void ReadSource();
  bool Sleep(double seconds);
  bool SleepUntil(Clock::time_point until);
  void HandOn(FeedPicture picture);

  CameraFeedOptions options_;
  std::function<void()> arrived_;
  std::atomic<bool> stop_{false};
  std::atomic<double> fps_;
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool begun_;
  std::optional<FeedPicture> newest_;
  State state_;
  std::optional<Clock::time_point> last_;
  Clock::time_point begin_ = Clock::now();
  double last_time_s_ = -1;
  std::int64_t number_ = 0;
  std::int64_t read_ = 0;  // by the present source
  std::thread thread_;
};

}  // namespace tenjo
