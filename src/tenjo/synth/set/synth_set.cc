#include "tenjo/synth/set/synth_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/base/stopwatch.h"
#include "tenjo/synth/set/synth_set_files.h"

namespace tenjo::synth {
namespace {

constexpr auto kLookForStop = std::chrono::milliseconds(100);

double ThreadSeconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct MadeLabel {
  std::string line;
  std::int64_t people = 0;
};

//! Threads that make pictures, block by block; labels are taken in the pictures' order.
class Workers {
 public:
  Workers(const Assets& assets, const SetFiles& files, int threads)
      : assets_(assets),
        files_(files),
        block_pictures_(BlockPictures(files.options().picture)),
        next_block_((files.first() + files.done()) / block_pictures_) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  ~Workers() {
    Stop();
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void Stop() { stop_ = true; }

  //! The label of picture `index` if it came within a while. Throws what a worker threw.
  std::optional<MadeLabel> Take(std::int64_t index) {
    std::unique_lock lock(mutex_);
    made_.wait_for(lock, kLookForStop, [&] { return error_ || labels_.contains(index); });
    const auto found = labels_.find(index);
    if (found == labels_.end()) {
      if (error_) {
        std::rethrow_exception(error_);
      }
      return std::nullopt;
    }
    MadeLabel label = std::move(found->second);
    labels_.erase(found);
    return label;
  }

  //! Waits for the pictures that are being made, after Stop.
  void Join() {
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

  PictureTimes times() {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  void Work() {
    try {
      while (!stop_) {
        const std::int64_t first = block_pictures_ * next_block_++;
        if (first >= files_.end()) {
          return;
        }
        MakeBlock(first);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) {
        error_ = std::current_exception();
      }
      stop_ = true;
      made_.notify_all();
    }
  }

  void MakeBlock(std::int64_t first) {
    const std::int64_t end = std::min(first + block_pictures_, files_.end());
    const std::int64_t begin = std::max(first, begin_);
    const auto block = MakePictureMaker(assets_, files_.options().picture, first);
    for (std::int64_t index = begin; index < end && !stop_; ++index) {
      PictureTimes times;
      const Picture picture = block->Make(index, times);
      const double start = ThreadSeconds();
      std::vector<std::uint8_t> jpeg;
      cv::imencode(".jpg", picture.image, jpeg,
                   {cv::IMWRITE_JPEG_QUALITY, files_.options().quality});
      WriteFile(files_.ImagePath(picture.label.file_name),
                {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
      MadeLabel label{LabelLine(picture.label), 0};
      label.people = std::count_if(picture.label.people.begin(), picture.label.people.end(),
                                   [](const auto& person) { return person.view.area > 0; });
      times.write += ThreadSeconds() - start;
      const std::lock_guard lock(mutex_);
      times_.Add(times);
      labels_.emplace(index, std::move(label));
      made_.notify_all();
    }
  }

  const Assets& assets_;
  const SetFiles& files_;
  const std::int64_t block_pictures_;
  const std::int64_t begin_ = files_.first() + files_.done();
  std::atomic<std::int64_t> next_block_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable made_;
  std::map<std::int64_t, MadeLabel> labels_;
  PictureTimes times_;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

//! Takes labels in order until the shard is whole or the work is stopped.
void TakeLabels(const SetJob& job, SetFiles& files, Workers& workers, SetSummary& summary) {
  Progress progress("tenjo synth", files.end() - files.first() - summary.before, job.quiet);
  const Stopwatch watch;
  std::int64_t index = files.first() + files.done();
  while (index < files.end()) {
    std::optional<MadeLabel> label = workers.Take(index);
    if (!label && summary.stopped) {
      break;
    }
    if (label) {
      files.Append(label->line);
      summary.people += label->people;
      ++summary.images;
      ++index;
      progress.Update(summary.images, fmt::format("{:.0f} images/hour",
                                                  3600.0 * static_cast<double>(summary.images) /
                                                      std::max(watch.seconds(), 1e-9)));
    }
    if (job.stop != nullptr && *job.stop && !summary.stopped) {
      summary.stopped = true;
      workers.Stop();
      workers.Join();
    }
  }
  summary.stopped = index < files.end();
  progress.Finish();
}

}  // namespace

SetSummary MakeSet(const SetJob& job) {
  SetFiles files(job.out, job.text, job.resume);
  const SetOptions& options = files.options();
  SetSummary summary;
  summary.before = files.done();
  summary.wanted = files.end() - files.first();
  summary.annotations = files.annotations();
  const Stopwatch watch;
  if (summary.before < summary.wanted) {
    // What is wrong with the assets shall be said before a folder is made.
    const Assets assets = LoadAssets(options.textures, options.motion);
    files.Begin();
    // Pictures are made side by side; threads within one would only wait for each other.
    cv::setNumThreads(1);
    const int threads = job.threads > 0
                            ? job.threads
                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    Workers workers(assets, files, threads);
    TakeLabels(job, files, workers, summary);
    summary.times = workers.times();
  } else {
    files.Begin();
  }
  files.Finish();
  summary.seconds = watch.seconds();
  return summary;
}

}  // namespace tenjo::synth
