#include "tenjo/synth/set/sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/synth/set/sequence_files.h"
#include "tenjo/synth/set/sequence_stage.h"

namespace tenjo::synth {
namespace {

namespace fs = std::filesystem;

void Check(const SequenceOptions& options) {
  const auto within = [](double value, double low, double high) {
    return value >= low && value <= high;  // not for NaN
  };
  if (!within(options.seconds, 0.1, 600)) {
    throw Error(
        fmt::format("--sequence {} is no length: give 0.1 to 600 seconds", options.seconds));
  }
  if (!within(options.fps, 1, 60)) {
    throw Error(fmt::format("--fps {} is no frame rate for a sequence: give 1 to 60", options.fps));
  }
  if (options.cameras < 1 || options.cameras > 8) {
    throw Error(fmt::format("--cameras {}: one place takes 1 to 8 cameras", options.cameras));
  }
  if (!within(options.busy, 0.25, 4)) {
    throw Error(
        fmt::format("--busy {}: a place can be 0.25 to 4 times as busy as usual", options.busy));
  }
  if (options.min_people < 0 || options.max_people < options.min_people ||
      options.max_people > 40) {
    throw Error(fmt::format("--people {}-{}: a sequence shows 0 to 40 people at a time",
                            options.min_people, options.max_people));
  }
  if (options.camera.width % 2 != 0 || options.camera.height % 2 != 0) {
    throw Error(fmt::format("--size {}x{}: the sides of a video must be even", options.camera.width,
                            options.camera.height));
  }
  if (options.samples < 1 || options.samples > 256 || options.threads < 0 ||
      options.threads > 1024) {
    throw Error("a sequence is rendered with 1 to 256 samples a pixel on up to 1024 threads");
  }
}

void MakeFolder(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error || !fs::is_directory(out)) {
    throw Error(fmt::format("cannot make the folder {}: {}", out.string(),
                            error ? error.message() : "there is a file of that name"));
  }
  if (fs::exists(out / "truth.json") || fs::exists(out / "cam1.mp4")) {
    throw Error(fmt::format("{} holds a sequence already: give a new folder", out.string()));
  }
}

//! Frames made by many threads, handed out in order. Nobody works far ahead of what was taken.
class FilmCrew {
 public:
  FilmCrew(const Stage& stage, std::int64_t frames, int threads, const std::atomic<bool>* stop)
      : stage_(stage), frames_(frames), ahead_(2 * threads), stop_(stop) {
    for (int t = 0; t < threads; ++t) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  ~FilmCrew() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  FilmCrew(const FilmCrew&) = delete;
  FilmCrew& operator=(const FilmCrew&) = delete;

  //! The next frame; empty after the last one and when stopped. Throws what a thread threw.
  std::optional<std::vector<Shot>> Next() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return failure_ || finished_.contains(taken_) || taken_ >= end_; });
    if (failure_) {
      std::rethrow_exception(failure_);
    }
    const auto found = finished_.find(taken_);
    if (found == finished_.end()) {
      return std::nullopt;
    }
    std::vector<Shot> shots = std::move(found->second);
    finished_.erase(found);
    ++taken_;
    lock.unlock();
    room_.notify_all();
    return shots;
  }

 private:
  //! The next frame to make; -1: no more.
  std::int64_t Claim() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || next_ < taken_ + ahead_; });
    if (stop_ != nullptr && *stop_) {
      end_ = std::min(end_, next_);
    }
    if (closed_ || next_ >= end_) {
      lock.unlock();
      done_.notify_all();
      return -1;
    }
    return next_++;
  }

  void Work() {
    try {
      Scene scene = stage_.NewScene();
      for (std::int64_t index = Claim(); index >= 0; index = Claim()) {
        std::vector<Shot> shots = stage_.Film(index, scene);
        {
          const std::lock_guard lock(mutex_);
          finished_.emplace(index, std::move(shots));
        }
        done_.notify_all();
      }
    } catch (...) {
      {
        const std::lock_guard lock(mutex_);
        if (!failure_) {
          failure_ = std::current_exception();
        }
        closed_ = true;
      }
      done_.notify_all();
      room_.notify_all();
    }
  }

  const Stage& stage_;
  const std::int64_t frames_;
  const std::int64_t ahead_;
  const std::atomic<bool>* stop_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable done_;
  std::map<std::int64_t, std::vector<Shot>> finished_;
  std::int64_t next_ = 0;
  std::int64_t taken_ = 0;
  std::int64_t end_ = frames_;  // frames that will be made
  bool closed_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace

SequenceSummary WriteSequence(const Assets& assets, const SequenceOptions& wanted,
                              const std::function<void(std::int64_t)>& progress) {
  const Stopwatch watch;
  Check(wanted);
  SequenceOptions options = wanted;
  if (options.camera.width <= 0) {
    options.camera.width = 640;
    options.camera.height = 480;
  }
  MakeFolder(options.out);
  const Stage stage(assets, options);
  SequenceSummary summary;
  summary.wanted =
      std::max<std::int64_t>(1, std::llround(std::floor(options.seconds * options.fps + 1e-6)));
  std::vector<std::unique_ptr<FilmFiles>> films;
  films.reserve(static_cast<std::size_t>(options.cameras));
  for (int c = 0; c < options.cameras; ++c) {
    films.push_back(std::make_unique<FilmFiles>(options, c));
  }
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  {
    FilmCrew crew(stage, summary.wanted, options.threads > 0 ? options.threads : cores,
                  options.stop);
    while (const auto shots = crew.Next()) {
      for (std::size_t c = 0; c < films.size(); ++c) {
        films[c]->Write((*shots)[c]);
      }
      ++summary.frames;
      if (progress) {
        progress(summary.frames);
      }
    }
  }
  if (summary.frames > 0) {
    for (auto& film : films) {
      film->Finish();
    }
    WriteFile(options.out / "truth.json", TruthJson(options, stage, summary.frames));
  }
  const double end_s = static_cast<double>(summary.frames) / options.fps;
  std::map<int, int> people;
  for (const CrowdTrack& track : stage.crowd().tracks()) {
    if (static_cast<double>(track.enter_s) < end_s) {
      ++summary.tracks;
      ++people[track.identity];
    }
  }
  summary.identities = static_cast<int>(people.size());
  summary.events = static_cast<int>(
      std::count_if(stage.crowd().events().begin(), stage.crowd().events().end(),
                    [&](const CrowdEvent& e) { return static_cast<double>(e.start_s) < end_s; }));
  summary.seconds = watch.seconds();
  return summary;
}

}  // namespace tenjo::synth
