#include "tenjo/publish/events/deliverer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tenjo/base/error.h"
#include "tenjo/base/thread_name.h"

namespace tenjo {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kLargestBatch = 200;
constexpr double kLongestPause_s = 30;
constexpr double kIdle_s = 1;

}  // namespace

struct Deliverer::Impl {
  struct Worker {
    SinkHealth health;
    std::unique_ptr<EventSink> sink;
    bool open = false;
    int batch = kLargestBatch;
    std::uint64_t shown = 0;  // version of the state that the sink shows
    std::thread thread;
  };

  Impl(Outbox& given, double pause_s) : outbox(given), first_pause_s(pause_s) {}

  void Run(Worker& worker);
  bool Round(Worker& worker);
  void ShowNewest(Worker& worker);
  void Fail(Worker& worker, const std::string& problem);
  bool Wait(double pause_s, bool for_work, std::uint64_t seen);

  Outbox& outbox;
  double first_pause_s;
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stop = false;
  Clock::time_point deadline = Clock::time_point::max();
  std::uint64_t news = 0;
  std::uint64_t state_version = 0;
  std::map<std::string, std::string> state;
  std::vector<std::unique_ptr<Worker>> workers;
};

// Waits for the pause to pass; with `for_work` news end it early. False when it is time to end.
bool Deliverer::Impl::Wait(double pause_s, bool for_work, std::uint64_t seen) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, Seconds(pause_s), [&] { return stop || (for_work && news != seen); });
  return !stop;
}

void Deliverer::Impl::Fail(Worker& worker, const std::string& problem) {
  bool is_new = false;
  {
    const std::lock_guard lock(mutex);
    is_new = worker.health.problem != problem;
    worker.health.ok = false;
    worker.health.problem = problem;
    ++worker.health.failures;
  }
  worker.open = false;
  worker.batch = std::max(1, worker.batch / 2);
  if (is_new) {
    spdlog::warn("{}: {}; trying again, what waits is kept", worker.health.name, problem);
  }
}

void Deliverer::Impl::ShowNewest(Worker& worker) {
  std::map<std::string, std::string> newest;
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex);
    if (worker.shown == state_version) {
      return;
    }
    newest = state;
    version = state_version;
  }
  worker.sink->ShowState(newest);
  worker.shown = version;
}

// Delivers one batch. False if nothing waits.
bool Deliverer::Impl::Round(Worker& worker) {
  if (!worker.open) {
    worker.sink->Open();
    worker.open = true;
    worker.shown = 0;
  }
  const std::vector<Item> items = outbox.Next(worker.health.name, worker.batch);
  if (!items.empty()) {
    worker.sink->Deliver(items);
    outbox.Delivered(worker.health.name, items.back().number);
    worker.batch = std::min(2 * worker.batch, kLargestBatch);
  } else {
    worker.sink->Idle();
  }
  ShowNewest(worker);
  const std::lock_guard lock(mutex);
  if (!worker.health.problem.empty()) {
    spdlog::warn("{}: it works again", worker.health.name);
  }
  worker.health.ok = true;
  worker.health.problem.clear();
  worker.health.delivered += static_cast<std::int64_t>(items.size());
  return !items.empty();
}

void Deliverer::Impl::Run(Worker& worker) {
  NameThread("sink:" + worker.health.name);
  double pause_s = first_pause_s;
  while (true) {
    std::uint64_t seen = 0;
    bool ending = false;
    {
      const std::lock_guard lock(mutex);
      seen = news;
      ending = stop;
      if (stop && (!worker.open || Clock::now() >= deadline)) {
        return;
      }
    }
    try {
      const bool more = Round(worker);
      pause_s = first_pause_s;
      if (!more && ending) {
        return;
      }
      if (!more) {
        Wait(kIdle_s, true, seen);
      }
    } catch (const std::exception& error) {
      Fail(worker, error.what());
      Wait(pause_s, false, seen);
      pause_s = std::min(2 * pause_s, kLongestPause_s);
    }
  }
}

Deliverer::Deliverer(Outbox& outbox, Sinks&& sinks, double first_pause_s)
    : impl_(std::make_unique<Impl>(outbox, first_pause_s)) {
  std::vector<std::string> names;
  for (auto& [name, sink] : sinks) {
    names.push_back(name);
    auto worker = std::make_unique<Impl::Worker>();
    worker->health.name = name;
    worker->sink = std::move(sink);
    impl_->workers.push_back(std::move(worker));
  }
  outbox.SetSinks(names);
  for (const auto& worker : impl_->workers) {
    worker->thread = std::thread([this, w = worker.get()] { impl_->Run(*w); });
  }
}

Deliverer::~Deliverer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
    impl_->deadline =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(kGoodbye_s));
  }
  impl_->changed.notify_all();
  for (const auto& worker : impl_->workers) {
    worker->thread.join();
  }
}

void Deliverer::Notify() {
  {
    const std::lock_guard lock(impl_->mutex);
    ++impl_->news;
  }
  impl_->changed.notify_all();
}

void Deliverer::ShowState(std::map<std::string, std::string> state) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (state == impl_->state) {
      return;
    }
    impl_->state = std::move(state);
    ++impl_->state_version;
    ++impl_->news;
  }
  impl_->changed.notify_all();
}

std::vector<SinkHealth> Deliverer::Health() const {
  std::vector<SinkHealth> all;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& worker : impl_->workers) {
      all.push_back(worker->health);
    }
  }
  for (const Outbox::Queue& queue : impl_->outbox.Queues()) {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const SinkHealth& h) { return h.name == queue.sink; });
    if (at != all.end()) {
      at->waiting = queue.waiting;
      at->lost = queue.lost;
    }
  }
  return all;
}

}  // namespace tenjo
